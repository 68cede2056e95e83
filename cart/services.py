"""Every write of carts. Each takes the lock on the cart's row first (RELIABILITY R4, R5)."""

from dataclasses import dataclass

from django.db import IntegrityError, transaction

from accounts.models import User
from cart.errors import CartBusy, CartFull, ItemNotFound, QuantityLimit
from cart.models import MAX_LINES, MAX_QUANTITY, Cart, CartItem, CartStatus
from cart.pricing import PricedCart, PricedLine, price_lines
from catalog.errors import OutOfStock, ProductNotFound
from catalog.models import Product
from shop.core.transactions import transactional

_ATTEMPTS = 8


@dataclass(frozen=True, slots=True)
class CartView:
    """A user's open cart as of now; ``cart_id`` is None until something was added."""

    cart_id: int | None
    priced: PricedCart


def view_cart(*, user: User) -> CartView:
    """Return the open cart at today's prices; creates nothing. One statement."""
    rows = list(
        Cart.objects.open_of(user)
        .order_by("items__pk")
        .values_list(
            "pk",
            "items__product_id",
            "items__product__name",
            "items__product__price",
            "items__quantity",
        )
    )
    lines = (PricedLine(*row[1:]) for row in rows if row[1] is not None)
    return CartView(rows[0][0] if rows else None, price_lines(lines))


@transactional
def add_item(*, user: User, product_id: int, quantity: int) -> int:
    """Add pieces to the user's open cart, which is opened if need be; return its id.

    Stock is not reserved, only compared. Raises ProductNotFound, QuantityLimit, OutOfStock,
    CartFull.
    """
    stock = _stock_of(product_id)
    cart = _lock_or_open(user)
    in_cart = dict(CartItem.objects.filter(cart=cart).values_list("product_id", "quantity"))
    wanted = in_cart.get(product_id, 0) + quantity
    if wanted > MAX_QUANTITY:
        raise QuantityLimit(limit=MAX_QUANTITY, in_cart=in_cart.get(product_id, 0))
    _check_stock(product_id, stock, wanted)
    if product_id in in_cart:
        CartItem.objects.filter(cart=cart, product_id=product_id).update(quantity=wanted)
    elif len(in_cart) >= MAX_LINES:
        raise CartFull(limit=MAX_LINES)
    else:
        CartItem.objects.create(cart=cart, product_id=product_id, quantity=quantity)
    return cart.pk


@transactional
def set_quantity(*, user: User, product_id: int, quantity: int) -> None:
    """Set a line's quantity. Raises ItemNotFound, ProductNotFound, OutOfStock."""
    cart = Cart.objects.lock_open_of(user)
    line = CartItem.objects.filter(cart=cart, product_id=product_id)
    if cart is None or not line.exists():
        raise ItemNotFound
    _check_stock(product_id, _stock_of(product_id), quantity)
    line.update(quantity=quantity)


@transactional
def remove_item(*, user: User, product_id: int) -> None:
    """Take a line out; the cart stays open. Raises ItemNotFound."""
    cart = Cart.objects.lock_open_of(user)
    if cart is None or not CartItem.objects.filter(cart=cart, product_id=product_id).delete()[0]:
        raise ItemNotFound


@transactional
def clear_cart(*, user: User) -> None:
    """Take every line out; the cart stays open and keeps its id."""
    cart = Cart.objects.lock_open_of(user)
    if cart is not None:
        CartItem.objects.filter(cart=cart).delete()


def claim_cart(*, user: User, cart_id: int) -> bool:
    """Turn the user's open cart into an ordered one; False if it is not open, or not theirs.

    Needs the caller's transaction, which undoes the claim if the order fails. Of parallel calls
    one wins, and no cart writer comes between.
    """
    claimed = Cart.objects.open_of(user).filter(pk=cart_id).update(status=CartStatus.ORDERED)
    return claimed == 1


def _stock_of(product_id: int) -> int:
    stock = Product.objects.for_sale().filter(pk=product_id).values_list("stock", flat=True).first()
    if stock is None:
        raise ProductNotFound
    return stock


def _check_stock(product_id: int, available: int, wanted: int) -> None:
    if wanted > available:
        raise OutOfStock(product_id=product_id, available=available, product_ids=[product_id])


def _lock_or_open(user: User) -> Cart:
    """Lock the open cart, or open one; an order may take it away between the two."""
    for _ in range(_ATTEMPTS):
        cart = Cart.objects.lock_open_of(user)
        if cart is not None:
            return cart
        try:
            with transaction.atomic():
                return Cart.objects.create(user=user)
        except IntegrityError:
            continue
    raise CartBusy
