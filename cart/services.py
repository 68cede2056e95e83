"""Every write of carts. Each locks its user's row first (RELIABILITY R4, R5).

The user's row exists before there is a cart, so one lock covers the first add too. It is sent
together with the statement that reads the cart, which sees what was committed before the lock.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from accounts.models import User
from cart.errors import CartFull, ItemNotFound, QuantityLimit
from cart.models import MAX_ITEMS, MAX_QUANTITY, Cart, CartItem
from cart.pricing import PricedCart, PricedItem, price_items
from cart.statements import (
    CartRow,
    LockedItem,
    StockAndCart,
    close_cart,
    items_for_update,
    new_items,
    open_cart_id,
    open_cart_with_items,
    set_item_quantity,
    stock_and_cart,
    user_for_update,
)
from catalog.errors import OutOfStock, ProductNotFound
from catalog.prices.current import current_price
from catalog.prices.reads import active_sales_of
from catalog.services import LockedProduct, variant_required
from shop.core.transactions import transactional
from shop.engine import insert


@dataclass(frozen=True, slots=True)
class CartView:
    """A user's open cart at current prices. ``cart_id`` is None until something was added."""

    cart_id: int | None
    priced: PricedCart


def view_cart(*, user: User) -> CartView:
    """Return the user's open cart at current prices; create nothing.

    One statement, and one more while a sale is on.
    """
    rows = open_cart_with_items.rows(user_id=user.pk)
    items = [row for row in rows if row.product_id is not None]
    return CartView(rows[0].cart_id if rows else None, price_items(_priced(items)))


@transactional
def add_item(*, user: User, product_id: int, quantity: int) -> int:
    """Add units of a product to the user's open cart, and open one if there is none.

    Returns the cart's id. Stock is compared, not reserved. Raises ProductNotFound, VariantRequired,
    QuantityLimit, OutOfStock, CartFull.
    """
    user_for_update.lock_with_next_statement(user_id=user.pk)
    found = _read_stock(user, product_id)
    in_cart = found.quantity_in_cart or 0
    wanted = in_cart + quantity
    if wanted > MAX_QUANTITY:
        raise QuantityLimit(limit=MAX_QUANTITY, in_cart=in_cart)
    _check_stock(product_id, found, wanted)
    cart_id = found.cart_id or _open_cart(user)
    if in_cart:
        set_item_quantity.run(cart_id=cart_id, product_id=product_id, quantity=wanted)
    elif (found.item_count or 0) >= MAX_ITEMS:
        raise CartFull(limit=MAX_ITEMS)
    else:
        new_items.send_with_next([(cart_id, product_id, quantity)])
    return cart_id


@transactional
def set_quantity(*, user: User, product_id: int, quantity: int) -> None:
    """Set an item's quantity. Raises ItemNotFound, ProductNotFound, VariantRequired, OutOfStock."""
    cart_id = lock_open_cart(user)
    item = CartItem.objects.filter(cart_id=cart_id or 0, product_id=product_id)
    if cart_id is None or not item.exists():
        raise ItemNotFound
    _check_stock(product_id, _read_stock(user, product_id), quantity)
    set_item_quantity.run(cart_id=cart_id, product_id=product_id, quantity=quantity)


@transactional
def remove_item(*, user: User, product_id: int) -> None:
    """Remove an item. The cart stays open. Raises ItemNotFound."""
    cart_id = lock_open_cart(user)
    if cart_id is None:
        raise ItemNotFound
    if not CartItem.objects.filter(cart_id=cart_id, product_id=product_id).delete()[0]:
        raise ItemNotFound


@transactional
def clear_cart(*, user: User) -> None:
    """Remove all items. The cart stays open and keeps its id."""
    cart_id = lock_open_cart(user)
    if cart_id is not None:
        CartItem.objects.filter(cart_id=cart_id).delete()


def claim_cart(*, user: User, cart_id: int) -> None:
    """Turn an open cart, whose items the caller has locked, into an ordered one.

    Needs the caller's transaction, which undoes this if the order fails. Takes effect with the
    caller's next statement. A unique constraint too allows one order for each cart.
    """
    close_cart.send_with_next(user_id=user.pk, cart_id=cart_id)


def lock_items(*, user: User, cart_id: int) -> list[tuple[PricedItem, LockedProduct]]:
    """Return the items of the user's open cart at current prices, with their products.

    Locks the user, then the products in ascending id, until the caller's transaction ends. Returns
    an empty list for an empty cart, and for a cart that is not open or not the user's. One
    statement, and one more while a sale is on.
    """
    user_for_update.lock_with_next_statement(user_id=user.pk)
    rows = items_for_update.rows(user_id=user.pk, cart_id=cart_id)
    products = (LockedProduct(r.product_id, r.stock, r.backorder, r.is_sellable) for r in rows)
    return list(zip(_priced(rows), products, strict=True))


def lock_open_cart(user: User) -> int | None:
    """Lock the user against every other cart writer. Return the id of the open cart, or None.

    Needs the caller's transaction, whose end releases the lock.
    """
    user_for_update.lock_with_next_statement(user_id=user.pk)
    row = open_cart_id.row(user_id=user.pk)
    return None if row is None else row.cart_id


def _priced(rows: Iterable[CartRow] | Iterable[LockedItem]) -> list[PricedItem]:
    """Return rows as items at current prices. Reads the sales if one is on."""
    found = [(row.product_id or 0, row) for row in rows]
    has_sale = bool(found) and found[0][1].has_sale
    sales = active_sales_of(pk for pk, _ in found) if has_sale else {}
    return [
        PricedItem(pk, row.name, current_price(row.list_price, sales.get(pk, ())), row.quantity)
        for pk, row in found
    ]


def _read_stock(user: User, product_id: int) -> StockAndCart:
    """Raise ProductNotFound for what is not for sale, VariantRequired for what has variants."""
    found = stock_and_cart.row(user_id=user.pk, product_id=product_id)
    if found is None:
        raise ProductNotFound
    if found.has_variants:
        raise variant_required(product_id)
    return found


def _check_stock(product_id: int, found: StockAndCart, wanted: int) -> None:
    """Raise OutOfStock unless so many units are in stock, or can be backordered."""
    if wanted > found.stock and not found.backorder:
        raise OutOfStock(product_id=product_id, available=found.stock, product_ids=[product_id])


def _open_cart(user: User) -> int:
    """Open a cart for a user who has none. The caller has locked the user."""
    cart = Cart(user=user)
    insert(cart)
    return cart.pk
