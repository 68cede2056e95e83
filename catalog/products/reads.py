"""Reads of products with everything that a response contains, in one statement each.

Each process compiles the statements once. Django needs ten times as long to build and compile one
as PostgreSQL needs to execute it, and every change of the catalog empties the response cache.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, fields
from datetime import datetime
from decimal import Decimal
from typing import Any, TypeVar

import orjson
from django.db.models import (
    BooleanField,
    Case,
    CharField,
    ExpressionWrapper,
    F,
    OuterRef,
    QuerySet,
    Subquery,
    Sum,
    Value,
    When,
)
from django.db.models.functions import Cast, Coalesce

from catalog.attributes.models import ProductAttribute, ProductTag
from catalog.categories.models import CategoryLink
from catalog.images.models import ProductImage
from catalog.prices.reads import with_prices
from catalog.products.models import Product, ProductQuerySet, for_sale
from shop.core.json_rows import JSONRows
from shop.engine import select


def for_list(products: ProductQuerySet) -> ProductQuerySet:
    """Annotate what a list contains: prices, the first image, and the stock with variants."""
    return with_prices(products).annotate(
        image_rows=_images(limit=1),
        units=Case(
            When(has_variants=True, then=Subquery(_units_of_variants())),
            When(track_stock=True, then=F("stock")),
        ),
        has_stock=is_in_stock(),
    )


def is_in_stock() -> Case:
    """Return the condition that a product, or one of its variants, can be ordered now.

    CASE instead of OR, so that PostgreSQL uses index-only scans. A value of a subquery instead of
    EXISTS or a list of ids: with much work_mem PostgreSQL would read all variants for these, and
    with little of it a list is read again for each product.
    """
    variants = Product.objects.not_archived().filter(parent_id=OuterRef("pk"), is_stocked=True)
    stocked = Subquery(variants.order_by().values("is_stocked")[:1])
    return Case(
        When(has_variants=True, then=Coalesce(stocked, Value(value=False))),
        default=F("is_stocked"),
        output_field=BooleanField(),
    )


def for_detail(products: ProductQuerySet) -> ProductQuerySet:
    """Annotate what the response for one product contains."""
    tags = ProductTag.objects.filter(product_id=OuterRef("pk")).order_by("tag")
    attributes = ProductAttribute.objects.filter(product_id=OuterRef("pk"))
    return for_list(products).annotate(
        is_for_sale=ExpressionWrapper(for_sale(), output_field=BooleanField()),
        image_rows=_images(limit=None),
        option_names=F("parent__options"),
        page_slug=Coalesce(F("parent__slug"), F("slug")),
        category_rows=JSONRows(
            CategoryLink.objects.filter(category_id=OuterRef("category_id")).order_by(),
            id=F("above_id"),
            name=F("above__name"),
            slug=F("above__slug"),
            parent_id=F("above__parent_id"),
            is_published=F("above__is_published"),
        ),
        tag_rows=JSONRows(tags, tag=F("tag")),
        attribute_rows=JSONRows(
            attributes.order_by("attribute__name"),
            slug=F("attribute__slug"),
            name=F("attribute__name"),
            kind=F("attribute__kind"),
            text=F("text"),
            number=Cast("number", CharField()),
            boolean=F("boolean"),
        ),
    )


def _units_of_variants() -> QuerySet[Product, Any]:
    variants = Product.objects.not_archived().filter(parent_id=OuterRef("pk"), track_stock=True)
    return variants.order_by().values("parent_id").annotate(units=Sum("stock")).values("units")


def _images(*, limit: int | None) -> JSONRows:
    images = ProductImage.objects.filter(product_id=OuterRef("pk")).order_by("position", "pk")
    return JSONRows(
        images,
        limit=limit,
        id=F("pk"),
        large=F("large"),
        small=F("small"),
        source_url=F("source_url"),
        width=F("width"),
        height=F("height"),
        placeholder=F("placeholder"),
        alt=F("alt"),
        position=F("position"),
    )


JSON = list[dict[str, Any]]


@dataclass(slots=True)
class ProductCategory:
    """The category of a product."""

    id: int
    name: str
    slug: str
    is_published: bool


@dataclass(slots=True)
class ListedProduct:
    """A product for a list. Prices are list prices in the shop's currency, without sales.

    ``highest_price`` is None unless variants differ in price. ``units`` is the stock, None if no
    stock is tracked.
    """

    pk: int
    parent_id: int | None
    name: str
    slug: str
    description: str
    description_text: str | None
    brand: str
    sku: str
    price: Decimal
    highest_price: Decimal | None
    compare_at_price: Decimal | None
    has_variants: bool
    options: list[str]
    backorder: bool
    track_stock: bool
    low_stock_threshold: int | None
    is_published: bool
    publish_at: datetime | None
    reductions: JSON
    price_history: JSON
    image_rows: JSON
    units: int | None
    has_stock: bool
    metadata: dict[str, str]
    private_metadata: dict[str, str]
    category: ProductCategory | None = field(kw_only=True)


@dataclass(slots=True)
class ProductVariant(ListedProduct):
    """A variant for the response about its product. ``weight`` is in grams."""

    weight: int
    requires_shipping: bool
    tax_class_id: str | None
    barcode: str


@dataclass(slots=True)
class DetailedProduct(ProductVariant):
    """A product for the response about it."""

    archived_at: datetime | None
    updated_at: datetime
    seo_title: str
    seo_description: str
    is_for_sale: bool
    option_names: list[str] | None
    page_slug: str
    category_rows: JSON
    tag_rows: JSON
    attribute_rows: JSON


_JSON = frozenset(
    {
        "options",
        "reductions",
        "price_history",
        "image_rows",
        "option_names",
        "category_rows",
        "tag_rows",
        "attribute_rows",
        "metadata",
        "private_metadata",
    }
)
_CATEGORY = tuple(f"category__{own.name}" for own in fields(ProductCategory))
P = TypeVar("P", bound=ListedProduct)


def _columns_of(kind: type[P]) -> list[str]:
    return [*(own.name for own in fields(kind) if own.name != "category"), *_CATEGORY]


def _reader(kind: type[P]) -> Callable[..., P]:
    """Return what makes a product of the values of ``_columns_of(kind)``."""
    of_json = [n for n, name in enumerate(_columns_of(kind)) if name in _JSON]

    def read(*columns: Any) -> P:
        own, category = list(columns[: -len(_CATEGORY)]), columns[-len(_CATEGORY) :]
        for n in of_json:
            if isinstance(own[n], str):  # a cursor returns text, the ORM decodes it
                own[n] = orjson.loads(own[n])
        return kind(*own, category=None if category[0] is None else ProductCategory(*category))

    return read


@select(_reader(ListedProduct))
def _listed(*, product_ids: list[int]) -> QuerySet[Product, Any]:
    products = for_list(Product.objects.filter(pk__in=product_ids)).order_by("pk")
    return products.values_list(*_columns_of(ListedProduct))


@select(_reader(ProductVariant))
def _variants(*, product_ids: list[int]) -> QuerySet[Product, Any]:
    variants = for_list(Product.objects.not_archived().filter(parent_id__in=product_ids))
    return variants.order_by("position", "pk").values_list(*_columns_of(ProductVariant))


@select(_reader(DetailedProduct))
def _detailed(*, product_ids: list[int]) -> QuerySet[Product, Any]:
    products = for_detail(Product.objects.filter(pk__in=product_ids)).order_by("pk")
    return products.values_list(*_columns_of(DetailedProduct))


def listed(product_ids: Sequence[int]) -> list[ListedProduct]:
    """Return products for a list, in ascending id. One statement, or none without ids."""
    return _listed.rows(product_ids=list(product_ids)) if product_ids else []


def detailed(product_ids: Sequence[int]) -> list[DetailedProduct]:
    """Return products for the responses about them, in ascending id, including invisible ones."""
    return _detailed.rows(product_ids=list(product_ids)) if product_ids else []


def variants_of(product_ids: Sequence[int]) -> dict[int, list[ProductVariant]]:
    """Return the variants of products in sort order, by the products' ids. One statement."""
    families: dict[int, list[ProductVariant]] = {pk: [] for pk in product_ids}
    if not product_ids:
        return families
    for variant in _variants.rows(product_ids=list(product_ids)):
        families[variant.parent_id or 0].append(variant)
    return families
