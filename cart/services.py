"""Every write of carts. Each write locks its user's row first (RELIABILITY R4, R5).

The user's row exists before the user has a cart, so that this lock also serializes requests that
open the first cart. The lock is sent together with the statement that reads the cart; that
statement sees what was committed before the lock was granted.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils import timezone

from accounts.models import User
from cart.errors import CartFull, ItemNotFound, QuantityLimit
from cart.models import MAX_ITEMS, MAX_QUANTITY, Cart, CartItem
from cart.pricing import PLAIN, Context, Item, Totals, price
from cart.statements import (
    CartRow,
    LockedItem,
    StockAndCart,
    items_for_update,
    new_items,
    open_cart_id,
    open_cart_with_items,
    set_item_quantity,
    set_ordered,
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
class OpenCart:
    """A user's open cart at current prices. ``cart_id`` is None until a product is added."""

    cart_id: int | None
    priced: Totals


def view_cart(*, user: User) -> OpenCart:
    """Return the user's open cart at current prices. Does not create a cart.

    Sends one statement, and a second one while a sale is active.
    """
    rows = open_cart_with_items.rows(user_id=user.pk)
    items = [row for row in rows if row.product_id is not None]
    return OpenCart(rows[0].cart_id if rows else None, price_items(_priced(items)))


@transactional
def add_item(*, user: User, product_id: int, quantity: int) -> int:
    """Add units of a product to the user's open cart, and open one if there is none.

    Returns the cart's id. Checks the stock but does not reserve it. Raises ProductNotFound,
    VariantRequired, QuantityLimit, OutOfStock, CartFull.
    """
    user_for_update.lock_with_next_statement(user_id=user.pk)
    row = _read_stock(user, product_id)
    in_cart = row.quantity_in_cart or 0
    new_quantity = in_cart + quantity
    if new_quantity > MAX_QUANTITY:
        raise QuantityLimit(limit=MAX_QUANTITY, in_cart=in_cart)
    _check_stock(product_id, row, new_quantity)
    cart_id = row.cart_id or _open_cart(user)
    if in_cart:
        set_item_quantity.run(cart_id=cart_id, product_id=product_id, quantity=new_quantity)
    elif (row.item_count or 0) >= MAX_ITEMS:
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


def mark_cart_ordered(*, user: User, cart_id: int) -> None:
    """Mark the user's open cart, whose items the caller has locked, as ordered.

    Needs the caller's transaction, which undoes this if the order fails. Takes effect with the
    caller's next statement. That a cart is ordered once is also a unique constraint of orders.
    """
    set_ordered.send_with_next(user_id=user.pk, cart_id=cart_id)


def price_items(items: Sequence[Item]) -> Totals:
    """Return what items cost."""
    return price(items, Context(PLAIN, timezone.now()))


def lock_items(*, user: User, cart_id: int) -> list[tuple[Item, LockedProduct]]:
    """Return the items of the user's open cart at current prices, with their products.

    Locks the user, then the products in ascending id, until the caller's transaction ends. Returns
    an empty list for an empty cart, and for a cart that is not open or not the user's. Sends one
    statement, and a second one while a sale is active.
    """
    user_for_update.lock_with_next_statement(user_id=user.pk)
    rows = items_for_update.rows(user_id=user.pk, cart_id=cart_id)
    products = (
        LockedProduct(r.product_id, r.name, r.stock, r.backorder, r.is_sellable) for r in rows
    )
    return list(zip(_priced(rows), products, strict=True))


def lock_open_cart(user: User) -> int | None:
    """Lock the user against all other writers of carts. Return the id of the open cart, or None.

    Needs the caller's transaction. The lock lasts until it ends.
    """
    user_for_update.lock_with_next_statement(user_id=user.pk)
    row = open_cart_id.row(user_id=user.pk)
    return None if row is None else row.cart_id


def _priced(rows: Iterable[CartRow] | Iterable[LockedItem]) -> list[Item]:
    """Return rows as items at current prices. Reads sale prices if a sale is active."""
    items = [(row.product_id or 0, row) for row in rows]
    has_sale = bool(items) and items[0][1].has_sale
    sales = active_sales_of(pk for pk, _ in items) if has_sale else {}
    return [_item(pk, row, sales.get(pk, ())) for pk, row in items]


def _item(pk: int, row: CartRow | LockedItem, sales: Iterable[dict[str, Any]]) -> Item:
    unit_price = current_price(row.list_price, sales)
    return Item(pk, row.name, row.quantity, unit_price, row.list_price)


def _read_stock(user: User, product_id: int) -> StockAndCart:
    """Return a product's stock, with what the user's open cart has of the product.

    Raises ProductNotFound if it is not for sale, and VariantRequired if it has variants.
    """
    row = stock_and_cart.row(user_id=user.pk, product_id=product_id)
    if row is None:
        raise ProductNotFound
    if row.has_variants:
        raise variant_required(product_id)
    return row


def _check_stock(product_id: int, row: StockAndCart, quantity: int) -> None:
    """Raise OutOfStock unless ``quantity`` units are in stock or can be backordered."""
    if quantity > row.stock and not row.backorder:
        raise OutOfStock(
            product_id=product_id, name=row.name, available=row.stock, product_ids=[product_id]
        )


def _open_cart(user: User) -> int:
    """Insert an open cart and return its id. The caller has locked the user, who has none."""
    cart = Cart(user=user)
    insert(cart)
    return cart.pk
