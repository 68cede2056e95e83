"""What the list of products can be narrowed to."""

from collections.abc import Iterator
from typing import Any

from django.contrib import admin
from django.db.models import F, Q, QuerySet
from django.http import HttpRequest

from catalog.products.models import Product


class StockFilter(admin.SimpleListFilter):
    """In stock, running out, or sold out; of variants too."""

    title = "stock"
    parameter_name = "stock"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """Offer them."""
        return [("in", "In stock"), ("low", "Running out"), ("out", "Sold out")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Product]) -> QuerySet[Product]:
        """Apply the choice."""
        conditions = {
            "in": Q(stock__gt=0),
            "low": Q(low_stock_threshold__isnull=False, stock__lte=F("low_stock_threshold")),
            "out": Q(stock__lte=0, has_variants=False),
        }
        condition = conditions.get(self.value() or "")
        return queryset if condition is None else queryset.filter(condition)


class KindFilter(admin.SimpleListFilter):
    """Products as lists show them, or what is sold: variants too."""

    title = "kind"
    parameter_name = "kind"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """Offer the other two."""
        return [("variants", "Variants"), ("all", "Both")]

    def choices(self, changelist: Any) -> Iterator[Any]:
        """Name the usual choice for what it shows: not all."""
        usual, *others = super().choices(changelist)
        yield {**usual, "display": "Products"}
        yield from others

    def queryset(self, request: HttpRequest, queryset: QuerySet[Product]) -> QuerySet[Product]:
        """Apply the choice; whoever asks for a level of stock asks for what has some."""
        if self.value() == "all" or (self.value() is None and request.GET.get("stock")):
            return queryset
        return queryset.filter(parent__isnull=self.value() is None)


class ArchivedFilter(admin.SimpleListFilter):
    """What the shop has, or what it had."""

    title = "archive"
    parameter_name = "archived"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """Offer the archive."""
        return [("1", "Archived")]

    def choices(self, changelist: Any) -> Iterator[Any]:
        """Name the usual choice for what it shows: not all."""
        usual, *others = super().choices(changelist)
        yield {**usual, "display": "Not archived"}
        yield from others

    def queryset(self, request: HttpRequest, queryset: QuerySet[Product]) -> QuerySet[Product]:
        """Apply the choice."""
        return queryset.filter(archived_at__isnull=self.value() != "1")
