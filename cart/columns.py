"""What the statements of carts (``cart.statements``) read: the members of a cart, and its items.

One statement reads a cart with its items, in a row for each item. What most carts and products do
not have is null there, so that it costs nothing: members of the cart, a parent, an image.
"""

from datetime import datetime
from decimal import Decimal
from typing import Any, NamedTuple

import orjson
from django.db.models import (
    BooleanField,
    Case,
    ExpressionWrapper,
    F,
    OuterRef,
    Q,
    Subquery,
    TextField,
    Value,
    When,
)
from django.db.models.functions import Cast, Coalesce, JSONObject

from catalog.models import Product, ProductImage, for_sale

CART = (
    *("email", "phone", "shipping_address", "billing_address", "shipping_method"),
    *("voucher_codes", "note", "language", "consents", "metadata"),
)
"""The members of a cart that its buyer writes, besides the items. They are columns."""

_UNSET: dict[str, Any] = {
    **dict.fromkeys(("email", "phone", "shipping_method", "note", "language"), ""),
    **dict.fromkeys(("shipping_address__isnull", "billing_address__isnull"), True),
    "voucher_codes": [],
    "consents": {},
    "metadata": {},
}
"""The condition that none of them is set, as lookups."""


class CartItemRow(NamedTuple):
    """A cart item with what its product says now. Prices are in the shop's currency."""

    product_id: int
    quantity: int
    price_seen: Decimal | None
    price_override: Decimal | None
    """The price that staff set in a draft."""
    name: str
    list_price: Decimal
    compare_at_price: Decimal | None
    sku: str
    parent_id: int | None
    stock: int
    backorder: bool
    is_sellable: bool
    """Whether it is for sale, and not a product with variants."""
    tax_class: str
    weight: int
    requires_shipping: bool
    slug: str
    options: dict[str, str]
    """Option values of a variant by name."""
    image: dict[str, Any] | None
    """A row for ``serialize_image``: of the variant, else of its product."""

    @property
    def available(self) -> int | None:
        """The units in stock, not below 0; None if it can be ordered without stock."""
        return None if self.backorder else max(0, self.stock)


class CartRow(NamedTuple):
    """A cart with one of its items, and the item's product. Some columns are JSON (``load``).

    The columns of the item are None if the cart has no items.
    """

    cart_id: int
    changed_at: datetime
    """When the cart or this item was changed last."""
    has_sale: bool
    revision: str | None
    """The revision of the configuration (``shop.core.configuration``)."""
    members: str | None
    """JSON of ``CART``; None if none of them is set."""
    product_id: int
    quantity: int
    price_seen: Decimal | None
    price_override: Decimal | None
    name: str
    list_price: Decimal
    compare_at_price: Decimal | None
    sku: str
    parent_id: int | None
    stock: int
    backorder: bool
    is_sellable: bool
    tax_class: str
    weight: int
    requires_shipping: bool
    slug: str
    """Of the product itself, also for a variant."""
    options: str
    """JSON: the product's options, or the values of a variant."""
    parent: str | None
    """JSON: slug and options of a variant's product."""
    image: str | None


def cart_members(prefix: str = "") -> Cast:
    """Return the members of a cart as JSON, null if none is set; ``prefix`` is the lookup to it."""
    members = JSONObject(**{name: F(f"{prefix}{name}") for name in CART})
    are_unset = Q(**{f"{prefix}{name}": value for name, value in _UNSET.items()})
    return _as_text(Case(When(~are_unset, then=members)))


def item_columns(item: str = "") -> tuple[Any, ...]:
    """Return the columns of ``CartRow`` from ``product_id`` on; ``item`` is the lookup to the item.

    It has subqueries instead of outer joins, so that the rows can be locked.
    """
    product, parent = f"{item}product__", f"{item}product__parent_id"
    is_sellable = for_sale(product) & Q(**{f"{product}has_variants": False})
    columns = ("name", "price", "compare_at_price", "sku", "parent_id", "stock", "backorder")
    image = Coalesce(_image(f"{item}product_id"), _unless_null(parent, _image(parent)))
    return (
        *(F(f"{item}{name}") for name in ("product_id", "quantity", "price_seen")),
        F(f"{item}price_override"),
        *(F(f"{product}{name}") for name in columns),
        ExpressionWrapper(is_sellable, output_field=BooleanField()),
        Coalesce(f"{product}tax_class_id", Value("")),
        *(F(f"{product}{name}") for name in ("weight", "requires_shipping", "slug")),
        _as_text(F(f"{product}options")),
        _as_text(_parent(parent)),
        _as_text(image),
    )


def _as_text(expression: Case | Coalesce | F) -> Cast:
    """Return JSON as text, for which psycopg2 calls no function in Python, as for JSON."""
    return Cast(expression, TextField())


def _parent(pk: str) -> Case:
    """Return the product of a variant, null for a product without variants."""
    parents = Product.objects.filter(pk=OuterRef(pk)).order_by()
    row = Subquery(parents.values(row=JSONObject(slug=F("slug"), options=F("options"))))
    return _unless_null(pk, row)


def _image(product: str) -> Subquery:
    """Return the first image of the product that ``product`` refers to."""
    images = ProductImage.objects.filter(product_id=OuterRef(product)).order_by("position", "pk")
    names = ("id", "large", "small", "source_url", "width", "height", "alt", "position")
    return Subquery(images.values(row=JSONObject(**{name: F(name) for name in names}))[:1])


def _unless_null(name: str, expression: Any) -> Case:
    """Return an expression that is only evaluated if the column ``name`` has a value."""
    return Case(When(**{f"{name}__isnull": False}, then=expression))


def load(value: Any) -> Any:
    """Return the value of JSON that a statement returns as text."""
    return orjson.loads(value) if isinstance(value, str) else value


def item_of(row: CartRow) -> CartItemRow:
    """Return the item of a row of a cart that has items."""
    slug, options = row.slug, {}
    if row.parent:
        parent = load(row.parent)
        slug = parent["slug"]
        options = dict(zip(load(parent["options"]), load(row.options), strict=False))
    return CartItemRow(*row[5:-4], slug, options, load(row.image) if row.image else None)
