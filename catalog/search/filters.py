"""The filters of the list of products."""

import re
from collections.abc import Callable
from decimal import Decimal
from typing import Any

from django.db.models import Exists, OuterRef, Q
from django.db.models.lookups import In
from django.utils.translation import gettext as _

from catalog import revision
from catalog.attributes.models import Attribute, AttributeKind, ProductAttribute, ProductTag
from catalog.attributes.services import unknown_attribute
from catalog.categories.models import CategoryLink
from catalog.collections.models import Collection, CollectionProduct
from catalog.options.reads import with_option_values, with_variant, without_variant
from catalog.prices.formulas import ActiveSale, in_cents
from catalog.prices.sql import is_reduced, with_current_price, with_highest_price
from catalog.products.models import Product, ProductQuerySet
from catalog.products.reads import is_in_stock
from catalog.search.identity_filters import apply_identity_filters
from catalog.search.query import ListQuery, read_parameter, read_text, single
from catalog.search.staff_filters import apply_staff_filters, read_boolean
from catalog.spellings.models import SpellingKind
from catalog.spellings.services import spellings_of
from shop.core.errors import InvalidField
from shop.core.metadata import MetadataValue
from shop.core.query import one_of
from shop.core.slugs import normalize_slug

_NUMBER = re.compile(r"-?[0-9]{1,9}(\.[0-9]{1,6})?", re.ASCII)


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
    products = apply_identity_filters(products, values)
    if "category" in values:
        products = _in_categories(products, values["category"], for_staff=for_staff)
    if "collection" in values:
        products = _in_collections(products, values["collection"], for_staff=for_staff)
    if _SPELLED.keys() & values.keys():
        products = _with_spellings(products, values, revision_now)
    if query.attributes:
        products = _with_attributes(products, query.attributes, revision_now)
    if query.options:
        products = with_option_values(products, query.options, revision_now)
        products = _with_matching_variants(products, query, sales)
    for key, texts in query.metadata.items():
        products = products.filter(In(MetadataValue("metadata", key), texts))
    products = apply_staff_filters(products, values)
    if "in_stock" in values and not query.options:
        stocked = Q(is_in_stock())
        products = products.filter(stocked if values["in_stock"] else ~stocked)
    return _with_prices(products, values, sales) if query.needs_prices else products


_SPELLED = {"brand": SpellingKind.BRAND, "tag": SpellingKind.TAG}


def _with_matching_variants(
    products: ProductQuerySet, query: ListQuery, sales: tuple[ActiveSale, ...]
) -> ProductQuerySet:
    """Apply the filters by stock and price to the variants with the option values of the query."""
    values, any_variant = query.values, Product.objects.not_archived()
    variants = any_variant
    if {"min_price", "max_price"} & values.keys():
        variants = _in_range(variants, values, sales)
    if values.get("in_stock"):
        variants = variants.filter(is_stocked=True)
    if variants is not any_variant:
        products = with_variant(products, query.options, variants)
    if values.get("in_stock") is False:
        stocked = any_variant.filter(is_stocked=True)
        products = without_variant(products, query.options, stocked)
    return products


def _in_range(
    variants: ProductQuerySet, values: dict[str, Any], sales: tuple[ActiveSale, ...]
) -> ProductQuerySet:
    """Return the variants whose current price is in the range of the filters."""
    column, scale = ("current_cents", in_cents) if sales else ("price", Decimal)
    if sales:
        variants = with_current_price(variants, sales, product="parent_id")
    for name, lookup in (("min_price", "gte"), ("max_price", "lte")):
        if name in values:
            variants = variants.filter(**{f"{column}__{lookup}": scale(values[name])})
    return variants


def _with_spellings(
    products: ProductQuerySet, values: dict[str, Any], revision_now: str | None
) -> ProductQuerySet:
    """Return the products with one of the brands and one of the tags, in any spelling."""
    given = {kind: values[name] for name, kind in _SPELLED.items() if name in values}
    found = spellings_of(given, revision_now)
    if SpellingKind.BRAND in found:
        products = products.filter(brand__in=found[SpellingKind.BRAND])
    if SpellingKind.TAG in found:
        tagged = ProductTag.objects.filter(tag__in=found[SpellingKind.TAG])
        products = products.filter(pk__in=tagged.values("product_id"))
    return products


def _in_categories(
    products: ProductQuerySet, pks: list[int], *, for_staff: bool
) -> ProductQuerySet:
    """Return products in categories that the reader sees, and in their descendants."""
    links = CategoryLink.objects.filter(above_id__in=pks)
    if not for_staff:
        hidden = CategoryLink.objects.filter(
            category_id=OuterRef("above_id"), above__is_published=False
        )
        links = links.filter(~Exists(hidden))
    return products.filter(category_id__in=links.values("category_id"))


def _in_collections(
    products: ProductQuerySet, slugs: list[str], *, for_staff: bool
) -> ProductQuerySet:
    """Return products in collections that the reader sees."""
    collections = Collection.objects.filter(slug__in=slugs)
    if not for_staff:
        collections = collections.filter(is_published=True)
    members = CollectionProduct.objects.filter(collection__in=collections.values("pk"))
    return products.filter(pk__in=members.values("product_id"))


def _with_prices(
    products: ProductQuerySet, values: dict[str, Any], sales: tuple[ActiveSale, ...]
) -> ProductQuerySet:
    lowest, highest = "price", "highest_price"
    scale: Callable[[Decimal], Decimal | int] = Decimal
    if sales:
        lowest, highest, scale = "current_cents", "highest_cents", in_cents
        products = with_current_price(products, sales)
    if "min_price" in values:
        least = scale(values["min_price"])
        if sales:
            products = with_highest_price(products, sales)
        products = products.filter(Q((f"{lowest}__gte", least)) | Q((f"{highest}__gte", least)))
    if "max_price" in values:
        products = products.filter((f"{lowest}__lte", scale(values["max_price"])))
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
    return {f"number__{lookup}": read_parameter(name, single(name, list(texts)), _read_number)}


def _values(name: str, texts: tuple[str, ...], kind: str, choices: list[str]) -> dict[str, Any]:
    column, read = {
        AttributeKind.NUMBER.value: ("number", _read_number),
        AttributeKind.BOOLEAN.value: ("boolean", read_boolean),
        AttributeKind.CHOICE.value: ("text", one_of(choices)),
    }.get(kind, ("text", read_text))
    return {f"{column}__in": [read_parameter(name, text, read) for text in texts]}


def _read_number(text: str) -> Decimal:
    if not _NUMBER.fullmatch(text):
        raise ValueError(_("The value must be a number with at most six decimals, such as 1.5."))
    return Decimal(text)
