"""The filters of the product list in the admin."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from catalog.products.models import Product

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise


class StockFilter(admin.SimpleListFilter):
    """Filters by level of stock."""

    title = _("stock")
    parameter_name = "stock"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """Return the levels."""
        return [
            ("in", gettext("In stock")),
            ("low", gettext("Low stock")),
            ("out", gettext("Out of stock")),
        ]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Product]) -> QuerySet[Product]:
        """Filter by the selected level."""
        conditions = {
            "in": Q(stock__gt=0) | Q(track_stock=False),
            "out": Q(track_stock=True, stock__lte=0, has_variants=False),
        }
        if self.value() == "low":
            return queryset.filter(pk__in=Product.objects.low_in_stock().values("pk"))
        condition = conditions.get(self.value() or "")
        return queryset if condition is None else queryset.filter(condition)


class _DefaultedFilter(admin.SimpleListFilter):
    """A filter that also restricts the list when nothing is selected."""

    default_display: "StrOrPromise" = ""

    def choices(self, changelist: Any) -> Iterator[Any]:
        """Replace Django's label "All" of the default."""
        default, *others = super().choices(changelist)
        yield {**default, "display": self.default_display}
        yield from others


class KindFilter(_DefaultedFilter):
    """Filters by products and variants. The default is products."""

    title = _("kind")
    parameter_name = "kind"
    default_display = _("Products")

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """Return the choices other than the default."""
        return [("variants", gettext("Variants")), ("all", gettext("Both"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Product]) -> QuerySet[Product]:
        """Filter by kind. With the stock filter the default is both, since variants have stock."""
        if self.value() == "all" or (self.value() is None and request.GET.get("stock")):
            return queryset
        return queryset.filter(parent__isnull=self.value() is None)


class ArchivedFilter(_DefaultedFilter):
    """Filters by whether a product is archived. The default is not archived."""

    title = _("archive")
    parameter_name = "archived"
    default_display = _("Not archived")

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """Return the choice other than the default."""
        return [("1", gettext("Archived"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Product]) -> QuerySet[Product]:
        """Filter by whether products are archived."""
        return queryset.filter(archived_at__isnull=self.value() != "1")
