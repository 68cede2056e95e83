"""The statements of cart requests, compiled once per process (``shop.engine``)."""

from decimal import Decimal
from typing import Any, NamedTuple

from django.db.models import BooleanField, Count, ExpressionWrapper, Q, QuerySet, Subquery

from accounts.models import User
from cart.models import Cart, CartItem, CartStatus
from catalog.models import Product, for_sale
from catalog.prices.reads import any_active_sale
from shop.engine import Insert, select, update


class CartRow(NamedTuple):
    """An open cart with one of its items. If the cart is empty, the item's columns are None."""

    cart_id: int
    product_id: int | None
    name: str
    list_price: Decimal
    quantity: int
    has_sale: bool


@select(CartRow)
def open_cart_with_items(*, user_id: int) -> QuerySet[Cart, Any]:
    """The user's open cart: a row for each item, in the order in which the items were added."""
    return (
        Cart.objects.open_of(user_id)
        .order_by("items__pk")
        .values_list(
            "pk",
            "items__product_id",
            "items__product__name",
            "items__product__price",
            "items__quantity",
            any_active_sale(),
        )
    )


class UserId(NamedTuple):
    """The id of a user."""

    user_id: int


@select(UserId)
def user_for_update(*, user_id: int) -> QuerySet[User, Any]:
    """The user's row, locked against all other writers of the user's carts."""
    return User.objects.filter(pk=user_id).select_for_update(no_key=True).values_list("pk")


class CartId(NamedTuple):
    """The id of a cart."""

    cart_id: int


@select(CartId)
def open_cart_id(*, user_id: int) -> QuerySet[Cart, Any]:
    """The id of the user's open cart."""
    return Cart.objects.open_of(user_id).values_list("pk")


class StockAndCart(NamedTuple):
    """A product's stock, and what the user's open cart has of it.

    The columns of the cart are None if there is no open cart or no such item.
    """

    name: str
    stock: int
    backorder: bool
    has_variants: bool
    cart_id: int | None
    quantity_in_cart: int | None
    item_count: int | None


@select(StockAndCart)
def stock_and_cart(*, user_id: int, product_id: int) -> QuerySet[Product, Any]:
    """The stock of a product that is for sale, with what the user's open cart has of it."""
    items = CartItem.objects.filter(cart__user_id=user_id, cart__status=CartStatus.OPEN)
    return (
        Product.objects.for_sale()
        .filter(pk=product_id)
        .values_list(
            "name",
            "stock",
            "backorder",
            "has_variants",
            Subquery(Cart.objects.open_of(user_id).values("pk")),
            Subquery(items.filter(product_id=product_id).values("quantity")),
            Subquery(items.order_by().values("cart_id").values(items=Count("pk"))),
        )
    )


class LockedItem(NamedTuple):
    """A cart item and its product, both locked."""

    quantity: int
    name: str
    list_price: Decimal
    has_sale: bool
    product_id: int
    stock: int
    backorder: bool
    is_sellable: bool


@select(LockedItem)
def items_for_update(*, user_id: int, cart_id: int) -> QuerySet[CartItem, Any]:
    """The items of the user's open cart with their products, locked in ascending product id."""
    return (
        CartItem.objects.filter(
            cart_id=cart_id, cart__user_id=user_id, cart__status=CartStatus.OPEN
        )
        .order_by("product_id")
        # Also locks cart and items, which the lock of the user protects already.
        .select_for_update(no_key=True)
        .values_list(
            "quantity",
            "product__name",
            "product__price",
            any_active_sale(),
            "product_id",
            "product__stock",
            "product__backorder",
            ExpressionWrapper(
                for_sale("product__") & Q(product__has_variants=False),
                output_field=BooleanField(),
            ),
        )
    )


new_items = Insert(CartItem, "cart_id", "product_id", "quantity")


@update
def set_item_quantity(
    *, cart_id: int, product_id: int, quantity: int
) -> tuple[QuerySet[CartItem], dict[str, object]]:
    """Set the quantity of an item."""
    items = CartItem.objects.filter(cart_id=cart_id, product_id=product_id)
    return items, {"quantity": quantity}


@update
def set_ordered(*, user_id: int, cart_id: int) -> tuple[QuerySet[Cart], dict[str, object]]:
    """Mark the user's open cart as ordered."""
    return Cart.objects.open_of(user_id).filter(pk=cart_id), {"status": CartStatus.ORDERED}
