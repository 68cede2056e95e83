"""Reads of option sets for the filters and facets of lists."""

from collections.abc import Iterable, Mapping
from typing import Any

import orjson
from django.db.models import (
    BooleanField,
    Case,
    Exists,
    F,
    Func,
    JSONField,
    OuterRef,
    QuerySet,
    When,
)
from django.db.models.sql.compiler import SQLCompiler
from django.utils.translation import gettext as _

from catalog import revision
from catalog.options.models import OptionSetValue
from catalog.options.services import fold_option
from catalog.products.hints import Unindexed
from catalog.products.models import ProductQuerySet
from shop.core.errors import InvalidField
from shop.core.unknown import nearest

Variants = list[dict[str, tuple[str, str, str]]]
"""For each variant, by the folded name of the option: name, folded value and value."""


class ValuesAt(Func):
    """The option values of the variant at a place of a set, from ``OptionSet.variants``."""

    template = "(%(expressions)s)"
    arg_joiner = " -> "
    output_field = JSONField()

    def as_sqlite(self, compiler: SQLCompiler, connection: Any, **context: Any) -> Any:
        """SQLite has a path instead."""
        return self.as_sql(
            compiler,
            connection,
            template="json_extract(%(expressions)s || ']')",
            arg_joiner=", '$[' || ",
            **context,
        )


class SameValues(Func):
    """Whether a variant's option values are those of a place of a set."""

    template = "(%(expressions)s)"
    arg_joiner = " = "
    output_field = BooleanField()

    def as_sqlite(self, compiler: SQLCompiler, connection: Any, **context: Any) -> Any:
        """SQLite compares texts: that of a variant has spaces, that of a place has none."""
        return self.as_sql(
            compiler, connection, template="(json(%(expressions)s)", arg_joiner=") = ", **context
        )


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
    # A join instead of a list of ids: the first products by id may all be without options.
    joined = products.filter(option_set__isnull=False)
    own_set = Unindexed(F("option_set__option_set_id"))
    return joined.alias(own_set=own_set).filter(own_set__in=_sets_with(options))


def with_variant(
    products: ProductQuerySet, options: Mapping[str, Iterable[str]], variants: ProductQuerySet
) -> ProductQuerySet:
    """Return the products of which one of ``variants`` has these values of all these options."""
    return products.filter(Exists(_matching(options, variants)))


def without_variant(
    products: ProductQuerySet, options: Mapping[str, Iterable[str]], variants: ProductQuerySet
) -> ProductQuerySet:
    """Return the products that ``with_variant`` does not return."""
    return products.filter(~Exists(_matching(options, variants)))


def _matching(options: Mapping[str, Iterable[str]], variants: ProductQuerySet) -> Any:
    """Return a subquery about a product: the values of its set that one of ``variants`` has.

    CASE makes PostgreSQL search each variant in the unique index of options instead of reading all.
    """
    values = _values_with(options).filter(option_set_id=OuterRef("option_set__option_set_id"))
    same = variants.filter(
        SameValues(F("options"), OuterRef("place")), parent_id=OuterRef(OuterRef("pk"))
    ).order_by()
    matches = Case(When(Exists(same), then=True), default=False, output_field=BooleanField())
    return values.annotate(place=ValuesAt(F("option_set__variants"), F("variant"))).filter(matches)


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
    return _values_with(options).values("option_set_id")


def _values_with(options: Mapping[str, Iterable[str]]) -> QuerySet[OptionSetValue]:
    """Return one value for each variant of a set that has all these values."""
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
    return rows


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
