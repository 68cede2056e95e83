"""Every write of carts. Each locks its user's row first (RELIABILITY R4, R5).

That row is always there, where a cart may still have to be opened: so the lock goes to PostgreSQL
with the statement that looks at the cart, and nothing changes under what that one sees.
"""

from dataclasses import dataclass
from typing import Any

from django.db.models import BooleanField, Count, ExpressionWrapper, Q, QuerySet, Subquery

from accounts.models import User
from cart.errors import CartFull, ItemNotFound, QuantityLimit
from cart.models import MAX_LINES, MAX_QUANTITY, Cart, CartItem, CartStatus
from cart.pricing import PricedCart, PricedLine, price_lines
from catalog.errors import OutOfStock, ProductNotFound
from catalog.models import Product, for_sale
from catalog.prices.current import current_price
from catalog.prices.reads import any_sale, sales_on
from catalog.services import LockedProduct, choose_variant
from shop.core.statements import Insert, Select, Update, insert
from shop.core.transactions import transactional

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
_LOCK = Select(lambda user_id: User.objects.filter(pk=user_id).select_for_update(no_key=True))
_OPEN_ID = Select(lambda user_id: Cart.objects.open_of(user_id).values_list("pk"))


def _stock_and_cart(user_id: int, product_id: int) -> QuerySet[Product, Any]:
    lines = CartItem.objects.filter(cart__user_id=user_id, cart__status=CartStatus.OPEN)
    return (
        Product.objects.for_sale()
        .filter(pk=product_id)
        .values_list(
            "stock",
            "backorder",
            "has_variants",
            Subquery(Cart.objects.open_of(user_id).values("pk")),
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
    lambda user_id, cart_id: (
        CartItem.objects.filter(
            cart_id=cart_id, cart__user_id=user_id, cart__status=CartStatus.OPEN
        )
        .order_by("product_id")
        .select_for_update(no_key=True)  # cart and lines too, which nobody else may want
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
    _LOCK.lock(user_id=user.pk)
    shelf = _look(user, product_id)
    wanted = shelf.in_cart + quantity
    if wanted > MAX_QUANTITY:
        raise QuantityLimit(limit=MAX_QUANTITY, in_cart=shelf.in_cart)
    shelf.check_stock(wanted)
    cart_id = shelf.cart_id or _open_cart(user)
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
    _look(user, product_id).check_stock(quantity)
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


def claim_cart(*, user: User, cart_id: int) -> None:
    """Turn a cart, whose lines the caller has locked, into an ordered one.

    Needs the caller's transaction, which undoes the claim if the order fails. It was open then, and
    no cart writer comes between; a cart has one order by that one's unique constraint too.
    """
    _CLAIM.defer(user_id=user.pk, cart_id=cart_id)


def lock_lines(*, user: User, cart_id: int) -> list[tuple[PricedLine, LockedProduct]]:
    """Return the lines of the user's open cart at today's prices, and their products.

    Locks the user against every cart writer, then the products in ascending id. Needs the caller's
    transaction, which ends the locks. Nothing for an empty cart, and for one that is not open or
    not theirs. One statement, and one more while a sale is on.
    """
    _LOCK.lock(user_id=user.pk)
    rows = _LOCK_LINES.rows(user_id=user.pk, cart_id=cart_id)
    sales = sales_on(row[4] for row in rows) if rows and rows[0][3] else {}
    return [
        (
            PricedLine(pk, name, current_price(price, sales.get(pk, ())), quantity),
            LockedProduct(pk, *product),
        )
        for quantity, name, price, _, pk, *product in rows
    ]


def lock_open_cart(user: User) -> int | None:
    """Lock the user against every other cart writer; return the id of the open cart, if any.

    Needs the caller's transaction, which ends the lock.
    """
    _LOCK.lock(user_id=user.pk)
    row = _OPEN_ID.row(user_id=user.pk)
    return None if row is None else row[0]


@dataclass(frozen=True, slots=True)
class _Shelf:
    """A product's stock, the open cart if there is one, its pieces in there, and its lines."""

    product_id: int
    stock: int
    backorder: bool
    cart_id: int | None
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


def _look(user: User, product_id: int) -> _Shelf:
    """Raise ProductNotFound for what is not for sale, ChooseVariant for what has variants."""
    row = _LOOK.row(user_id=user.pk, product_id=product_id)
    if row is None:
        raise ProductNotFound
    stock, backorder, has_variants, cart_id, in_cart, lines = row
    if has_variants:
        raise choose_variant(product_id)
    return _Shelf(product_id, stock, backorder, cart_id, in_cart or 0, lines or 0)


def _open_cart(user: User) -> int:
    """Open a cart for a user who has none, by what the caller saw under its lock."""
    cart = Cart(user=user)
    insert(cart)
    return cart.pk
