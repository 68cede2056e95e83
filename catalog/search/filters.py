"""What a client asks of the list of products: filters, an order, a page; and which products fit.

Every parameter is known or refused, so that a misspelt filter shows no more than was asked for.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db.models import BooleanField, Case, Exists, F, Q, When
from django.db.models.lookups import In
from django.http import QueryDict
from rest_framework.serializers import ValidationError

from catalog import revision
from catalog.attributes.models import Attribute, AttributeKind, ProductAttribute, ProductTag
from catalog.categories.models import CategoryLink
from catalog.limits import MAX_FILTER_VALUES, SEARCH_LENGTH
from catalog.prices.formulas import ActiveSale, in_cents
from catalog.prices.sql import reduced_only, with_price_now
from catalog.products.models import Product, ProductQuerySet
from shop.core.errors import InvalidField
from shop.core.fields import MAX_ID, AmountField
from shop.core.metadata import KEY_PATTERN, MetadataValue

ORDERINGS = ("price", "-price", "name", "-name", "newest", "best_selling", "relevance")
ATTRIBUTE_PATTERN = r"^attr\.[A-Za-z0-9_-]{1,100}(\.min|\.max)?$"

METADATA_PATTERN = rf"^metadata\.{KEY_PATTERN}$"

_ATTRIBUTE = re.compile(ATTRIBUTE_PATTERN)
_METADATA = re.compile(METADATA_PATTERN)
_NUMBER = re.compile(r"-?[0-9]{1,9}(\.[0-9]{1,6})?", re.ASCII)
_TRUTH = {"true": True, "false": False}


def _read_id(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) < 20 and 0 < int(text) <= MAX_ID):
        raise ValueError("It is the id of a category.")
    return int(text)


def _read_amount(text: str) -> Decimal:
    try:
        amount: Decimal = AmountField().run_validation(text)
    except ValidationError:
        raise ValueError("It is an amount with at most two decimals, such as 12.50.") from None
    return amount


def _read_truth(text: str) -> bool:
    if text not in _TRUTH:
        raise ValueError("It is true or false.")
    return _TRUTH[text]


def _read_ordering(text: str) -> str:
    if text not in ORDERINGS:
        raise ValueError(f"It is one of: {', '.join(ORDERINGS)}.")
    return text


def _read_search(text: str) -> str:
    if not text.strip() or len(text) > SEARCH_LENGTH:
        raise ValueError(f"It has 1 to {SEARCH_LENGTH} characters, not all of them spaces.")
    return text


def _read_text(text: str) -> str:
    if not text:
        raise ValueError("It is not empty.")
    return text


_ONE: dict[str, Callable[[str], Any]] = {
    "category": _read_id,
    "in_stock": _read_truth,
    "max_price": _read_amount,
    "min_price": _read_amount,
    "on_sale": _read_truth,
    "ordering": _read_ordering,
    "search": _read_search,
}
_MANY = ("brand", "tag")
# Read by the pages and the answer.
PAGE_PARAMETERS = ("after", "fields", "page", "page_size")
PARAMETERS = sorted([*_ONE, *_MANY, *PAGE_PARAMETERS, "attr.<slug>"])
# Of these there is no end of values: answers to them would drive out all others.
_ENDLESS = frozenset({"after", "max_price", "min_price", "search"})


@dataclass(frozen=True, slots=True)
class Wanted:
    """A query that was read: ``given`` are its parameters in one order, whatever order they had."""

    given: tuple[tuple[str, str], ...]
    values: dict[str, Any]
    attributes: dict[str, tuple[str, ...]]
    metadata: dict[str, tuple[str, ...]]

    @property
    def ordering(self) -> str:
        """The ordering that is asked for; "" for ascending ids."""
        default = "relevance" if "search" in self.values else ""
        ordering: str = self.values.get("ordering", default)
        return ordering

    @property
    def is_cacheable(self) -> bool:
        """Whether its response may be cached."""
        return not any(
            name in _ENDLESS or name.startswith(("attr.", "metadata.")) for name, _ in self.given
        )

    @property
    def needs_prices(self) -> bool:
        """Whether prices of today decide which products, or in what order."""
        return not {"min_price", "max_price", "on_sale"}.isdisjoint(self.values) or (
            self.ordering in {"price", "-price"}
        )

    def filters(self) -> str:
        """Name the filters, for the notes: which products, in whatever order."""
        aside = {*PAGE_PARAMETERS, "ordering"}
        return repr([pair for pair in self.given if pair[0] not in aside])


def refuse_others(query: QueryDict, known: list[str]) -> None:
    """Refuse a query that has a parameter beside the ``known``. Raises InvalidField."""
    for name, texts in query.lists():
        if name not in known:
            raise _no_such(name, known)
        _single(name, texts)


def read_wanted(query: QueryDict, *, for_staff: bool) -> Wanted:
    """Read a query of the list. Raises InvalidField, which names what is allowed.

    Staff alone filter by metadata, which no index serves.
    """
    given, values, attributes, metadata = [], {}, {}, {}
    for name, texts in query.lists():
        if name in _ONE:
            values[name] = _read(name, _single(name, texts), _ONE[name])
        elif name in _MANY:
            values[name] = [_read(name, text, _read_text) for text in _several(name, texts)]
        elif name in PAGE_PARAMETERS:
            _single(name, texts)
        elif _ATTRIBUTE.fullmatch(name):
            attributes[name] = tuple(_several(name, texts))
        elif for_staff and _METADATA.fullmatch(name):
            metadata[name.removeprefix("metadata.")] = tuple(_several(name, texts))
        else:
            raise _no_such(name, PARAMETERS)
        given += [(name, text) for text in dict.fromkeys(texts)]
    wanted = Wanted(tuple(sorted(given)), values, attributes, metadata)
    _check(wanted)
    return wanted


def narrow(
    products: ProductQuerySet,
    wanted: Wanted,
    revision_now: str | None,
    *,
    sales: tuple[ActiveSale, ...],
    for_staff: bool,
) -> ProductQuerySet:
    """Return the products that fit, but for the search; with ``cents_now`` if ``sales`` decide.

    A statement for the attributes, if they are wanted and not noted under the revision. Raises
    InvalidField for an attribute that there is not.
    """
    values = wanted.values
    if "category" in values:
        products = _in_category(products, values["category"], for_staff=for_staff)
    if "brand" in values:
        products = products.filter(brand__in=values["brand"])
    if "tag" in values:
        tagged = ProductTag.objects.filter(tag__in=values["tag"]).values("product_id")
        products = products.filter(pk__in=tagged)
    if wanted.attributes:
        products = _with_attributes(products, wanted.attributes, revision_now)
    for key, texts in wanted.metadata.items():
        products = products.filter(In(MetadataValue("metadata", key), texts))
    if "in_stock" in values:
        stocked = _in_stock()
        products = products.filter(stocked if values["in_stock"] else ~stocked)
    return _at_price(products, wanted, sales) if wanted.needs_prices else products


def _check(wanted: Wanted) -> None:
    if wanted.ordering == "relevance" and "search" not in wanted.values:
        others = ", ".join(name for name in ORDERINGS if name != "relevance")
        reason = f"Only a search has relevance; without one it is one of: {others}."
        raise InvalidField(field="ordering", reason=reason)


def _no_such(name: str, known: list[str]) -> InvalidField:
    return InvalidField(field=name, reason=f"No such parameter; there are: {', '.join(known)}.")


def _read(name: str, text: str, read: Callable[[str], Any]) -> Any:
    try:
        return read(text)
    except ValueError as error:
        raise InvalidField(field=name, reason=str(error)) from None


def _single(name: str, texts: list[str]) -> str:
    if len(texts) > 1:
        raise InvalidField(field=name, reason="It is given once.")
    return texts[0]


def _several(name: str, texts: list[str]) -> list[str]:
    if len(texts) > MAX_FILTER_VALUES:
        raise InvalidField(field=name, reason=f"It is given at most {MAX_FILTER_VALUES} times.")
    return list(dict.fromkeys(texts))


def _in_category(products: ProductQuerySet, pk: int, *, for_staff: bool) -> ProductQuerySet:
    """Return what is in a category or below it; nothing of one that its reader does not see."""
    below = CategoryLink.objects.filter(above_id=pk).values("category_id")
    if not for_staff:
        hidden = CategoryLink.objects.filter(category_id=pk, above__is_published=False)
        products = products.filter(~Exists(hidden))
    return products.filter(category_id__in=below)


def _in_stock() -> Q:
    """Return the condition that a product is in stock, or one of its variants is.

    A choice and no alternative, and the variants as one set: for these PostgreSQL counts all
    products in the index alone.
    """
    variants = Product.objects.not_archived().filter(parent__isnull=False, is_stocked=True)
    stocked = When(has_variants=True, then=Q(pk__in=variants.values("parent_id")))
    return Q(Case(stocked, default=F("is_stocked"), output_field=BooleanField()))


def _at_price(
    products: ProductQuerySet, wanted: Wanted, sales: tuple[ActiveSale, ...]
) -> ProductQuerySet:
    column, scale = ("cents_now", in_cents) if sales else ("price", Decimal)
    if sales:
        products = with_price_now(products, sales)
    for name, side in (("min_price", "gte"), ("max_price", "lte")):
        if name in wanted.values:
            limit = scale(wanted.values[name])
            products = products.filter(**{f"{column}__{side}": limit})
    if "on_sale" in wanted.values:
        reduced = reduced_only(sales)
        # Not ~reduced, which is true of no product whose compare_at_price is empty.
        products = (
            products.filter(reduced) if wanted.values["on_sale"] else products.exclude(reduced)
        )
    return products


def _with_attributes(
    products: ProductQuerySet, wanted: dict[str, tuple[str, ...]], revision_now: str | None
) -> ProductQuerySet:
    known = revision.find_fact("attributes", revision_now, _read_attributes)
    for name, texts in wanted.items():
        _, slug, *side = name.split(".")
        if slug not in known:
            allowed = ", ".join(f"attr.{slug}" for slug in sorted(known)) or "none yet"
            raise InvalidField(field=name, reason=f"No such attribute; there are: {allowed}.")
        pk, kind, choices = known[slug]
        values = _between(name, texts, kind) if side else _one_of(name, texts, kind, choices)
        having = ProductAttribute.objects.filter(attribute_id=pk, **values)
        products = products.filter(pk__in=having.values("product_id"))
    return products


def _read_attributes() -> dict[str, tuple[int, str, list[str]]]:
    rows = Attribute.objects.values_list("slug", "pk", "kind", "choices")
    return {slug: (pk, kind, choices) for slug, pk, kind, choices in rows}


def _between(name: str, texts: tuple[str, ...], kind: str) -> dict[str, Any]:
    if kind != AttributeKind.NUMBER:
        raise InvalidField(field=name, reason="Only a number has a least and a most.")
    side = "gte" if name.endswith(".min") else "lte"
    return {f"number__{side}": _read(name, _single(name, list(texts)), _read_number)}


def _one_of(name: str, texts: tuple[str, ...], kind: str, choices: list[str]) -> dict[str, Any]:
    def read_choice(text: str) -> str:
        if text not in choices:
            raise ValueError(f"It is one of: {', '.join(choices)}.")
        return text

    column, read = {
        AttributeKind.NUMBER.value: ("number", _read_number),
        AttributeKind.BOOLEAN.value: ("boolean", _read_truth),
        AttributeKind.CHOICE.value: ("text", read_choice),
    }.get(kind, ("text", _read_text))
    return {f"{column}__in": [_read(name, text, read) for text in texts]}


def _read_number(text: str) -> Decimal:
    if not _NUMBER.fullmatch(text):
        raise ValueError("It is a number such as 1.5, with at most six decimals.")
    return Decimal(text)
