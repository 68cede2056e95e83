"""Pages of the list of products. An index finds the ids of a page, then these products are read.

A page is requested by its number, or by a cursor, with which every page is equally fast.
"""

from dataclasses import dataclass, replace
from decimal import Decimal
from functools import partial
from typing import Any
from urllib.parse import urlencode

from django.db import connection
from django.utils.encoding import iri_to_uri
from django.utils.translation import gettext as _
from rest_framework.request import Request

from catalog import revision
from catalog.limits import MAX_COUNTED_RESULTS
from catalog.prices.formulas import ActiveSale, in_cents
from catalog.prices.sql import read_active_sales
from catalog.products import reads
from catalog.products.models import Product, ProductQuerySet
from catalog.samples import ESTIMATE, Sample, sample_for
from catalog.search.correction import alternatives
from catalog.search.cursors import Place, read_cursor, write_cursor
from catalog.search.facets import FacetReader
from catalog.search.filters import apply_filters
from catalog.search.matching import CountOf, Results, matching, ranked
from catalog.search.orders import SortOrder, TranslatedNameOrder
from catalog.search.query import ListQuery
from catalog.search.synonyms import read_synonyms
from catalog.search.terms import Query
from catalog.search.text import read_query
from shop.core.errors import InvalidField
from shop.core.language_codes import is_translated
from shop.core.links import origin_of
from shop.core.pagination import DEFAULT_PAGE_SIZE, MAX_PAGE_SIZE, PageBeyondEnd, read_number


@dataclass(frozen=True, slots=True)
class Page:
    """Products from ``reads.listed``. ``count`` is None for a page at a cursor.

    The cursors are None for a page by its number.
    """

    products: list[Any]
    count: int | None
    next: str | None
    previous: str | None
    next_cursor: str | None = None
    previous_cursor: str | None = None
    facets: dict[str, Any] | None = None
    count_is_capped: bool = False
    corrected_query: str | None = None


_SORT_ORDERS = {
    "": SortOrder("pk"),
    "newest": SortOrder("pk", descending=True),
    "name": SortOrder("name_key"),
    "-name": SortOrder("name_key", descending=True),
    "best_selling": SortOrder("sold", descending=True),
    "relevance": SortOrder("relevance", descending=True),
}


@dataclass(frozen=True, slots=True)
class PageRequest:
    """The requested page, by number or, if that is None, at a place. None is the first page."""

    size: int
    number: int | None
    place: Place | None = None
    is_before: bool = False
    """Whether the page ends before the place. Otherwise it begins after it."""


@dataclass(frozen=True, slots=True)
class Counted:
    """A cached count, and about the number of all products if it is capped and was asked for."""

    count: int
    is_capped: bool = False
    found: int | None = None


@dataclass(frozen=True, slots=True)
class Rows:
    """Ids, each with a sort key or the count. ``count`` is None for a page after a cursor.

    ``found`` is about the number of all products if ``count`` is capped and facets need it.
    """

    rows: list[tuple[Any, ...]]
    count: int | None
    is_capped: bool = False
    found: int | None = None

    @property
    def pks(self) -> list[int]:
        """The ids."""
        return [row[0] for row in self.rows]


def find_page(wanted: PageRequest, results: Results) -> Rows:
    """Return a page of the results of a search, with one row more at the far end of a cursor."""
    rows: list[tuple[Any, ...]] = list(results.rows)
    if wanted.number is not None:
        start = (wanted.number - 1) * wanted.size
        page = rows[start : start + wanted.size]
        return Rows(page, len(rows), results.is_capped, results.found)
    if wanted.place is not None:
        place = (wanted.place.key, wanted.place.pk)
        keys = ((relevance, pk) for pk, relevance in results.rows)
        if wanted.is_before:
            rows = [(pk, relevance) for relevance, pk in keys if (relevance, pk) > place]
        else:
            rows = [(pk, relevance) for relevance, pk in keys if (relevance, pk) < place]
    size = wanted.size + 1
    page = rows[-size:] if wanted.is_before else rows[:size]
    return Rows(page, None, found=results.found)


@dataclass(frozen=True, slots=True)
class Listing:
    """The list for a query. ``revision`` is None for staff, for whom nothing is cached.

    ``language`` is the one that is searched besides the shop's own.
    """

    request: Request
    query: ListQuery
    revision: str | None
    for_staff: bool
    language: str

    def page(self, products: ProductQuerySet) -> Page:
        """Return the requested page of ``products``, which the user may see.

        Raises InvalidField (400) or PageBeyondEnd (404).
        """
        wanted = self._page_request()
        sales = self._active_sales()
        order = self._sort_order(sales)
        visible = products.listed()
        products = self._apply_filters(visible, self.query, sales)
        sampled = None
        if "include" in self.query.values:
            sampled = ESTIMATE.of(products)
        search = self.query.values.get("search")
        if search is None:
            rows = self._find(wanted, order, products, sampled)
            return self._with_facets(self._build(wanted, rows), rows, visible, None)
        searched = self._read_search(search)
        rows = self._find_matches(wanted, order, products, sampled, searched)
        corrected = None
        if self._is_empty(wanted, rows, products, searched):
            for other in alternatives(searched):
                searched, corrected = other.query, other.text
                rows = self._find_matches(wanted, order, products, sampled, searched)
                if rows.pks:
                    break
            else:
                corrected = None
        page = replace(self._build(wanted, rows), corrected_query=corrected)
        return self._with_facets(page, rows, visible, searched)

    def _read_search(self, search: str) -> Query:
        synonyms = revision.cached_values.get_or_put("synonyms", self.revision, read_synonyms)
        return read_query(search, synonyms, self.language)

    def _find_matches(
        self,
        wanted: PageRequest,
        order: SortOrder,
        products: ProductQuerySet,
        sampled: ProductQuerySet | None,
        searched: Query,
    ) -> Rows:
        if self.query.ordering == "relevance":
            invisible = None
            if not self.query.narrows_search:
                invisible = Product.objects.invisible(for_staff=self.for_staff)
            return find_page(wanted, ranked(products, searched, sampled, invisible))
        if sampled is not None:
            sampled = matching(sampled, searched)
        return self._find(wanted, order, matching(products, searched), sampled)

    @staticmethod
    def _is_empty(
        wanted: PageRequest, rows: Rows, products: ProductQuerySet, searched: Query
    ) -> bool:
        """Return whether nothing matches a search on any page. One statement after a cursor."""
        if rows.pks or rows.count:
            return False
        return wanted.place is None or not matching(products, searched).exists()

    def _apply_filters(
        self,
        products: ProductQuerySet,
        query: ListQuery,
        sales: tuple[ActiveSale, ...],
    ) -> ProductQuerySet:
        return apply_filters(products, query, self.revision, sales=sales, for_staff=self.for_staff)

    def _with_facets(
        self, page: Page, rows: Rows, visible: ProductQuerySet, searched: Query | None
    ) -> Page:
        """Add the facets if the query includes them. They are cached unless there is a search."""
        if "include" not in self.query.values:
            return page

        def make() -> dict[str, Any]:
            sales = self._read_sales()
            sample = self._sample(rows)
            apply = partial(self._apply_filters, sales=sales)
            counted = sample.of(visible) if sample else visible
            found = matching(counted, searched) if searched else None
            reader = FacetReader(
                self.query, visible, found, apply, sales, self.for_staff, sample=sample
            )
            return reader.read()

        key = f"facets {self.query.filter_key()}"
        current = self.revision if searched is None else None
        facets = revision.cached_values.get_or_put(key, current, make)
        if is_translated(self.language):  # the cache is for all languages
            categories = [dict(category) for category in facets["categories"]]
            facets = {**facets, "categories": categories}
        return replace(page, facets=facets)

    def _sample(self, rows: Rows) -> Sample | None:
        """Return the sample in which facets are counted, or None if all products are counted."""
        known: Counted | Rows | None = rows
        if rows.count is None and "search" not in self.query.values:
            key = self._count_key(is_exact=not self.query.has_filters)
            known = revision.cached_values.get(key, self.revision)
        if known is None:
            return None
        exact = None if known.is_capped else known.count
        return sample_for(exact or known.found or known.count or 0)

    def _page_request(self) -> PageRequest:
        parameters = dict(self.query.parameters)
        size = min(read_number(self.request, "page_size", DEFAULT_PAGE_SIZE), MAX_PAGE_SIZE)
        given = [name for name in ("page", "after", "before") if name in parameters]
        if len(given) > 1:
            reason = _("These parameters cannot be used together: {names}.").format(
                names=", ".join(given)
            )
            raise InvalidField(field=given[0], reason=reason)
        if given in ([], ["page"]):
            return PageRequest(size, read_number(self.request, "page", 1))
        (name,) = given
        is_before, cursor = name == "before", parameters[name]
        place = self._place(name, cursor) if cursor or is_before else None
        return PageRequest(size, None, place, is_before)

    def _find(
        self,
        wanted: PageRequest,
        order: SortOrder,
        products: ProductQuerySet,
        sampled: ProductQuerySet | None,
    ) -> Rows:
        """Return the ids on a page, and the count of all products unless it is cached.

        The products that match filters are counted up to a limit, and exactly for pages behind it,
        for which as many products are read anyway. For facets those of a sample are counted, too.
        """
        if wanted.number is None:
            return self._find_at_place(wanted, order, products)
        start = (wanted.number - 1) * wanted.size
        page = slice(start, start + wanted.size)
        is_exact = not self.query.has_filters or page.stop >= MAX_COUNTED_RESULTS
        key = None if "search" in self.query.values else self._count_key(is_exact=is_exact)
        known = revision.cached_values.get(key, self.revision) if key else None
        needs_found = sampled is not None and not is_exact
        if known is not None and not (needs_found and known.is_capped and known.found is None):
            return Rows(
                order.fetch(products, page, "pk"), known.count, known.is_capped, known.found
            )
        counted = products.order_by().values("pk")
        numbers: list[Any] = [CountOf(counted if is_exact else counted[: MAX_COUNTED_RESULTS + 1])]
        if sampled is not None and not is_exact:
            numbers.append(CountOf(sampled.order_by().values("pk")))
        rows = order.fetch(products, page, "pk", *numbers)
        count, *estimates = rows[0][1:] if rows else (products.count(),)
        known = Counted(count)
        if not is_exact and count > MAX_COUNTED_RESULTS:
            found = ESTIMATE.one_in * estimates[0] if estimates else None
            known = Counted(MAX_COUNTED_RESULTS, is_capped=True, found=found)
        if key:
            revision.cached_values.put(key, self.revision, known)
        return Rows(rows, known.count, known.is_capped, known.found)

    def _count_key(self, *, is_exact: bool) -> str:
        return f"{'exact ' if is_exact else ''}count {self.query.filter_key()}"

    def _find_at_place(
        self, wanted: PageRequest, order: SortOrder, products: ProductQuerySet
    ) -> Rows:
        """Return the ids with sort keys, and one more at the far end if there are more."""
        direction = order.reversed() if wanted.is_before else order
        page = slice(0, wanted.size + 1)
        rows = direction.fetch(products, page, "pk", order.column, place=wanted.place)
        return Rows(rows[::-1] if wanted.is_before else rows, None)

    def _build(self, wanted: PageRequest, rows: Rows) -> Page:
        if wanted.number is None:
            return self._build_at_place(wanted, rows)
        number, pages = wanted.number, max(1, -(-(rows.count or 0) // wanted.size))
        if number > pages:
            raise PageBeyondEnd(pages=pages)
        next_link = self._link(page=number + 1) if number < pages else None
        previous_link = self._link(page=number - 1) if number > 1 else None
        return Page(
            _read(rows.pks), rows.count, next_link, previous_link, count_is_capped=rows.is_capped
        )

    def _active_sales(self) -> tuple[ActiveSale, ...]:
        """Return the active sales if prices matter. One statement if they are not cached."""
        return self._read_sales() if self.query.needs_prices else ()

    def _read_sales(self) -> tuple[ActiveSale, ...]:
        sales: tuple[ActiveSale, ...] = revision.cached_values.get_or_put(
            "sales", self.revision, read_active_sales
        )
        return sales

    def _sort_order(self, sales: tuple[ActiveSale, ...]) -> SortOrder:
        ordering = self.query.ordering
        if ordering in {"name", "-name"} and is_translated(self.language):
            return TranslatedNameOrder("name_key", ordering == "-name", language=self.language)
        if ordering not in {"price", "-price"}:
            order = _SORT_ORDERS[ordering]
            # SQLite would sort all products with an option set, or read all without one.
            is_joined = self.query.options and connection.vendor == "sqlite"
            return replace(order, pk="option_set__product_id") if is_joined else order
        return SortOrder("current_cents" if sales else "price", ordering.startswith("-"), sales)

    def _build_at_place(self, wanted: PageRequest, rows: Rows) -> Page:
        """Return a page with its cursors. Behind the place that was given there are more rows."""
        has_more = len(rows.rows) > wanted.size
        page = rows.rows[-wanted.size :] if wanted.is_before else rows.rows[: wanted.size]
        has_next = wanted.is_before or has_more
        has_previous = has_more if wanted.is_before else wanted.place is not None
        after = self._cursor(page[-1]) if page and has_next else None
        before = self._cursor(page[0]) if page and has_previous else None
        return Page(
            _read([row[0] for row in page]),
            None,
            self._link(after=after) if after else None,
            self._link(before=before) if before else None,
            after,
            before,
        )

    def _cursor(self, row: tuple[Any, ...]) -> str:
        pk, key = row
        if isinstance(key, Decimal):
            key = in_cents(key)
        elif isinstance(key, (bytes, memoryview)):
            key = bytes(key).hex()
        return write_cursor(self.query.ordering, Place(key, pk))

    def _place(self, name: str, text: str) -> Place:
        place = read_cursor(self.query.ordering, text)
        if place is None:
            reason = _("This is not a cursor of this ordering. Leave it out for the first page.")
            raise InvalidField(field=name, reason=reason)
        return place

    def _link(self, *, page: int = 1, **cursor: str) -> str:
        """Return the URL of another page, with sorted parameters. ``cursor``: after or before."""
        pages = {"page", "after", "before"}
        parameters = [pair for pair in self.query.parameters if pair[0] not in pages]
        if page > 1:
            parameters.append(("page", str(page)))
        parameters += cursor.items()
        query = urlencode(sorted(parameters))
        url = f"{origin_of(self.request)}{iri_to_uri(self.request.path)}"
        return f"{url}?{query}" if query else url


def _read(pks: list[int]) -> list[Any]:
    """Read products in the order of their ids in ``pks``. One statement, or none."""
    by_pk = {row.pk: row for row in reads.listed(pks)}
    return [by_pk[pk] for pk in pks if pk in by_pk]
