"""Every write of carts. Each takes the lock on the cart's row first (RELIABILITY R4, R5)."""

from dataclasses import dataclass
from typing import Any

from django.db.models import BooleanField, Count, ExpressionWrapper, Q, QuerySet, Subquery

from accounts.models import User
from cart.errors import CartBusy, CartFull, ItemNotFound, QuantityLimit
from cart.models import MAX_LINES, MAX_QUANTITY, Cart, CartItem, CartStatus
from cart.pricing import PricedCart, PricedLine, price_lines
from catalog.errors import OutOfStock, ProductNotFound
from catalog.models import Product, for_sale
from catalog.pricing import current_price
from catalog.reads import any_sale, sales_on
from catalog.services import LockedProduct, choose_variant
from shop.core.statements import Insert, Select, Update, insert
from shop.core.transactions import transactional

_ATTEMPTS = 8

_OPEN_CART = Select(
    lambda user_id: (
        Cart.objects.open_of(user_id)
        .order_by("items__pk")
        .values_list(
            "pk",
            "items__product_id",
            "items__product__name",
            "items__product__price",
            "items__quantity",
            any_sale(),
        )
    )
)
_LOCK_OPEN = Select(
    lambda user_id: Cart.objects.open_of(user_id).select_for_update(no_key=True).values_list("pk")
)


def _stock_and_cart(cart_id: int, product_id: int) -> QuerySet[Product, Any]:
    lines = CartItem.objects.filter(cart_id=cart_id)
    return (
        Product.objects.for_sale()
        .filter(pk=product_id)
        .values_list(
            "stock",
            "backorder",
            "has_variants",
            Subquery(lines.filter(product_id=product_id).values("quantity")),
            Subquery(lines.order_by().values("cart_id").values(lines=Count("pk"))),
        )
    )


_LOOK = Select(_stock_and_cart)
_NEW_LINE = Insert(CartItem, "cart_id", "product_id", "quantity")
_SET_QUANTITY = Update(
    lambda cart_id, product_id, quantity: (
        CartItem.objects.filter(cart_id=cart_id, product_id=product_id),
        {"quantity": quantity},
    )
)
_LOCK_LINES = Select(
    lambda cart_id: (
        CartItem.objects.filter(cart_id=cart_id)
        .order_by("product_id")
        .select_for_update(no_key=True)  # the lines too, which nobody else may want
        .values_list(
            "quantity",
            "product__name",
            "product__price",
            any_sale(),
            "product_id",
            "product__stock",
            "product__backorder",
            ExpressionWrapper(
                for_sale("product__") & Q(product__has_variants=False),
                output_field=BooleanField(),
            ),
        )
    )
)
_CLAIM = Update(
    lambda user_id, cart_id: (
        Cart.objects.open_of(user_id).filter(pk=cart_id),
        {"status": CartStatus.ORDERED},
    )
)


@dataclass(frozen=True, slots=True)
class CartView:
    """A user's open cart as of now; ``cart_id`` is None until something was added."""

    cart_id: int | None
    priced: PricedCart


def view_cart(*, user: User) -> CartView:
    """Return the open cart at today's prices; creates nothing.

    One statement, and one more while a sale is on.
    """
    rows = _OPEN_CART.rows(user_id=user.pk)
    items = [row[1:] for row in rows if row[1] is not None]
    sales = sales_on(item[0] for item in items) if items and items[0][4] else {}
    lines = (
        PricedLine(product_id, name, current_price(price, sales.get(product_id, ())), quantity)
        for product_id, name, price, quantity, _ in items
    )
    return CartView(rows[0][0] if rows else None, price_lines(lines))


@transactional
def add_item(*, user: User, product_id: int, quantity: int) -> int:
    """Add pieces to the user's open cart, which is opened if need be; return its id.

    Stock is not reserved, only compared. Raises ProductNotFound, ChooseVariant, QuantityLimit,
    OutOfStock, CartFull.
    """
    cart_id = _lock_or_open(user)
    shelf = _look(cart_id, product_id)
    wanted = shelf.in_cart + quantity
    if wanted > MAX_QUANTITY:
        raise QuantityLimit(limit=MAX_QUANTITY, in_cart=shelf.in_cart)
    shelf.check_stock(wanted)
    if shelf.in_cart:
        _SET_QUANTITY.run(cart_id=cart_id, product_id=product_id, quantity=wanted)
    elif shelf.lines >= MAX_LINES:
        raise CartFull(limit=MAX_LINES)
    else:
        _NEW_LINE.defer([(cart_id, product_id, quantity)])
    return cart_id


@transactional
def set_quantity(*, user: User, product_id: int, quantity: int) -> None:
    """Set a line's quantity. Raises ItemNotFound, ProductNotFound, ChooseVariant, OutOfStock."""
    cart_id = lock_open_cart(user)
    line = CartItem.objects.filter(cart_id=cart_id or 0, product_id=product_id)
    if cart_id is None or not line.exists():
        raise ItemNotFound
    _look(cart_id, product_id).check_stock(quantity)
    _SET_QUANTITY.run(cart_id=cart_id, product_id=product_id, quantity=quantity)


@transactional
def remove_item(*, user: User, product_id: int) -> None:
    """Take a line out; the cart stays open. Raises ItemNotFound."""
    cart_id = lock_open_cart(user)
    if cart_id is None:
        raise ItemNotFound
    if not CartItem.objects.filter(cart_id=cart_id, product_id=product_id).delete()[0]:
        raise ItemNotFound


@transactional
def clear_cart(*, user: User) -> None:
    """Take every line out; the cart stays open and keeps its id."""
    cart_id = lock_open_cart(user)
    if cart_id is not None:
        CartItem.objects.filter(cart_id=cart_id).delete()


def claim_cart(*, user: User, cart_id: int) -> bool:
    """Turn the user's open cart into an ordered one; False if it is not open, or not theirs.

    Needs the caller's transaction, which undoes the claim if the order fails. Of parallel calls
    one wins, and no cart writer comes between.
    """
    return _CLAIM.run(user_id=user.pk, cart_id=cart_id) == 1


def lock_lines(*, cart_id: int) -> list[tuple[PricedLine, LockedProduct]]:
    """Return a cart's lines at today's prices, and their products, locked in ascending id.

    Needs the caller's transaction, which ends the locks; the caller has claimed the cart, so its
    lines stand still. One statement, and one more while a sale is on.
    """
    rows = _LOCK_LINES.rows(cart_id=cart_id)
    sales = sales_on(row[4] for row in rows) if rows and rows[0][3] else {}
    return [
        (
            PricedLine(pk, name, current_price(price, sales.get(pk, ())), quantity),
            LockedProduct(pk, *product),
        )
        for quantity, name, price, _, pk, *product in rows
    ]


def lock_open_cart(user: User) -> int | None:
    """Lock the user's open cart, if there is one, as every cart writer does first; return its id.

    Needs the caller's transaction, which ends the lock.
    """
    row = _LOCK_OPEN.row(user_id=user.pk)
    return None if row is None else row[0]


@dataclass(frozen=True, slots=True)
class _Shelf:
    """A product's stock, its pieces in the cart, and the cart's lines."""

    product_id: int
    stock: int
    backorder: bool
    in_cart: int
    lines: int

    def check_stock(self, wanted: int) -> None:
        """Raise OutOfStock unless so many are there, or more may be promised."""
        if wanted > self.stock and not self.backorder:
            raise OutOfStock(
                product_id=self.product_id,
                available=self.stock,
                product_ids=[self.product_id],
            )


def _look(cart_id: int, product_id: int) -> _Shelf:
    """Raise ProductNotFound for what is not for sale, ChooseVariant for what has variants."""
    row = _LOOK.row(cart_id=cart_id, product_id=product_id)
    if row is None:
        raise ProductNotFound
    stock, backorder, has_variants, in_cart, lines = row
    if has_variants:
        raise choose_variant(product_id)
    return _Shelf(product_id, stock, backorder, in_cart or 0, lines or 0)


def _lock_or_open(user: User) -> int:
    """Lock the open cart, or open one; an order may take it away between the two."""
    for _ in range(_ATTEMPTS):
        cart_id = lock_open_cart(user)
        if cart_id is not None:
            return cart_id
        cart = Cart(user=user)
        if insert(cart, unless_there=True):
            return cart.pk
    raise CartBusy
