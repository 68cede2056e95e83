"""Products with all that their readers see of them, in one statement each.

The statements are compiled once in a process: to build and compile one takes Django ten times as
long as PostgreSQL takes to answer it, which every change of the catalog would make readers feel.
"""

import json
from collections.abc import Callable, Collection, Sequence
from types import SimpleNamespace
from typing import Any

from django.db.models import (
    BooleanField,
    Case,
    CharField,
    Exists,
    ExpressionWrapper,
    F,
    OuterRef,
    QuerySet,
    Subquery,
    Sum,
    When,
)
from django.db.models.functions import Cast

from catalog.attributes.models import ProductAttribute, ProductTag
from catalog.images.models import ProductImage
from catalog.prices.reads import with_prices
from catalog.products.models import Product, ProductQuerySet, for_sale
from shop.core.json_rows import JSONRows
from shop.core.statements import Select


def for_list(products: ProductQuerySet) -> ProductQuerySet:
    """Add what a list has: prices, the first image, whether any is in stock."""
    return with_prices(products).annotate(
        image_rows=_images(limit=1),
        pieces=Case(
            When(has_variants=True, then=Subquery(_pieces_of_variants())), default=F("stock")
        ),
        has_stock=Case(
            When(has_variants=True, then=Exists(_variants_in_stock())),
            default=F("is_stocked"),
        ),
    )


def for_detail(products: ProductQuerySet) -> ProductQuerySet:
    """Add what only the response for one product has."""
    tags = ProductTag.objects.filter(product_id=OuterRef("pk")).order_by("tag")
    attributes = ProductAttribute.objects.filter(product_id=OuterRef("pk"))
    return for_list(products).annotate(
        is_for_sale=ExpressionWrapper(for_sale(), output_field=BooleanField()),
        image_rows=_images(limit=None),
        option_names=F("parent__options"),
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


def _variants() -> QuerySet[Product]:
    return Product.objects.not_archived().filter(parent_id=OuterRef("pk"))


def _variants_in_stock() -> QuerySet[Product]:
    return _variants().filter(is_stocked=True)


def _pieces_of_variants() -> QuerySet[Product, Any]:
    summed = _variants().order_by().values("parent_id").annotate(pieces=Sum("stock"))
    return summed.values("pieces")


def _images(*, limit: int | None) -> JSONRows:
    pictures = ProductImage.objects.filter(product_id=OuterRef("pk")).order_by("position", "pk")
    return JSONRows(
        pictures,
        limit=limit,
        id=F("pk"),
        large=F("large"),
        small=F("small"),
        source_url=F("source_url"),
        alt=F("alt"),
        position=F("position"),
    )


_LIST = (
    "pk",
    "parent_id",
    "name",
    "slug",
    "description",
    "brand",
    "sku",
    "price",
    "compare_at_price",
    "has_variants",
    "options",
    "backorder",
    "low_stock_threshold",
    "is_published",
    "publish_at",
    "category__id",
    "category__name",
    "category__slug",
    "category__is_published",
    "reductions",
    "prices_had",
    "image_rows",
    "pieces",
    "has_stock",
    "metadata",
    "private_metadata",
)
_DETAIL = (*_LIST, "archived_at", "is_for_sale", "option_names", "tag_rows", "attribute_rows")
_JSON = frozenset(
    {
        "options",
        "reductions",
        "prices_had",
        "image_rows",
        "option_names",
        "tag_rows",
        "attribute_rows",
        "metadata",
        "private_metadata",
    }
)


def _of(build: Callable[[Collection[int]], QuerySet[Product]], names: Sequence[str]) -> Select:
    return Select(lambda **pks: build(list(pks.values())).values_list(*names))


_LISTED = _of(lambda pks: for_list(Product.objects.filter(pk__in=pks)).order_by("pk"), _LIST)
_VARIANTS = _of(
    lambda pks: for_list(Product.objects.not_archived().filter(parent_id__in=pks)).order_by(
        "position", "pk"
    ),
    _LIST,
)
_DETAILED = _of(lambda pks: for_detail(Product.objects.filter(pk__in=pks)).order_by("pk"), _DETAIL)


def listed(product_ids: Sequence[int]) -> list[Any]:
    """Return products as a list has them, by ascending id. One statement, none for no ids."""
    return _read(_LISTED, _LIST, product_ids)


def detailed(product_ids: Sequence[int]) -> list[Any]:
    """Return products as their own responses have them, by ascending id, whoever may see them."""
    return _read(_DETAILED, _DETAIL, product_ids)


def variants_of(product_ids: Sequence[int]) -> dict[int, list[Any]]:
    """Return products' variants, in their order, as ``listed``, by the products' ids."""
    families: dict[int, list[Any]] = {pk: [] for pk in product_ids}
    for variant in _read(_VARIANTS, _LIST, product_ids):
        families[variant.parent_id].append(variant)
    return families


def _read(statement: Select, names: Sequence[str], product_ids: Sequence[int]) -> list[Any]:
    if not product_ids:
        return []
    rows = statement.rows(**{f"p{n}": pk for n, pk in enumerate(product_ids)})
    return [_row(names, row) for row in rows]


def _row(names: Sequence[str], row: tuple[Any, ...]) -> Any:
    """Return a row with its columns by name, its JSON decoded and its category in one piece."""
    values = dict(zip(names, row, strict=True))
    for name in _JSON & values.keys():
        if isinstance(values[name], str):  # as a cursor has it; the ORM has decoded it
            values[name] = json.loads(values[name])
    category = {name: values.pop(f"category__{name}") for name in ("id", "name", "slug")}
    category["is_published"] = values.pop("category__is_published")
    values["category"] = None if category["id"] is None else SimpleNamespace(**category)
    return SimpleNamespace(**values)
