"""What the statements of carts read as JSON: the cart's own members, and its items.

One statement reads a cart with its items. Each cart and item is one JSON value, which takes less
time to read than a column for each member, and both statements (``cart.statements``) share it.
"""

from decimal import Decimal
from typing import Any, NamedTuple

import orjson
from django.db.models import (
    BooleanField,
    CharField,
    ExpressionWrapper,
    F,
    OuterRef,
    Q,
    Subquery,
)
from django.db.models.functions import Cast, Coalesce, JSONObject

from catalog.models import Product, ProductImage, for_sale

CART = (
    *("email", "phone", "shipping_address", "billing_address", "shipping_method"),
    *("voucher_codes", "note", "language", "consents", "metadata"),
)
"""The members of a cart that its buyer writes, besides the items. They are columns."""


class CartItemRow(NamedTuple):
    """A cart item with what its product says now. Prices are in the shop's currency."""

    product_id: int
    quantity: int
    price_seen: Decimal | None
    name: str
    list_price: Decimal
    compare_at_price: Decimal | None
    slug: str
    sku: str
    options: dict[str, str]
    """Option values of a variant by name."""
    parent_id: int | None
    stock: int
    backorder: bool
    is_sellable: bool
    """Whether it is for sale, and not a product with variants."""
    tax_class: str
    weight: int
    requires_shipping: bool
    image: dict[str, Any] | None
    """A row for ``serialize_image``: of the variant, else of its product."""

    @property
    def available(self) -> int | None:
        """The units in stock, not below 0; None if it can be ordered without stock."""
        return None if self.backorder else max(0, self.stock)


def cart_members(prefix: str = "") -> JSONObject:
    """Return the expression of the members of a cart; ``prefix`` is the lookup to it."""
    return JSONObject(**{name: F(f"{prefix}{name}") for name in CART})


def item_members() -> dict[str, Any]:
    """Return the expressions of an item and its product by name, in a query of cart items.

    It has subqueries instead of outer joins, so that the rows can be locked.
    """
    parents = Product.objects.filter(pk=OuterRef("product__parent_id"))
    is_sellable = ExpressionWrapper(
        for_sale("product__") & Q(product__has_variants=False), output_field=BooleanField()
    )
    return {
        "product_id": F("product_id"),
        "quantity": F("quantity"),
        "price_seen": _text("price_seen"),
        "name": F("product__name"),
        "list_price": _text("product__price"),
        "compare_at_price": _text("product__compare_at_price"),
        "slug": F("product__slug"),
        "sku": F("product__sku"),
        "options": F("product__options"),
        "parent": Subquery(parents.values(row=JSONObject(slug=F("slug"), options=F("options")))),
        "parent_id": F("product__parent_id"),
        "stock": F("product__stock"),
        "backorder": F("product__backorder"),
        "is_sellable": is_sellable,
        "tax_class": F("product__tax_class_id"),
        "weight": F("product__weight"),
        "requires_shipping": F("product__requires_shipping"),
        "image": Coalesce(_image("product_id"), _image("product__parent_id")),
    }


def _image(product: str) -> Subquery:
    """Return the first image of the product that ``product`` refers to."""
    images = ProductImage.objects.filter(product_id=OuterRef(product)).order_by("position", "pk")
    names = ("id", "large", "small", "source_url", "alt", "position")
    return Subquery(images.values(row=JSONObject(**{name: F(name) for name in names}))[:1])


def _text(name: str) -> Cast:
    """Return a decimal as text: numbers of JSON are floats."""
    return Cast(name, CharField())


def load(value: Any) -> Any:
    """Return the value of JSON that a cursor returns as text, and the ORM decoded."""
    return orjson.loads(value) if isinstance(value, str) else value


def item_of(row: dict[str, Any]) -> CartItemRow:
    """Return an item from the value of ``item_members``."""
    parent = load(row["parent"])
    seen, compare_at, image = row["price_seen"], row["compare_at_price"], row["image"]
    options = zip(load(parent["options"]), load(row["options"]), strict=False) if parent else ()
    return CartItemRow(
        row["product_id"],
        row["quantity"],
        None if seen is None else Decimal(seen),
        row["name"],
        Decimal(row["list_price"]),
        None if compare_at is None else Decimal(compare_at),
        parent["slug"] if parent else row["slug"],
        row["sku"],
        dict(options),
        row["parent_id"],
        row["stock"],
        bool(row["backorder"]),
        bool(row["is_sellable"]),
        row["tax_class"] or "",
        row["weight"],
        bool(row["requires_shipping"]),
        load(image) if image else None,
    )
