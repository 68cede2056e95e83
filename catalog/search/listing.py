"""Pages of the list of products: first the ids, by an index, then these products.

A page is found by its number, or by a cursor, which costs the same however deep it is.
"""

from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode

from django.db.models import Count, F, IntegerField, Subquery, Window
from django.db.models.fields.tuple_lookups import Tuple, TupleGreaterThan, TupleLessThan
from rest_framework.request import Request

from catalog import revision
from catalog.prices.formulas import ActiveSale, in_cents
from catalog.prices.sql import above_cents, active_sales_now, below_cents, first_by_price
from catalog.products import reads
from catalog.products.models import ProductQuerySet
from catalog.search.cursors import Place, read_cursor, write_cursor
from catalog.search.filters import Wanted, narrow
from catalog.search.text import Query, by_relevance, correct, matching, read_query
from shop.core.errors import InvalidField
from shop.core.pagination import DEFAULT_PAGE_SIZE, MAX_PAGE_SIZE, PageBeyondEnd, read_number


@dataclass(frozen=True, slots=True)
class SortOrder:
    """An ordering: by a column, then by id, both this way; ``sales`` those that decide it."""

    column: str
    descending: bool = False
    sales: tuple[ActiveSale, ...] = ()

    def take(self, products: ProductQuerySet, page: slice, *columns: Any) -> list[Any]:
        """Return columns of the products that are at these places in this order."""
        near = products
        if self.sales:
            near = first_by_price(products, page.stop, self.sales, descending=self.descending)
        rows = list(self.sort(near).values_list(*columns)[page])
        if near is not products and len(rows) < page.stop - page.start:  # prices changed meanwhile
            rows = list(self.sort(products).values_list(*columns)[page])
        return rows

    def sort(self, products: ProductQuerySet) -> ProductQuerySet:
        """Put products in this order."""
        sign = "-" if self.descending else ""
        columns = dict.fromkeys((self.column, "pk"))
        return products.order_by(*(f"{sign}{column}" for column in columns))

    def after(self, products: ProductQuerySet, place: "Place") -> ProductQuerySet:
        """Return what comes after a place."""
        if self.column == "pk":
            side = "lt" if self.descending else "gt"
            return products.filter(**{f"pk__{side}": place.pk})
        if self.sales and self.descending:
            products = below_cents(products, place.key, self.sales)
        elif self.sales:
            products = above_cents(products, place.key)
        beyond = TupleLessThan if self.descending else TupleGreaterThan
        key = Decimal(place.key) / 100 if self.column == "price" else place.key
        return products.filter(beyond(Tuple(F(self.column), F("pk")), (key, place.pk)))


@dataclass(frozen=True, slots=True)
class Page:
    """Products as ``reads.listed`` reads them; ``count`` None where nobody counted."""

    products: list[Any]
    count: int | None
    next: str | None
    previous: str | None


_SORT_ORDERS = {
    "": SortOrder("pk"),
    "newest": SortOrder("pk", descending=True),
    "name": SortOrder("name"),
    "-name": SortOrder("name", descending=True),
    "best_selling": SortOrder("sold", descending=True),
    "relevance": SortOrder("relevance", descending=True),
}


class _Total(Subquery):
    """How many rows another query has, beside each row of this one."""

    template = "(SELECT COUNT(*) FROM (%(subquery)s) counted_)"
    output_field = IntegerField()


def _count(order: SortOrder, products: ProductQuerySet) -> Any:
    """Count in the statement of a page: what is ranked is at hand, else by an index of its own."""
    if order.column == "relevance":
        return Window(Count("pk"))
    return _Total(products.order_by().values("pk"))


@dataclass(frozen=True, slots=True)
class Position:
    """Which page: by its number, or, where that is None, after a place; None to begin."""

    size: int
    number: int | None
    place: Place | None = None


@dataclass(frozen=True, slots=True)
class Rows:
    """Ids, each with something beside; ``count`` None where nobody counted."""

    rows: list[tuple[Any, ...]]
    count: int | None

    @property
    def pks(self) -> list[int]:
        """The ids alone."""
        return [row[0] for row in self.rows]


@dataclass(frozen=True, slots=True)
class Listing:
    """A query of the list, and under which revision it is answered; None for staff."""

    request: Request
    wanted: Wanted
    revision: str | None
    for_staff: bool

    def page(self, products: ProductQuerySet) -> Page:
        """Return the page that is asked for, of products that the caller may see.

        Raises InvalidField (400) or PageBeyondEnd (404).
        """
        position = self._position()
        sales = self._sales()
        order = self._order(sales)
        products = narrow(
            products.listed(), self.wanted, self.revision, sales=sales, for_staff=self.for_staff
        )
        search = self.wanted.values.get("search")
        if search is None:
            return self._show(position, self._find(position, order, products))
        rows = self._find(position, order, self._search(products, read_query(search)))
        if not rows.pks and (query := correct(search)):
            rows = self._find(position, order, self._search(products, query))
        return self._show(position, rows)

    def _position(self) -> Position:
        given = dict(self.wanted.given)
        size = min(read_number(self.request, "page_size", DEFAULT_PAGE_SIZE), MAX_PAGE_SIZE)
        if "after" not in given:
            return Position(size, read_number(self.request, "page", 1))
        if "page" in given:
            raise InvalidField(field="page", reason="A page is named by its number or by after.")
        return Position(size, None, self._place(given["after"]) if given["after"] else None)

    def _search(self, products: ProductQuerySet, query: Query) -> ProductQuerySet:
        ranked = self.wanted.ordering == "relevance"
        return by_relevance(products, query) if ranked else matching(products, query)

    def _find(self, position: Position, order: SortOrder, products: ProductQuerySet) -> Rows:
        """Find the ids of a page, and how many there are, in one statement; two if sales decide."""
        if position.number is None:
            if position.place is not None:
                products = order.after(products, position.place)
            page = slice(0, position.size + 1)
            return Rows(order.take(products, page, "pk", order.column), None)
        noted = None if "search" in self.wanted.values else f"count {self.wanted.filters()}"
        count = revision.recall_fact(noted, self.revision) if noted else None
        start = (position.number - 1) * position.size
        page = slice(start, start + position.size)
        if count is not None:
            return Rows(order.take(products, page, "pk"), count)
        rows = order.take(products, page, "pk", _count(order, products))
        count = rows[0][1] if rows else products.count()
        if noted:
            revision.note_fact(noted, self.revision, count)
        return Rows(rows, count)

    def _show(self, position: Position, rows: Rows) -> Page:
        if position.number is None:
            following = self._link_after(rows, position)
            return Page(_read(rows.pks[: position.size]), None, following, None)
        number, pages = position.number, max(1, -(-(rows.count or 0) // position.size))
        if number > pages:
            raise PageBeyondEnd(pages=pages)
        following = self._link(page=number + 1) if number < pages else None
        previous = self._link(page=number - 1) if number > 1 else None
        return Page(_read(rows.pks), rows.count, following, previous)

    def _sales(self) -> tuple[ActiveSale, ...]:
        """Return the sales that are on, if prices decide; a statement where they are not noted."""
        if not self.wanted.needs_prices:
            return ()
        found: tuple[ActiveSale, ...] = revision.find_fact("sales", self.revision, active_sales_now)
        return found

    def _order(self, sales: tuple[ActiveSale, ...]) -> SortOrder:
        ordering = self.wanted.ordering
        if ordering not in {"price", "-price"}:
            return _SORT_ORDERS[ordering]
        return SortOrder("cents_now" if sales else "price", ordering.startswith("-"), sales)

    def _link_after(self, rows: Rows, position: Position) -> str | None:
        if len(rows.rows) <= position.size:
            return None
        pk, key = rows.rows[position.size - 1]
        key = in_cents(key) if isinstance(key, Decimal) else key
        return self._link(after=write_cursor(self.wanted.ordering, Place(key, pk)))

    def _place(self, text: str) -> Place:
        place = read_cursor(self.wanted.ordering, text)
        if place is None:
            reason = "It is what next names, for this ordering; or empty, to begin."
            raise InvalidField(field="after", reason=reason)
        return place

    def _link(self, *, page: int = 1, after: str = "") -> str:
        """Return the address of another page, with the parameters in one order."""
        given = [pair for pair in self.wanted.given if pair[0] not in {"page", "after"}]
        if page > 1:
            given.append(("page", str(page)))
        if after:
            given.append(("after", after))
        query = urlencode(sorted(given))
        address = self.request.build_absolute_uri(self.request.path)
        return f"{address}?{query}" if query else address


def _read(pks: list[int]) -> list[Any]:
    """Read these products, in this order. One statement, or none."""
    found = {row.pk: row for row in reads.listed(pks)}
    return [found[pk] for pk in pks if pk in found]
