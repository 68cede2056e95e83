"""The columns of products that staff may edit: one table for the API, the admin, import and export.

To make a new column editable everywhere, add it to the table and to a typed dictionary below it.
Response bodies are defined separately, in ``products.serializers.responses``.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import Enum, auto
from typing import Any, NotRequired, TypedDict

from catalog.limits import (
    BARCODE_LENGTH,
    BRAND_LENGTH,
    DESCRIPTION_LENGTH,
    MAX_POSITION,
    MAX_STOCK,
    MAX_WEIGHT,
    PRODUCT_NAME_LENGTH,
    SEO_DESCRIPTION_LENGTH,
    SEO_TITLE_LENGTH,
    SKU_LENGTH,
    TAX_CLASS_CODE_LENGTH,
)


class Kind(Enum):
    """The type of a field."""

    TEXT = auto()
    LINE = auto()
    HTML = auto()
    SLUG = auto()
    CATEGORY = auto()
    TAX_CLASS = auto()
    AMOUNT = auto()
    INTEGER = auto()
    BOOLEAN = auto()
    INSTANT = auto()
    METADATA = auto()


class Owner(Enum):
    """Which rows have a value of their own."""

    PRODUCT = auto()
    """Products. Variants have no value or share that of their product."""
    SOLD = auto()
    """Rows that can be sold: variants, and products without variants."""
    VARIANT = auto()
    """Variants."""
    EACH = auto()
    """All products and variants."""


@dataclass(frozen=True, slots=True)
class EditableField:
    """A column that staff may edit.

    ``limit`` is the maximum number of characters, or the largest integer. A field that is not
    ``required`` may be empty. A ``shared`` field is copied to the variants, and a ``searched``
    field to the keywords. A new variant takes an ``inherited`` field from its product unless it has
    a value of its own, and a value for the product is one for all its variants.
    """

    name: str
    kind: Kind
    owner: Owner
    limit: int = 0
    required: bool = False
    nullable: bool = False
    shared: bool = False
    searched: bool = False
    inherited: bool = False
    help_text: str | None = None

    @property
    def member(self) -> str:
        """Its name in requests and in files. The column of a tax class holds its code."""
        return self.name.removesuffix("_id") if self.kind == Kind.TAX_CLASS else self.name


FIELDS = {
    field.name: field
    for field in (
        EditableField("name", Kind.LINE, Owner.PRODUCT, PRODUCT_NAME_LENGTH, required=True),
        EditableField(
            "description",
            Kind.HTML,
            Owner.PRODUCT,
            DESCRIPTION_LENGTH,
            help_text="Text or HTML. Scripts, styles and unknown elements are removed.",
        ),
        EditableField("slug", Kind.SLUG, Owner.PRODUCT, PRODUCT_NAME_LENGTH),
        EditableField("category_id", Kind.CATEGORY, Owner.PRODUCT, nullable=True, shared=True),
        EditableField("brand", Kind.LINE, Owner.PRODUCT, BRAND_LENGTH, searched=True),
        EditableField("position", Kind.INTEGER, Owner.VARIANT, MAX_POSITION),
        EditableField("sku", Kind.LINE, Owner.SOLD, SKU_LENGTH, searched=True),
        EditableField("price", Kind.AMOUNT, Owner.SOLD, required=True),
        EditableField(
            "compare_at_price",
            Kind.AMOUNT,
            Owner.SOLD,
            nullable=True,
            help_text="The price before a reduction.",
        ),
        EditableField(
            "backorder",
            Kind.BOOLEAN,
            Owner.SOLD,
            help_text="Whether it can be ordered while it is out of stock.",
        ),
        EditableField("low_stock_threshold", Kind.INTEGER, Owner.SOLD, MAX_STOCK, nullable=True),
        EditableField("is_published", Kind.BOOLEAN, Owner.PRODUCT, shared=True),
        EditableField(
            "publish_at",
            Kind.INSTANT,
            Owner.PRODUCT,
            nullable=True,
            shared=True,
            help_text="Customers see the product from this time on.",
        ),
        EditableField(
            "metadata",
            Kind.METADATA,
            Owner.EACH,
            help_text="Public. It replaces all existing keys.",
        ),
        EditableField(
            "private_metadata",
            Kind.METADATA,
            Owner.EACH,
            help_text="Only for staff. It replaces all existing keys.",
        ),
        EditableField(
            "track_stock",
            Kind.BOOLEAN,
            Owner.SOLD,
            help_text="If false, it can always be ordered and has no stock; this sets backorder.",
        ),
        EditableField(
            "weight",
            Kind.INTEGER,
            Owner.SOLD,
            MAX_WEIGHT,
            inherited=True,
            help_text="Grams of one unit with its packaging.",
        ),
        EditableField(
            "requires_shipping",
            Kind.BOOLEAN,
            Owner.SOLD,
            inherited=True,
            help_text="If false, nothing is shipped, such as for a download.",
        ),
        EditableField(
            "tax_class_id",
            Kind.TAX_CLASS,
            Owner.SOLD,
            TAX_CLASS_CODE_LENGTH,
            nullable=True,
            inherited=True,
            help_text="The code of a tax class; null for the standard rate.",
        ),
        EditableField(
            "barcode",
            Kind.LINE,
            Owner.SOLD,
            BARCODE_LENGTH,
            searched=True,
            help_text="The number that scanners read, such as a GTIN or an ISBN.",
        ),
        EditableField(
            "seo_title",
            Kind.LINE,
            Owner.PRODUCT,
            SEO_TITLE_LENGTH,
            help_text="The title of its page for search engines; empty for the name.",
        ),
        EditableField(
            "seo_description",
            Kind.TEXT,
            Owner.PRODUCT,
            SEO_DESCRIPTION_LENGTH,
            help_text="What search engines show of its page; empty for the description.",
        ),
    )
}


class ProductDetails(TypedDict, total=False):
    """The optional fields of a product.

    ``options`` are the names of the options that its variants differ in, such as size and colour.
    ``attributes`` are values by slug; None removes one. ``translations`` are texts by language.
    """

    description: str
    slug: str
    category_id: int | None
    brand: str
    sku: str
    compare_at_price: Decimal | None
    backorder: bool
    track_stock: bool
    low_stock_threshold: int | None
    is_published: bool
    publish_at: datetime | None
    options: Sequence[str]
    tags: Sequence[str]
    attributes: Mapping[str, Any]
    translations: Mapping[str, Mapping[str, Any] | None]
    metadata: dict[str, str]
    private_metadata: dict[str, str]
    weight: int
    requires_shipping: bool
    tax_class_id: str | None
    barcode: str
    seo_title: str
    seo_description: str


class ProductChanges(ProductDetails, total=False):
    """The fields of a product or variant that staff may change. Stock has ``adjust_stock``."""

    name: str
    price: Decimal
    choice: Mapping[str, str]
    position: int


class NewVariant(TypedDict):
    """A variant to create.

    ``choice`` has a value for each of the product's options, by name. ``price``, in the shop's
    currency, defaults to that of the product.
    """

    choice: Mapping[str, str]
    price: NotRequired[Decimal]
    sku: NotRequired[str]
    compare_at_price: NotRequired[Decimal | None]
    stock: NotRequired[int]
    backorder: NotRequired[bool]
    track_stock: NotRequired[bool]
    low_stock_threshold: NotRequired[int | None]
    position: NotRequired[int]
    metadata: NotRequired[dict[str, str]]
    private_metadata: NotRequired[dict[str, str]]
    weight: NotRequired[int]
    requires_shipping: NotRequired[bool]
    tax_class_id: NotRequired[str | None]
    barcode: NotRequired[str]


def fields_of(*owners: Owner, without: Sequence[str] = ()) -> Iterator[EditableField]:
    """Yield the fields of these owners in the order of the table."""
    for field in FIELDS.values():
        if field.owner in owners and field.name not in without:
            yield field


def names_of(*owners: Owner, without: Sequence[str] = ()) -> list[str]:
    """Return the names of ``fields_of``."""
    return [field.name for field in fields_of(*owners, without=without)]


def members_of(*owners: Owner, without: Sequence[str] = ()) -> list[str]:
    """Return the names of ``fields_of`` in requests and in files."""
    return [field.member for field in fields_of(*owners, without=without)]


SHARED = [field.name for field in FIELDS.values() if field.shared]
INHERITED = [field.name for field in FIELDS.values() if field.inherited]
SEARCHED = [field for field in FIELDS.values() if field.searched]
