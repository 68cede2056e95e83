"""Sort orders of the list of products."""

from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any, Self

from django.db.models import F, FilteredRelation, Q
from django.db.models.fields.tuple_lookups import Tuple, TupleGreaterThan, TupleLessThan
from django.db.models.functions import Coalesce

from catalog.prices.formulas import ActiveSale
from catalog.prices.sql import from_cents, narrow_to_first, up_to_cents
from catalog.products.models import ProductQuerySet
from catalog.search.cursors import Place

_MAX_MERGED = 1000
"""The last row of a page up to which products with a translated name are merged with others."""


@dataclass(frozen=True, slots=True)
class SortOrder:
    """A sort order: by a column, then by id in the same direction.

    ``sales`` are the active sales if the column is ``current_cents``. ``pk`` is the column by which
    products are sorted by id; that of a joined table with the same ids may be faster.
    """

    column: str
    descending: bool = False
    sales: tuple[ActiveSale, ...] = ()
    pk: str = "pk"

    def fetch(
        self, products: ProductQuerySet, page: slice, *columns: Any, place: Place | None = None
    ) -> list[Any]:
        """Return columns of the products on a page, after a place if there is one.

        Two statements if there are sales.
        """
        if place is not None:
            products = self._after(products, place)
        candidates = products
        if self.sales:
            candidates = narrow_to_first(
                products, page.stop, self.sales, descending=self.descending
            )
        rows = list(self._sort(candidates, self.column).values_list(*columns)[page])
        if candidates is not products and len(rows) < page.stop - page.start:
            # Prices have changed between the two statements.
            rows = list(self._sort(products, self.column).values_list(*columns)[page])
        return rows

    def reversed(self) -> Self:
        """Return the opposite order."""
        return replace(self, descending=not self.descending)

    def _sort(self, products: ProductQuerySet, column: str) -> ProductQuerySet:
        """Sort products in this order."""
        sign = "-" if self.descending else ""
        names = (self.pk,) if column == "pk" else (column, "pk")
        return products.order_by(*(f"{sign}{name}" for name in names))

    def _after(self, products: ProductQuerySet, place: Place) -> ProductQuerySet:
        """Return the products after a place."""
        if self.column == "pk":
            lookup = "lt" if self.descending else "gt"
            return products.filter(**{f"{self.pk}__{lookup}": place.pk})
        if self.sales and self.descending:
            products = up_to_cents(products, place.key, self.sales)
        elif self.sales:
            products = from_cents(products, place.key)
        key: Any = place.key
        if self.column == "price":
            key = Decimal(place.key) / 100
        elif self.column == "name_key":
            key = bytes.fromhex(place.key)
        return self._compare(products, self.column, key, place.pk)

    def _compare(
        self, products: ProductQuerySet, column: str, key: Any, pk: int
    ) -> ProductQuerySet:
        """Return the products whose column and id are after a key and an id."""
        compare = TupleLessThan if self.descending else TupleGreaterThan
        return products.filter(compare(Tuple(F(column), F("pk")), (key, pk)))


@dataclass(frozen=True, slots=True)
class TranslatedNameOrder(SortOrder):
    """By the names in a language, and where there is none by those of the shop's own language.

    No index has both. So one statement reads the first products that have a translated name, in the
    order of an index, and another one those of the other products that belong between them.
    """

    language: str = ""

    def fetch(
        self, products: ProductQuerySet, page: slice, *columns: Any, place: Place | None = None
    ) -> list[Any]:
        """Return the ids of a page, with a further column that is asked for, or else their keys.

        Two statements; one, which sorts all products, for a page far behind the first.
        """
        named = Q(translations__language=self.language, translations__name_key__gt=b"")
        keyed = products.annotate(
            texts=FilteredRelation("translations", condition=named), key=F("texts__name_key")
        )
        further = [column for column in columns if column not in ("pk", self.column)]
        if page.stop > _MAX_MERGED:
            shown = keyed.annotate(shown_key=Coalesce("key", "name_key"))
            ordered = self._sort(shown, "shown_key")
            return list(ordered.values_list("pk", *(further or ["shown_key"]))[page])
        first = self._first(keyed.filter(key__gt=b""), "key", page.stop, further, place)
        others = keyed.filter(key=None)
        if len(first) == page.stop:
            side = "gte" if self.descending else "lte"
            others = others.filter(**{f"name_key__{side}": first[-1][0]})
        second = self._first(others, "name_key", page.stop, [] if first else further, place)
        values = (first or second or [()])[0][2:]
        rows = sorted((row[:2] for row in first + second), reverse=self.descending)
        return [(pk, *values) if further else (pk, key) for key, pk in rows[page]]

    def _first(
        self,
        products: ProductQuerySet,
        column: str,
        number: int,
        further: list[Any],
        place: Place | None,
    ) -> list[Any]:
        """Return the first products: key, id and further columns."""
        if place is not None:
            key = bytes.fromhex(place.key)
            # An index finds the key; both columns may be of two tables.
            side = "lte" if self.descending else "gte"
            products = products.filter(**{f"{column}__{side}": key})
            products = self._compare(products, column, key, place.pk)
        rows = self._sort(products, column).values_list(column, "pk", *further)[:number]
        return [(bytes(key), *values) for key, *values in rows]
