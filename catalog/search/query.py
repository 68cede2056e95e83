"""The query parameters of the list of products.

Unknown parameters are errors. Otherwise a misspelt filter would return too many products.
"""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from django.http import QueryDict
from django.utils.translation import gettext as _
from rest_framework.serializers import ValidationError

from catalog.limits import (
    ATTRIBUTE_NAME_LENGTH,
    COLLECTION_NAME_LENGTH,
    MAX_FILTER_VALUES,
    OPTION_LENGTH,
    SEARCH_LENGTH,
)
from catalog.search import identity_filters
from catalog.search.staff_filters import STAFF_FILTERS, read_boolean
from shop.core.errors import InvalidField
from shop.core.fields import MAX_ID, AmountField
from shop.core.metadata import KEY_PATTERN
from shop.core.money import exponent
from shop.core.query import one_of
from shop.core.slugs import PATTERN, is_slug, normalize_slug
from shop.core.unknown import unknown_name

INCLUDED = ("facets",)
ORDERINGS = ("price", "-price", "name", "-name", "newest", "best_selling", "relevance")
_SLUG = PATTERN.strip("^$+")
ATTRIBUTE_PATTERN = rf"^attr\.{_SLUG}{{1,{ATTRIBUTE_NAME_LENGTH}}}(\.min|\.max)?$"
OPTION_PATTERN = rf"^option\..{{1,{OPTION_LENGTH}}}$"
METADATA_PATTERN = rf"^metadata\.{KEY_PATTERN}$"

_ATTRIBUTE = re.compile(ATTRIBUTE_PATTERN)
_OPTION = re.compile(OPTION_PATTERN)
_METADATA = re.compile(METADATA_PATTERN)


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


def read_search(text: str) -> str:
    """Read the text of a search. Raises ValueError with a sentence if it is blank or too long."""
    if not text.strip() or len(text) > SEARCH_LENGTH:
        raise ValueError(
            _("A search must have 1 to {limit} characters other than spaces.").format(
                limit=SEARCH_LENGTH
            )
        )
    return text


def read_text(text: str) -> str:
    """Read a text. Raises ValueError with a sentence if it is empty."""
    if not text:
        raise ValueError(_("The value must not be empty."))
    return text


def _read_slug(text: str) -> str:
    slug = normalize_slug(text)
    if not is_slug(slug) or len(slug) > COLLECTION_NAME_LENGTH:
        raise ValueError(_("The value must be the slug of a collection."))
    return slug


_SINGLE: dict[str, Callable[[str], Any]] = {
    "in_stock": read_boolean,
    "include": one_of(INCLUDED),
    "max_price": _read_amount,
    "min_price": _read_amount,
    "on_sale": read_boolean,
    "ordering": one_of(ORDERINGS),
    "search": read_search,
    **identity_filters.SINGLE,
}
_REPEATABLE: dict[str, Callable[[str], Any]] = {
    "brand": read_text,
    "category": _read_id,
    "collection": _read_slug,
    "tag": read_text,
    **identity_filters.REPEATABLE,
}
RULE_PARAMETERS = ("brand", "category", "in_stock", "max_price", "min_price", "on_sale", "tag")
"""The filters of rules of collections, with those of attributes and options."""
# ``listing``, ``sparse_fields`` and ``shop_language_of`` read these.
PAGE_PARAMETERS = ("after", "before", "fields", "lang", "page", "page_size")
ALL_PARAMETERS = sorted([*_SINGLE, *_REPEATABLE, *PAGE_PARAMETERS, "attr.<slug>", "option.<name>"])
# Responses to queries with these are not cached, because their many values would fill the cache.
_UNCACHED = frozenset({"after", "before", "max_price", "min_price", "search"})
_UNCACHED |= identity_filters.UNCACHED


@dataclass(frozen=True, slots=True)
class ListQuery:
    """The validated query of a list. ``parameters`` has its sorted names and values."""

    parameters: tuple[tuple[str, str], ...]
    values: dict[str, Any]
    attributes: dict[str, tuple[str, ...]]
    options: dict[str, tuple[str, ...]]
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
            name in _UNCACHED or name.startswith(("attr.", "option.", "metadata."))
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
        ignored = {*PAGE_PARAMETERS, "ordering", "include"}
        return repr([pair for pair in self.parameters if pair[0] not in ignored])

    @property
    def has_filters(self) -> bool:
        """Whether any product may be excluded."""
        return "search" in self.values or self.narrows_search

    @property
    def narrows_search(self) -> bool:
        """Whether any product that a search finds may be excluded."""
        filters = self.values.keys() - {"ordering", "include", "search"}
        return bool(filters or self.attributes or self.options or self.metadata)

    def without(self, names: Iterable[str]) -> "ListQuery":
        """Return the query without some filters, given by the names of their parameters."""
        removed = set(names)
        return replace(
            self,
            values={name: value for name, value in self.values.items() if name not in removed},
            attributes={n: texts for n, texts in self.attributes.items() if n not in removed},
            options={n: texts for n, texts in self.options.items() if n not in removed},
        )


def read_list_query(query: QueryDict, *, for_staff: bool) -> ListQuery:
    """Validate the query parameters of the list. Raises InvalidField, which lists what is allowed.

    Only staff may filter by metadata, because it has no index, and by what STAFF_FILTERS reads.
    """
    parameters, values, attributes, options, metadata = [], {}, {}, {}, {}
    for name, texts in query.lists():
        if name in _SINGLE:
            values[name] = read_parameter(name, single(name, texts), _SINGLE[name])
        elif name in _REPEATABLE:
            read_value = _REPEATABLE[name]
            values[name] = [
                read_parameter(name, text, read_value) for text in repeated(name, texts)
            ]
        elif name in PAGE_PARAMETERS:
            single(name, texts)
        elif _ATTRIBUTE.fullmatch(name):
            attributes[name] = tuple(repeated(name, texts))
        elif _OPTION.fullmatch(name):
            options[name] = tuple(
                read_parameter(name, text, read_text) for text in repeated(name, texts)
            )
        elif for_staff and name in STAFF_FILTERS:
            values[name] = read_parameter(name, single(name, texts), STAFF_FILTERS[name])
        elif for_staff and _METADATA.fullmatch(name):
            metadata[name.removeprefix("metadata.")] = tuple(repeated(name, texts))
        else:
            raise unknown_name("parameter", name, ALL_PARAMETERS)
        parameters += [(name, text) for text in dict.fromkeys(texts)]
    result = ListQuery(tuple(sorted(parameters)), values, attributes, options, metadata)
    if result.ordering == "relevance" and "search" not in values:
        others = ", ".join(name for name in ORDERINGS if name != "relevance")
        reason = _("Only a search can be sorted by relevance. Other orderings: {others}.").format(
            others=others
        )
        raise InvalidField(field="ordering", reason=reason)
    return result


def read_parameter(name: str, text: str, reader: Callable[[str], Any]) -> Any:
    """Return what ``reader`` makes of a text. Raises InvalidField for its ValueError."""
    try:
        return reader(text)
    except ValueError as error:
        raise InvalidField(field=name, reason=str(error)) from None


def single(name: str, texts: list[str]) -> str:
    """Return the only value of a parameter. Raises InvalidField if there are several."""
    if len(texts) > 1:
        raise InvalidField(field=name, reason=_("The parameter may be given at most once."))
    return texts[0]


def repeated(name: str, texts: list[str]) -> list[str]:
    """Return the different values of a parameter. Raises InvalidField if there are too many."""
    if len(texts) > MAX_FILTER_VALUES:
        reason = _("The parameter may be given at most {limit} times.").format(
            limit=MAX_FILTER_VALUES
        )
        raise InvalidField(field=name, reason=reason)
    return list(dict.fromkeys(texts))
