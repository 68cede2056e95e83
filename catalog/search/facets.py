"""Facets: the values of the filters of a list, with the numbers of products that have them.

Each facet is counted as if its own filter were open, so that a storefront can offer its other
values. One statement counts all of them, in a sample of the products if there are very many.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from itertools import chain
from typing import Any, NamedTuple

from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.db.models import Count, F, Q, QuerySet
from django.db.models.expressions import RawSQL

from catalog.attributes.models import AttributeKind, ProductAttribute
from catalog.limits import MAX_FACET_VALUES
from catalog.options.models import ProductOptionSet
from catalog.options.reads import Variants, read_option_filters, variants_of_set
from catalog.prices.formulas import ActiveSale
from catalog.prices.sql import with_current_price, with_highest_price
from catalog.products.models import Product, ProductQuerySet
from catalog.samples import Sample
from catalog.search import facets_sql
from catalog.search.query import ListQuery
from shop.core.money import show
from shop.core.slugs import normalize_slug

_PRICE_FILTERS = ("min_price", "max_price")
Part = tuple[str, QuerySet[Any, Any] | list[QuerySet[Any, Any]] | str]
"""A template of ``facets_sql``, and the queries that it counts, or their SQL."""
Compiled = tuple[str, tuple[Any, ...]]


class _Row(NamedTuple):
    """A row of the statement. ``facet`` is the name of the member of the response."""

    facet: str
    id: int | None
    parent_id: int | None
    name: str | None
    slug: str | None
    kind: str | None
    value: str | None
    products: int
    low: str | None
    high: str | None


@dataclass(frozen=True, slots=True)
class FacetReader:
    """Reads the facets of a list.

    ``visible`` are the listed products that the user may see, ``found`` those that the search
    finds, or None without a search. ``apply`` applies the filters of a query to products.
    ``sales`` are the active sales. With a ``sample``, ``found`` are only those in it.
    """

    query: ListQuery
    visible: ProductQuerySet
    found: ProductQuerySet | None
    apply: Callable[[ProductQuerySet, ListQuery], ProductQuerySet]
    sales: tuple[ActiveSale, ...]
    for_staff: bool
    sample: Sample | None = None

    def read(self) -> dict[str, Any]:
        """Return the facets as the response has them. One statement."""
        rows: dict[str, list[_Row]] = {}
        for row in self._execute():
            rows.setdefault(row.facet, []).append(row)
        return {
            "categories": [_category(row) for row in _by_count(rows.get("categories", []))],
            "brands": [
                {"value": row.value, "count": row.products}
                for row in _by_count(rows.get("brands", []))
            ],
            "price": self._price_range(rows.get("price", [])),
            "attributes": _attributes(rows.get("attributes", [])),
            "options": self._options(rows.get("options", [])),
            "is_estimated": self.sample is not None,
        }

    def _execute(self) -> list[_Row]:
        prefix, values = self._common_tables()
        statements = []
        for template, part in self._parts():
            sql, parameters = _compiled(part)
            if sql:
                statements.append(template.format(sql=sql))
                values += parameters
        with connection.cursor() as cursor:
            cursor.execute(prefix + " UNION ALL ".join(statements), values)
            rows = [_Row(*row) for row in cursor.fetchall()]
        if self.sample is None:
            return rows
        factor = self.sample.one_in
        return [row._replace(products=factor * (row.products or 0)) for row in rows]

    def _common_tables(self) -> tuple[str, list[Any]]:
        """Return the SQL of tables that several parts read, and its values.

        ``found_`` has the products that the search finds, ``matched_`` those that match all
        filters. For the exact counts of the whole list the indexes are faster.
        """
        tables: list[str] = []
        values: list[Any] = []
        if self.found is not None:
            sql, parameters = _compiled(self.found.order_by().values("pk"))
            tables.append(facets_sql.FOUND.format(sql=sql or facets_sql.NOTHING_FOUND))
            values += parameters
        if self._has_matched:
            columns = ("pk", "category_id", "brand", *self._price_columns)
            sql, parameters = _compiled(self._priced(self._products()).values_list(*columns))
            tables.append(facets_sql.MATCHED.format(sql=sql or facets_sql.NOTHING_MATCHED))
            values += parameters
        return f"WITH {', '.join(tables)} " if tables else "", values

    @property
    def _has_matched(self) -> bool:
        return self.found is not None or self.query.has_filters or self.sample is not None

    @property
    def _price_columns(self) -> tuple[str, str]:
        """The lowest and the highest price; the latter is NULL unless variants differ in price."""
        return ("current_cents", "highest_cents") if self.sales else ("price", "highest_price")

    def _priced(self, products: ProductQuerySet) -> ProductQuerySet:
        if not self.sales:
            return products
        return with_highest_price(with_current_price(products, self.sales), self.sales)

    def _products(self, *open_filters: str) -> ProductQuerySet:
        """Return the products that match, with some filters open."""
        products = self.visible
        if self.found is not None:
            ids = RawSQL("SELECT id FROM found_", [])
            products = Product.objects.filter(pk__in=ids)
        elif self.sample is not None:
            products = self.sample.of(products)
        return self.apply(products, self.query.without(open_filters)).order_by()

    def _reads_matched(self, *open_filters: str) -> bool:
        """Return whether the filters that should be open are not set anyway."""
        query = self.query
        given = query.values.keys() | query.attributes.keys() | query.options.keys()
        return self._has_matched and given.isdisjoint(open_filters)

    def _parts(self) -> Iterator[Part]:
        for template, column, own in (
            (facets_sql.categories(for_staff=self.for_staff), "category_id", "category"),
            (facets_sql.BRANDS, "brand", "brand"),
        ):
            if self._reads_matched(own):
                yield template, facets_sql.COUNTED.replace("{column}", column)
            else:
                found = self._products(own).values(value=F(column))
                yield template, found.annotate(products=Count("pk"))
        if self._has_exact_prices:
            yield facets_sql.PRICES, self._cheapest_and_dearest()
        elif self._reads_matched(*_PRICE_FILTERS):
            yield facets_sql.PRICES, facets_sql.PRICED
        else:
            products = self._priced(self._products(*_PRICE_FILTERS))
            low, high = self._price_columns
            yield facets_sql.PRICES, products.values(low=F(low), high=F(high))
        yield from self._attribute_parts()
        sets = ProductOptionSet.objects.filter(self._is_in(*self.query.options))
        yield facets_sql.OPTIONS, sets.values("option_set_id").annotate(products=Count("pk"))

    def _attribute_parts(self) -> Iterator[Part]:
        """Count the values of each filtered attribute by itself, and those of all others."""
        filters: dict[str, list[str]] = {}
        for name in self.query.attributes:
            filters.setdefault(normalize_slug(name.split(".")[1]), []).append(name)
        values = ProductAttribute.objects.all()
        others = values.filter(self._is_in())
        if filters:
            others = others.exclude(attribute__slug__in=filters)
        yield facets_sql.ATTRIBUTES, _grouped(others)
        for slug, names in filters.items():
            own = values.filter(self._is_in(*names), attribute__slug=slug)
            yield facets_sql.ATTRIBUTES, _grouped(own)

    @property
    def _has_exact_prices(self) -> bool:
        """Whether the index on prices has the price range of a list that is counted in a sample.

        Sales change prices, and neither a search nor a filter by options can be read in the order
        of an index.
        """
        is_simple = self.found is None and not self.query.options and not self.sales
        return self.sample is not None and is_simple

    def _cheapest_and_dearest(self) -> list[QuerySet[Product, Any]]:
        """Return queries of the products with the ends of the price range, each of one product."""
        products = self.apply(self.visible, self.query.without(_PRICE_FILTERS))
        rows = products.values(low=F("price"), high=F("highest_price"))
        dearest = rows.filter(highest_price__isnull=False).order_by("-highest_price")
        return [rows.order_by("price")[:1], rows.order_by("-price")[:1], dearest[:1]]

    def _is_in(self, *open_filters: str) -> Q:
        """Return the condition that the product of a row matches, with some filters open.

        Without filters it excludes the few invisible products, which is faster than to find each
        product among all visible ones.
        """
        if self._reads_matched(*open_filters):
            return Q(product_id__in=RawSQL("SELECT id FROM matched_", []))
        has_filters = self.query.without(open_filters).has_filters
        if not has_filters and self.found is None and self.sample is None:
            return ~Q(
                product_id__in=Product.objects.invisible(for_staff=self.for_staff).values("pk")
            )
        return Q(product_id__in=self._products(*open_filters).values("pk"))

    def _price_range(self, rows: list[_Row]) -> dict[str, str] | None:
        if not rows:
            return None
        scale = 100 if self.sales else 1
        row = rows[0]
        low, *high = (Decimal(value or 0) / scale for value in (row.low, row.high, row.value))
        return {"min": show(low), "max": show(max(high))}

    def _options(self, rows: list[_Row]) -> list[dict[str, Any]]:
        """Count the products of each option set for the values that its variants have."""
        filters = read_option_filters(self.query.options)
        counts: dict[str, Counter[str]] = {}
        labels: dict[tuple[str, ...], str] = {}
        for row in sorted(rows):
            variants = variants_of_set(row.name or "", row.value or "")
            for name, value in _option_values(variants, filters, labels):
                counts.setdefault(name, Counter())[value] += row.products
        return [
            {
                "name": labels[name,],
                "values": [
                    {"value": labels[name, value], "count": count}
                    for value, count in sorted(values.items(), key=lambda pair: (-pair[1], pair[0]))
                ][:MAX_FACET_VALUES],
            }
            for name, values in sorted(counts.items())
        ]


def _compiled(query: QuerySet[Any, Any] | list[QuerySet[Any, Any]] | str) -> Compiled:
    """Return the SQL of queries with its values; an empty text if they cannot find anything."""
    if isinstance(query, str):
        return query, ()
    if isinstance(query, list):
        found = [(sql, values) for sql, values in map(_compiled, query) if sql]
        parts = [f"SELECT * FROM ({sql}) part{n}" for n, (sql, _) in enumerate(found)]  # noqa: S608 - values are separate
        return " UNION ALL ".join(parts), tuple(chain.from_iterable(own for _, own in found))
    try:
        sql, values = query.query.sql_with_params()
    except EmptyResultSet:
        return "", ()
    return sql, tuple(values)


def _option_values(
    variants: Variants,
    filters: Mapping[str, frozenset[str]],
    labels: dict[tuple[str, ...], str],
) -> set[tuple[str, str]]:
    """Return the folded names and values of options of variants that match the other filters.

    The names and values as they are written are added to ``labels``.
    """
    found = set()
    for variant in variants:
        failed = [
            name
            for name, accepted in filters.items()
            if name not in variant or variant[name][1] not in accepted
        ]
        for name, (name_label, value, label) in variant.items():
            if not failed or failed == [name]:
                found.add((name, value))
                labels.setdefault((name,), name_label)
                labels.setdefault((name, value), label)
    return found


def _grouped(values: QuerySet[ProductAttribute]) -> QuerySet[ProductAttribute, Any]:
    columns = {"amount": F("number"), "flag": F("boolean")}
    return values.values("attribute_id", "text", **columns).annotate(products=Count("pk"))


def _by_count(rows: list[_Row]) -> list[_Row]:
    """Return the rows of most products first."""
    return sorted(rows, key=lambda row: (-row.products, row.name or "", row.value or ""))


def _category(row: _Row) -> dict[str, Any]:
    return {
        "id": row.id,
        "name": row.name,
        "slug": row.slug,
        "parent_id": row.parent_id,
        "count": row.products,
    }


def _attributes(rows: list[_Row]) -> list[dict[str, Any]]:
    """Return the attributes by name, with their values as the parameter takes them."""
    found: dict[int | None, dict[str, Any]] = {}
    for row in _by_count(rows):
        own = found.setdefault(
            row.id, {"slug": row.slug, "name": row.name, "kind": row.kind, "values": []}
        )
        if row.kind == AttributeKind.NUMBER:
            own["min"], own["max"] = float(row.low or 0), float(row.high or 0)
        own["values"].append({"value": _value(row), "count": row.products})
    return sorted(found.values(), key=lambda own: (own["name"], own["slug"]))


def _value(row: _Row) -> str | float | bool | None:
    if row.kind == AttributeKind.NUMBER:
        return float(row.value or 0)
    if row.kind == AttributeKind.BOOLEAN:
        return row.value in {"1", "true"}
    return row.value
