"""The statements of cart requests, compiled once per process (``shop.engine``)."""

from decimal import Decimal
from typing import Any, NamedTuple

from django.db.models import Count, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce, Greatest, Now

from cart.columns import CartRow, cart_members, item_columns
from cart.models import Cart, CartItem, CartStatus
from catalog.models import Product
from catalog.prices.reads import any_active_sale
from shop.core.configuration import current_revision
from shop.engine import Insert, select, update


@select(CartRow)
def open_cart_with_items(
    *, user_id: int | None = None, cart_id: int | None = None
) -> QuerySet[Cart, Any]:
    """The buyer's open cart with its items, in the order in which they were added."""
    carts = Cart.objects.open_of(user_id=user_id, cart_id=cart_id).order_by("items__pk")
    return carts.values_list(
        "pk",
        Greatest("updated_at", Coalesce("items__changed_at", "updated_at")),
        any_active_sale(),
        current_revision(),
        cart_members(),
        *item_columns("items__"),
    )


class CartId(NamedTuple):
    """The id of a cart."""

    cart_id: int


@select(CartId)
def cart_for_update(*, cart_id: int) -> QuerySet[Cart, Any]:
    """The row of a cart, locked against all other writers."""
    return Cart.objects.filter(pk=cart_id).select_for_update(no_key=True).values_list("pk")


@select(CartId)
def open_cart_id(*, user_id: int | None = None, cart_id: int | None = None) -> QuerySet[Cart, Any]:
    """The id of the buyer's open cart."""
    return Cart.objects.open_of(user_id=user_id, cart_id=cart_id).values_list("pk")


class StockAndCart(NamedTuple):
    """A product's stock and list price, and what the buyer's open cart has of it.

    The columns of the cart are None if there is no open cart or no such item.
    """

    name: str
    stock: int
    backorder: bool
    has_variants: bool
    list_price: Decimal
    has_sale: bool
    cart_id: int | None
    quantity_in_cart: int | None
    item_count: int | None


@select(StockAndCart)
def stock_and_cart(
    *, product_id: int, user_id: int | None = None, cart_id: int | None = None
) -> QuerySet[Product, Any]:
    """The stock of a product that is for sale, with what the buyer's open cart has of it."""
    items = CartItem.objects.filter(_in_open_cart(user_id, cart_id))
    return (
        Product.objects.for_sale()
        .filter(pk=product_id)
        .values_list(
            "name",
            "stock",
            "backorder",
            "has_variants",
            "price",
            any_active_sale(),
            Subquery(Cart.objects.open_of(user_id=user_id, cart_id=cart_id).values("pk")),
            Subquery(items.filter(product_id=product_id).values("quantity")),
            Subquery(items.order_by().values("cart_id").values(items=Count("pk"))),
        )
    )


class ProductToAdd(NamedTuple):
    """A product that is for sale, as far as an item needs it."""

    product_id: int
    name: str
    stock: int
    backorder: bool
    has_variants: bool
    list_price: Decimal
    has_sale: bool


@select(ProductToAdd)
def products_to_add(*, product_ids: list[int]) -> QuerySet[Product, Any]:
    """Those of the products that are for sale."""
    columns = ("pk", "name", "stock", "backorder", "has_variants", "price")
    products = Product.objects.for_sale().filter(pk__in=product_ids)
    return products.values_list(*columns, any_active_sale())


@select(CartRow)
def items_for_update(*, cart_id: int, user_id: int | None = None) -> QuerySet[CartItem, Any]:
    """The items of the open cart of a user with their products, locked in ascending product id.

    Without ``user_id``, the cart must be a guest's: the caller knows its token.
    """
    return (
        CartItem.objects.filter(cart_id=cart_id, cart__user=user_id, cart__status=CartStatus.OPEN)
        .order_by("product_id")
        # Also locks cart and items, which the lock of the cart protects already.
        .select_for_update(no_key=True)
        .values_list(
            "cart_id",
            "changed_at",
            any_active_sale(),
            current_revision(),
            cart_members("cart__"),
            *item_columns(),
        )
    )


new_carts = Insert(Cart, "user_id", "status", "token_hash")
new_items = Insert(CartItem, "cart_id", "product_id", "quantity", "price_seen")


@update
def set_item_quantity(
    *, cart_id: int, product_id: int, quantity: int, price_seen: Decimal
) -> tuple[QuerySet[CartItem], dict[str, object]]:
    """Set the quantity of an item, and the price that the buyer saw."""
    items = CartItem.objects.filter(cart_id=cart_id, product_id=product_id)
    return items, {"quantity": quantity, "price_seen": price_seen, "changed_at": Now()}


@update
def touch(*, cart_id: int) -> tuple[QuerySet[Cart], dict[str, object]]:
    """Note that a cart was changed now, where no item shows it."""
    return Cart.objects.filter(pk=cart_id), {"updated_at": Now()}


@update
def set_ordered(*, cart_id: int) -> tuple[QuerySet[Cart], dict[str, object]]:
    """Mark an open cart as ordered."""
    return Cart.objects.open_of(cart_id=cart_id), {"status": CartStatus.ORDERED}


def _in_open_cart(user_id: int | None, cart_id: int | None) -> Q:
    """Return the condition that an item is in the buyer's open cart."""
    of_buyer = Q(cart__user=user_id) if cart_id is None else Q(cart_id=cart_id)
    return of_buyer & Q(cart__status=CartStatus.OPEN)
