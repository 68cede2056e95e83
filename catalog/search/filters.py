"""The query parameters of the list of products, and the filters.

Unknown parameters are errors. Otherwise a misspelt filter would return too many products.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db.models import Exists, Q
from django.db.models.lookups import In
from django.http import QueryDict
from django.utils.translation import gettext as _
from rest_framework.serializers import ValidationError

from catalog import revision
from catalog.attributes.models import Attribute, AttributeKind, ProductAttribute, ProductTag
from catalog.attributes.services import unknown_attribute
from catalog.categories.models import CategoryLink
from catalog.limits import ATTRIBUTE_NAME_LENGTH, MAX_FILTER_VALUES, SEARCH_LENGTH
from catalog.prices.formulas import ActiveSale, in_cents
from catalog.prices.sql import is_reduced, with_current_price
from catalog.products.models import ProductQuerySet
from catalog.products.reads import is_in_stock
from catalog.search.staff_filters import STAFF_FILTERS, apply_staff_filters, read_boolean
from shop.core.errors import InvalidField
from shop.core.fields import MAX_ID, AmountField
from shop.core.metadata import KEY_PATTERN, MetadataValue
from shop.core.money import exponent
from shop.core.query import one_of
from shop.core.slugs import PATTERN, normalize_slug
from shop.core.unknown import unknown_name

ORDERINGS = ("price", "-price", "name", "-name", "newest", "best_selling", "relevance")
_SLUG = PATTERN.strip("^$+")
ATTRIBUTE_PATTERN = rf"^attr\.{_SLUG}{{1,{ATTRIBUTE_NAME_LENGTH}}}(\.min|\.max)?$"

METADATA_PATTERN = rf"^metadata\.{KEY_PATTERN}$"

_ATTRIBUTE = re.compile(ATTRIBUTE_PATTERN)
_METADATA = re.compile(METADATA_PATTERN)
_NUMBER = re.compile(r"-?[0-9]{1,9}(\.[0-9]{1,6})?", re.ASCII)


def _read_id(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) < 20 and 0 < int(text) <= MAX_ID):
        raise ValueError(_("The value must be the id of a category."))
    return int(text)


def _read_amount(text: str) -> Decimal:
    try:
        amount: Decimal = AmountField().run_validation(text)
    except ValidationError:
        raise ValueError(_amount_hint()) from None
    return amount


def _amount_hint() -> str:
    if exponent() == 0:
        return _("The value must be an amount without decimals, such as 1250.")
    return _("The value must be an amount with at most two decimals, such as 12.50.")


def _read_search(text: str) -> str:
    if not text.strip() or len(text) > SEARCH_LENGTH:
        raise ValueError(
            _("A search must have 1 to {limit} characters other than spaces.").format(
                limit=SEARCH_LENGTH
            )
        )
    return text


def _read_text(text: str) -> str:
    if not text:
        raise ValueError(_("The value must not be empty."))
    return text


_SINGLE: dict[str, Callable[[str], Any]] = {
    "category": _read_id,
    "in_stock": read_boolean,
    "max_price": _read_amount,
    "min_price": _read_amount,
    "on_sale": read_boolean,
    "ordering": one_of(ORDERINGS),
    "search": _read_search,
}
_REPEATABLE = ("brand", "tag")
# ``listing`` and ``sparse_fields`` read these.
PAGE_PARAMETERS = ("after", "before", "fields", "page", "page_size")
ALL_PARAMETERS = sorted([*_SINGLE, *_REPEATABLE, *PAGE_PARAMETERS, "attr.<slug>"])
# Responses to queries with these are not cached, because their many values would fill the cache.
_UNCACHED = frozenset({"after", "before", "max_price", "min_price", "search"})


@dataclass(frozen=True, slots=True)
class ListQuery:
    """The validated query of a list. ``parameters`` has its sorted names and values."""

    parameters: tuple[tuple[str, str], ...]
    values: dict[str, Any]
    attributes: dict[str, tuple[str, ...]]
    metadata: dict[str, tuple[str, ...]]

    @property
    def ordering(self) -> str:
        """The requested ordering, or "" for ascending ids."""
        default = "relevance" if "search" in self.values else ""
        ordering: str = self.values.get("ordering", default)
        return ordering

    @property
    def is_cacheable(self) -> bool:
        """Whether the response may be cached."""
        return not any(
            name in _UNCACHED or name.startswith(("attr.", "metadata."))
            for name, _ in self.parameters
        )

    @property
    def needs_prices(self) -> bool:
        """Whether the result depends on current prices."""
        return not {"min_price", "max_price", "on_sale"}.isdisjoint(self.values) or (
            self.ordering in {"price", "-price"}
        )

    def filter_key(self) -> str:
        """Return a key of the filters, without page and ordering, for a cached count."""
        ignored = {*PAGE_PARAMETERS, "ordering"}
        return repr([pair for pair in self.parameters if pair[0] not in ignored])


def read_list_query(query: QueryDict, *, for_staff: bool) -> ListQuery:
    """Validate the query parameters of the list. Raises InvalidField, which lists what is allowed.

    Only staff may filter by metadata, because it has no index, and by what STAFF_FILTERS reads.
    """
    parameters, values, attributes, metadata = [], {}, {}, {}
    for name, texts in query.lists():
        if name in _SINGLE:
            values[name] = _read(name, _single(name, texts), _SINGLE[name])
        elif name in _REPEATABLE:
            values[name] = [_read(name, text, _read_text) for text in _repeated(name, texts)]
        elif name in PAGE_PARAMETERS:
            _single(name, texts)
        elif _ATTRIBUTE.fullmatch(name):
            attributes[name] = tuple(_repeated(name, texts))
        elif for_staff and name in STAFF_FILTERS:
            values[name] = _read(name, _single(name, texts), STAFF_FILTERS[name])
        elif for_staff and _METADATA.fullmatch(name):
            metadata[name.removeprefix("metadata.")] = tuple(_repeated(name, texts))
        else:
            raise unknown_name("parameter", name, ALL_PARAMETERS)
        parameters += [(name, text) for text in dict.fromkeys(texts)]
    result = ListQuery(tuple(sorted(parameters)), values, attributes, metadata)
    if result.ordering == "relevance" and "search" not in values:
        others = ", ".join(name for name in ORDERINGS if name != "relevance")
        reason = _("Only a search can be sorted by relevance. Other orderings: {others}.").format(
            others=others
        )
        raise InvalidField(field="ordering", reason=reason)
    return result


def apply_filters(
    products: ProductQuerySet,
    query: ListQuery,
    revision_now: str | None,
    *,
    sales: tuple[ActiveSale, ...],
    for_staff: bool,
) -> ProductQuerySet:
    """Return the products that match all filters except the search.

    They are annotated with ``current_cents`` if prices matter and there are sales. One statement
    reads the attributes if they are needed and not cached. Raises InvalidField for an unknown one.
    """
    values = query.values
    if "category" in values:
        products = _in_category(products, values["category"], for_staff=for_staff)
    if "brand" in values:
        products = products.filter(brand__in=values["brand"])
    if "tag" in values:
        tagged = ProductTag.objects.filter(tag__in=values["tag"]).values("product_id")
        products = products.filter(pk__in=tagged)
    if query.attributes:
        products = _with_attributes(products, query.attributes, revision_now)
    for key, texts in query.metadata.items():
        products = products.filter(In(MetadataValue("metadata", key), texts))
    products = apply_staff_filters(products, values)
    if "in_stock" in values:
        stocked = Q(is_in_stock())
        products = products.filter(stocked if values["in_stock"] else ~stocked)
    return _with_prices(products, values, sales) if query.needs_prices else products


def _read(name: str, text: str, read: Callable[[str], Any]) -> Any:
    try:
        return read(text)
    except ValueError as error:
        raise InvalidField(field=name, reason=str(error)) from None


def _single(name: str, texts: list[str]) -> str:
    if len(texts) > 1:
        raise InvalidField(field=name, reason=_("The parameter may be given at most once."))
    return texts[0]


def _repeated(name: str, texts: list[str]) -> list[str]:
    if len(texts) > MAX_FILTER_VALUES:
        reason = _("The parameter may be given at most {limit} times.").format(
            limit=MAX_FILTER_VALUES
        )
        raise InvalidField(field=name, reason=reason)
    return list(dict.fromkeys(texts))


def _in_category(products: ProductQuerySet, pk: int, *, for_staff: bool) -> ProductQuerySet:
    """Return products in a category and its descendants, or none if the reader cannot see it."""
    below = CategoryLink.objects.filter(above_id=pk).values("category_id")
    if not for_staff:
        hidden = CategoryLink.objects.filter(category_id=pk, above__is_published=False)
        products = products.filter(~Exists(hidden))
    return products.filter(category_id__in=below)


def _with_prices(
    products: ProductQuerySet, values: dict[str, Any], sales: tuple[ActiveSale, ...]
) -> ProductQuerySet:
    column, scale = ("current_cents", in_cents) if sales else ("price", Decimal)
    if sales:
        products = with_current_price(products, sales)
    for name, lookup in (("min_price", "gte"), ("max_price", "lte")):
        if name in values:
            products = products.filter(**{f"{column}__{lookup}": scale(values[name])})
    if "on_sale" in values:
        reduced = is_reduced(sales)
        # ~reduced would be NULL for products without a compare_at_price.
        products = products.filter(reduced) if values["on_sale"] else products.exclude(reduced)
    return products


def _with_attributes(
    products: ProductQuerySet, filters: dict[str, tuple[str, ...]], revision_now: str | None
) -> ProductQuerySet:
    known = revision.cached_values.get_or_put("attributes", revision_now, _read_attributes)
    for name, texts in filters.items():
        _, slug, *bound = name.split(".")
        slug = normalize_slug(slug)
        if slug not in known:
            reason = unknown_attribute(f"attr.{slug}" for slug in known)
            raise InvalidField(field=name, reason=reason)
        pk, kind, choices = known[slug]
        lookup = _range(name, texts, kind) if bound else _values(name, texts, kind, choices)
        matches = ProductAttribute.objects.filter(attribute_id=pk, **lookup)
        products = products.filter(pk__in=matches.values("product_id"))
    return products


def _read_attributes() -> dict[str, tuple[int, str, list[str]]]:
    rows = Attribute.objects.values_list("slug", "pk", "kind", "choices")
    return {slug: (pk, kind, choices) for slug, pk, kind, choices in rows}


def _range(name: str, texts: tuple[str, ...], kind: str) -> dict[str, Any]:
    if kind != AttributeKind.NUMBER:
        reason = _("Only attributes that are numbers can be filtered by minimum and maximum.")
        raise InvalidField(field=name, reason=reason)
    lookup = "gte" if name.endswith(".min") else "lte"
    return {f"number__{lookup}": _read(name, _single(name, list(texts)), _read_number)}


def _values(name: str, texts: tuple[str, ...], kind: str, choices: list[str]) -> dict[str, Any]:
    column, read = {
        AttributeKind.NUMBER.value: ("number", _read_number),
        AttributeKind.BOOLEAN.value: ("boolean", read_boolean),
        AttributeKind.CHOICE.value: ("text", one_of(choices)),
    }.get(kind, ("text", _read_text))
    return {f"{column}__in": [_read(name, text, read) for text in texts]}


def _read_number(text: str) -> Decimal:
    if not _NUMBER.fullmatch(text):
        raise ValueError(_("The value must be a number with at most six decimals, such as 1.5."))
    return Decimal(text)
