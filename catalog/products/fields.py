"""The columns of products that staff may edit: one table for the API, the admin, import and export.

A field that is added to the table, and to one of the typed dictionaries below it, can be written by
all of them. What a reader sees of a product is not in it, but in ``products.serializers``.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import Enum, auto
from typing import Any, NotRequired, TypedDict

from catalog.limits import (
    BRAND_LENGTH,
    DESCRIPTION_LENGTH,
    MAX_POSITION,
    MAX_STOCK,
    PRODUCT_NAME_LENGTH,
    SKU_LENGTH,
)


class Kind(Enum):
    """What a field holds."""

    TEXT = auto()
    SLUG = auto()
    CATEGORY = auto()
    AMOUNT = auto()
    INTEGER = auto()
    BOOLEAN = auto()
    INSTANT = auto()
    METADATA = auto()


class Owner(Enum):
    """Which rows have a value of their own."""

    PRODUCT = auto()
    """A product; its variants have none, or the same."""
    SOLD = auto()
    """Whatever is sold by itself: a product without variants, or a variant."""
    VARIANT = auto()
    """A variant."""
    EACH = auto()
    """A product, whether or not it has variants, and each variant."""


@dataclass(frozen=True, slots=True)
class EditableField:
    """A column that staff may edit.

    ``limit`` is the number of characters, or the largest integer. A field that is not ``required``
    may be empty. A ``shared`` field is copied to the variants, a ``searched`` one to the keywords.
    """

    name: str
    kind: Kind
    owner: Owner
    limit: int = 0
    required: bool = False
    nullable: bool = False
    shared: bool = False
    searched: bool = False
    help_text: str | None = None


FIELDS = {
    field.name: field
    for field in (
        EditableField("name", Kind.TEXT, Owner.PRODUCT, PRODUCT_NAME_LENGTH, required=True),
        EditableField("description", Kind.TEXT, Owner.PRODUCT, DESCRIPTION_LENGTH),
        EditableField("slug", Kind.SLUG, Owner.PRODUCT, PRODUCT_NAME_LENGTH),
        EditableField("category_id", Kind.CATEGORY, Owner.PRODUCT, nullable=True, shared=True),
        EditableField("brand", Kind.TEXT, Owner.PRODUCT, BRAND_LENGTH, searched=True),
        EditableField("position", Kind.INTEGER, Owner.VARIANT, MAX_POSITION),
        EditableField("sku", Kind.TEXT, Owner.SOLD, SKU_LENGTH, searched=True),
        EditableField("price", Kind.AMOUNT, Owner.SOLD, required=True),
        EditableField(
            "compare_at_price",
            Kind.AMOUNT,
            Owner.SOLD,
            nullable=True,
            help_text="What the price is reduced from.",
        ),
        EditableField("backorder", Kind.BOOLEAN, Owner.SOLD, help_text="Sell beyond the stock."),
        EditableField("low_stock_threshold", Kind.INTEGER, Owner.SOLD, MAX_STOCK, nullable=True),
        EditableField("is_published", Kind.BOOLEAN, Owner.PRODUCT, shared=True),
        EditableField(
            "publish_at",
            Kind.INSTANT,
            Owner.PRODUCT,
            nullable=True,
            shared=True,
            help_text="Customers see it from then on.",
        ),
        EditableField(
            "metadata", Kind.METADATA, Owner.EACH, help_text="Public; replaced as a whole."
        ),
        EditableField(
            "private_metadata",
            Kind.METADATA,
            Owner.EACH,
            help_text="For staff; replaced as a whole.",
        ),
    )
}


class ProductDetails(TypedDict, total=False):
    """What a product may have besides name, price and stock.

    ``options`` are the names that customers choose its variants by; ``attributes`` are by slug, and
    None removes one.
    """

    description: str
    slug: str
    category_id: int | None
    brand: str
    sku: str
    compare_at_price: Decimal | None
    backorder: bool
    low_stock_threshold: int | None
    is_published: bool
    publish_at: datetime | None
    options: Sequence[str]
    tags: Sequence[str]
    attributes: Mapping[str, Any]
    metadata: dict[str, str]
    private_metadata: dict[str, str]


class ProductChanges(ProductDetails, total=False):
    """What staff may change of a product or a variant; ``adjust_stock`` changes the stock."""

    name: str
    price: Decimal
    choice: Mapping[str, str]
    position: int


class NewVariant(TypedDict):
    """A variant to create. ``choice`` has a value for each of the product's options, by name;
    ``price`` is the product's unless given, in the shop's currency.
    """

    choice: Mapping[str, str]
    price: NotRequired[Decimal]
    sku: NotRequired[str]
    compare_at_price: NotRequired[Decimal | None]
    stock: NotRequired[int]
    backorder: NotRequired[bool]
    low_stock_threshold: NotRequired[int | None]
    position: NotRequired[int]
    metadata: NotRequired[dict[str, str]]
    private_metadata: NotRequired[dict[str, str]]


def fields_of(*owners: Owner, without: Sequence[str] = ()) -> Iterator[EditableField]:
    """Yield the fields of these owners, in the order of the table."""
    for field in FIELDS.values():
        if field.owner in owners and field.name not in without:
            yield field


def names_of(*owners: Owner, without: Sequence[str] = ()) -> list[str]:
    """Return the names of ``fields_of``."""
    return [field.name for field in fields_of(*owners, without=without)]


SHARED = [field.name for field in FIELDS.values() if field.shared]
SEARCHED = [field for field in FIELDS.values() if field.searched]
