"""Products with all that their readers see of them, by statements that are compiled once a process.

``catalog.reads`` says what is read. To build and compile it anew takes Django ten times as long as
PostgreSQL takes to answer, which would be felt after each change of the catalogue.
"""

import json
from collections.abc import Callable, Collection, Sequence
from types import SimpleNamespace
from typing import Any

from django.db.models import QuerySet

from catalog.models import Product
from catalog.reads import for_detail, for_list
from shop.core.statements import Select

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
    "pictures",
    "pieces",
    "has_stock",
)
_DETAIL = (*_LIST, "archived_at", "is_for_sale", "choices_of", "tag_rows", "attribute_rows")
_JSON = frozenset(
    {"options", "reductions", "prices_had", "pictures", "choices_of", "tag_rows", "attribute_rows"}
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
    """Return products as a list shows them, by ascending id. One statement, none for no ids."""
    return _read(_LISTED, _LIST, product_ids)


def detailed(product_ids: Sequence[int]) -> list[Any]:
    """Return products as their own pages show them, by ascending id, whoever may see them."""
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
