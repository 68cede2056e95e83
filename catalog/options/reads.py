"""Reads of option sets for the filters and facets of lists."""

from collections.abc import Iterable, Mapping
from typing import Any

import orjson
from django.db.models import Exists, OuterRef
from django.utils.translation import gettext as _

from catalog import revision
from catalog.options.models import OptionSetValue, ProductOptionSet
from catalog.options.services import fold_option
from catalog.products.models import ProductQuerySet
from shop.core.errors import InvalidField
from shop.core.unknown import nearest

OptionFilters = Mapping[str, frozenset[str]]
"""The folded values that match, by the folded name of the option."""
Variants = list[dict[str, tuple[str, str, str]]]
"""For each variant, by the folded name of the option: name, folded value and value."""


def read_option_filters(options: Mapping[str, Iterable[str]]) -> dict[str, frozenset[str]]:
    """Return the filters of parameters such as ``option.size``."""
    return {
        fold_option(name.removeprefix("option.")): frozenset(map(fold_option, texts))
        for name, texts in options.items()
    }


def with_option_values(
    products: ProductQuerySet, options: Mapping[str, Iterable[str]], revision_now: str | None
) -> ProductQuerySet:
    """Return the products that have a variant with these values of all these options.

    One statement if the names of the options are not cached. Raises InvalidField for an unknown
    name.
    """
    known = revision.cached_values.get_or_put("options", revision_now, _read_names)
    for name in options:
        if fold_option(name.removeprefix("option.")) not in known:
            raise InvalidField(field=name[:100], reason=_unknown_option(name, known))
    sets = ProductOptionSet.objects.filter(option_set_id__in=_sets_with(options))
    return products.filter(pk__in=sets.values("product_id"))


def variants_of_set(options: str, variants: str) -> Variants:
    """Return the variants of an option set, whose content is given as JSON."""
    names = orjson.loads(options)
    return [_by_name(names, values) for values in orjson.loads(variants)]


def _by_name(names: list[str], values: list[str]) -> dict[str, tuple[str, str, str]]:
    return {
        fold_option(name): (name, fold_option(value), str(value))
        for name, value in zip(names, values, strict=False)
    }


def _sets_with(options: Mapping[str, Iterable[str]]) -> Any:
    """Return a query of the ids of option sets with a variant that has all these values."""
    (name, values), *others = read_option_filters(options).items()
    rows = OptionSetValue.objects.filter(name=name, value__in=values)
    for other, accepted in others:
        same = OptionSetValue.objects.filter(
            option_set_id=OuterRef("option_set_id"),
            variant=OuterRef("variant"),
            name=other,
            value__in=accepted,
        )
        rows = rows.filter(Exists(same))
    return rows.values("option_set_id")


def _read_names() -> frozenset[str]:
    return frozenset(OptionSetValue.objects.order_by().values_list("name", flat=True).distinct())


def _unknown_option(name: str, known: Iterable[str]) -> str:
    names = sorted(known)
    if not names:
        return _("This option does not exist. No product has options.")
    close = nearest(name.removeprefix("option."), names)
    if close is not None:
        return _("This option does not exist; did you mean “{similar}”?").format(similar=close)
    return _("This option does not exist. Existing options: {names}.").format(
        names=", ".join(names[:50])
    )
