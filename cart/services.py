"""Every write of cart items. Each write locks its cart first (``cart.locks``)."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.utils import timezone

from cart.errors import CartFull, ItemNotFound, NoOpenCart, QuantityLimit
from cart.guests import Buyer, digest_of, new_token
from cart.locks import lock_cart, lock_cart_with_next_statement
from cart.models import MAX_ITEMS, MAX_QUANTITY, Cart, CartItem
from cart.pricing import PLAIN, Context, Item, Totals, price
from cart.statements import (
    CartRow,
    LockedItem,
    StockAndCart,
    items_for_update,
    new_items,
    open_cart_with_items,
    set_item_quantity,
    set_ordered,
    stock_and_cart,
    touch,
)
from catalog.errors import OutOfStock, ProductNotFound
from catalog.prices.current import current_price
from catalog.prices.reads import active_sales_of
from catalog.services import LockedProduct, variant_required
from shop.core.transactions import transactional
from shop.engine import insert


@dataclass(frozen=True, slots=True)
class OpenCart:
    """A buyer's open cart at current prices. ``cart_id`` is None until a product is added."""

    cart_id: int | None
    priced: Totals


@dataclass(frozen=True, slots=True)
class Opened:
    """An open cart, with its token if it was opened for a guest just now."""

    cart_id: int
    token: str | None = None


def view_cart(*, buyer: Buyer) -> OpenCart:
    """Return the buyer's open cart at current prices. Does not create a cart.

    Sends one statement, and a second one while a sale is active.
    """
    rows = open_cart_with_items.rows(**buyer.key)
    items = [row for row in rows if row.product_id is not None]
    return OpenCart(rows[0].cart_id if rows else None, price_items(_priced(items)))


@transactional
def add_item(*, buyer: Buyer, product_id: int, quantity: int) -> Opened:
    """Add units of a product to the buyer's open cart, and open one if there is none.

    Checks the stock but does not reserve it. Raises ProductNotFound, VariantRequired,
    QuantityLimit, OutOfStock, CartFull; NoOpenCart for a guest whose cart is not open any more.
    """
    lock_cart_with_next_statement(buyer)
    row = _read_stock(buyer, product_id)
    in_cart = row.quantity_in_cart or 0
    new_quantity = in_cart + quantity
    if new_quantity > MAX_QUANTITY:
        raise QuantityLimit(limit=MAX_QUANTITY, in_cart=in_cart)
    _check_stock(product_id, row, new_quantity)
    cart = Opened(row.cart_id) if row.cart_id else open_cart(buyer)
    price = _price_of(product_id, row)
    if in_cart:
        set_item_quantity.run(
            cart_id=cart.cart_id, product_id=product_id, quantity=new_quantity, price_seen=price
        )
    elif (row.item_count or 0) >= MAX_ITEMS:
        raise CartFull(limit=MAX_ITEMS)
    else:
        new_items.send_with_next([(cart.cart_id, product_id, quantity, price)])
    return cart


@transactional
def set_quantity(*, buyer: Buyer, product_id: int, quantity: int) -> None:
    """Set an item's quantity. Raises ItemNotFound, ProductNotFound, VariantRequired, OutOfStock."""
    cart_id = lock_cart(buyer)
    item = CartItem.objects.filter(cart_id=cart_id or 0, product_id=product_id)
    if cart_id is None or not item.exists():
        raise ItemNotFound
    row = _read_stock(buyer, product_id)
    _check_stock(product_id, row, quantity)
    price = _price_of(product_id, row)
    set_item_quantity.run(
        cart_id=cart_id, product_id=product_id, quantity=quantity, price_seen=price
    )


@transactional
def remove_item(*, buyer: Buyer, product_id: int) -> None:
    """Remove an item. The cart stays open. Raises ItemNotFound."""
    cart_id = lock_cart(buyer)
    if cart_id is None:
        raise ItemNotFound
    if not CartItem.objects.filter(cart_id=cart_id, product_id=product_id).delete()[0]:
        raise ItemNotFound
    touch.send_with_next(cart_id=cart_id)


@transactional
def clear_cart(*, buyer: Buyer) -> None:
    """Remove all items. The cart stays open and keeps its id."""
    cart_id = lock_cart(buyer)
    if cart_id is not None:
        CartItem.objects.filter(cart_id=cart_id).delete()
        touch.send_with_next(cart_id=cart_id)


def open_cart(buyer: Buyer) -> Opened:
    """Insert an open cart. The caller has locked the buyer, who has none.

    Raises NoOpenCart for a guest who had one: a token belongs to one cart.
    """
    if buyer.cart_id is not None:
        raise NoOpenCart
    token = new_token() if buyer.user is None else None
    cart = Cart(user=buyer.user, token_hash=None if token is None else digest_of(token))
    insert(cart)
    return Opened(cart.pk, token)


def mark_cart_ordered(*, cart_id: int) -> None:
    """Mark an open cart, whose items the caller has locked with ``lock_items``, as ordered.

    Needs the caller's transaction, which undoes this if the order fails. Takes effect with the
    caller's next statement. That a cart is ordered once is also a unique constraint of orders.
    """
    set_ordered.send_with_next(cart_id=cart_id)


def price_items(items: Sequence[Item]) -> Totals:
    """Return what items cost."""
    return price(items, Context(PLAIN, timezone.now()))


def lock_items(*, buyer: Buyer, cart_id: int) -> list[tuple[Item, LockedProduct]]:
    """Return the items of the buyer's open cart at current prices, with their products.

    Locks the cart as ``cart.locks`` does, then the products in ascending id, until the caller's
    transaction ends. Returns an empty list for an empty cart, and for a cart that is not open or
    not the buyer's. Sends one statement, and a second one while a sale is active.
    """
    if buyer.user is None and cart_id != buyer.cart_id:
        return []
    lock_cart_with_next_statement(buyer)
    rows = items_for_update.rows(**{**buyer.key, "cart_id": cart_id})
    products = (
        LockedProduct(r.product_id, r.name, r.stock, r.backorder, r.is_sellable) for r in rows
    )
    return list(zip(_priced(rows), products, strict=True))


def _priced(rows: Iterable[CartRow] | Iterable[LockedItem]) -> list[Item]:
    """Return rows as items at current prices. Reads sale prices if a sale is active."""
    items = [(row.product_id or 0, row) for row in rows]
    has_sale = bool(items) and items[0][1].has_sale
    sales = active_sales_of(pk for pk, _ in items) if has_sale else {}
    return [_item(pk, row, sales.get(pk, ())) for pk, row in items]


def _item(pk: int, row: CartRow | LockedItem, sales: Iterable[dict[str, Any]]) -> Item:
    unit_price = current_price(row.list_price, sales)
    return Item(pk, row.name, row.quantity, unit_price, row.list_price)


def _read_stock(buyer: Buyer, product_id: int) -> StockAndCart:
    """Return a product's stock, with what the buyer's open cart has of the product.

    Raises ProductNotFound if it is not for sale, and VariantRequired if it has variants.
    """
    row = stock_and_cart.row(product_id=product_id, **buyer.key)
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


def _price_of(product_id: int, row: StockAndCart) -> Decimal:
    """Return the current price of a product. Reads its sales if a sale is active."""
    sales = active_sales_of([product_id]) if row.has_sale else {}
    return current_price(row.list_price, sales.get(product_id, ()))
