"""Every write of cart items. Each write locks its cart first (``cart.locks``)."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from cart.errors import CartFull, ItemNotFound, NoOpenCart, QuantityLimit
from cart.guests import Buyer, digest_of, new_token
from cart.locks import lock_cart, lock_cart_with_next_statement
from cart.models import MAX_ITEMS, MAX_QUANTITY, Cart, CartItem, CartStatus
from cart.statements import (
    StockAndCart,
    new_carts,
    new_items,
    set_item_quantity,
    stock_and_cart,
    touch,
)
from catalog.errors import OutOfStock, ProductNotFound
from catalog.prices.current import current_price
from catalog.prices.reads import active_sales_of
from catalog.services import variant_required
from shop.core.transactions import transactional
from shop.engine import insert


@dataclass(frozen=True, slots=True)
class Opened:
    """An open cart; if it ``is_new``, with the token of a guest."""

    cart_id: int
    token: str | None = None
    is_new: bool = False


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
        set_item_quantity.send_with_next(
            cart_id=cart.cart_id, product_id=product_id, quantity=new_quantity, price_seen=price
        )
    elif (row.item_count or 0) >= MAX_ITEMS:
        raise CartFull(limit=MAX_ITEMS)
    else:
        new_items.send_with_next([(cart.cart_id, product_id, quantity, price)])
    return cart


@transactional
def set_quantity(*, buyer: Buyer, product_id: int, quantity: int) -> None:
    """Set an item's quantity. Raises ItemNotFound, ProductNotFound, VariantRequired, OutOfStock.

    Raises NoOpenCart if the cart of a guest was ordered.
    """
    cart_id = _lock_cart_with_items(buyer)
    if not CartItem.objects.filter(cart_id=cart_id, product_id=product_id).exists():
        raise ItemNotFound
    row = _read_stock(buyer, product_id)
    _check_stock(product_id, row, quantity)
    price = _price_of(product_id, row)
    set_item_quantity.send_with_next(
        cart_id=cart_id, product_id=product_id, quantity=quantity, price_seen=price
    )


@transactional
def remove_item(*, buyer: Buyer, product_id: int) -> None:
    """Remove an item. The cart stays open. Raises ItemNotFound, NoOpenCart."""
    cart_id = _lock_cart_with_items(buyer)
    if not CartItem.objects.filter(cart_id=cart_id, product_id=product_id).delete()[0]:
        raise ItemNotFound
    touch.send_with_next(cart_id=cart_id)


def _lock_cart_with_items(buyer: Buyer) -> int:
    """Lock the open cart and return its id. Raises ItemNotFound, NoOpenCart if there is none."""
    cart_id = lock_cart(buyer)
    if cart_id is None:
        raise ItemNotFound if buyer.user is not None else NoOpenCart
    return cart_id


@transactional
def clear_cart(*, buyer: Buyer) -> None:
    """Remove all items. The cart stays open and keeps its id."""
    cart_id = lock_cart(buyer)
    if cart_id is not None:
        CartItem.objects.filter(cart_id=cart_id).delete()
        touch.send_with_next(cart_id=cart_id)


def open_cart(buyer: Buyer, columns: Mapping[str, Any] | None = None) -> Opened:
    """Insert an open cart with values of ``columns``. The caller has locked the buyer.

    The buyer has no open cart.
    Raises NoOpenCart for a guest who had one: a token belongs to one cart.
    """
    if buyer.cart_id is not None:
        raise NoOpenCart
    token = new_token() if buyer.user is None else None
    token_hash = None if token is None else digest_of(token)
    if not columns:
        cart_id = new_carts.insert(buyer.user_id, CartStatus.OPEN.value, token_hash)
        return Opened(cart_id, token, is_new=True)
    cart = Cart(user=buyer.user, token_hash=token_hash, **columns)
    insert(cart)
    return Opened(cart.pk, token, is_new=True)


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
