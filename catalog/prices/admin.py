"""Sales in the admin, which writes by the services."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone

from catalog.prices import services
from catalog.prices.models import Sale
from catalog.products.models import Product
from shop.core.admin import ShopModelAdmin

_FIELDS = ("name", "kind", "value", "starts_at", "ends_at", "products", "categories")
_AFTER_THE_BEGINNING = ("name", "ends_at")


@admin.register(Sale)
class SaleAdmin(ShopModelAdmin):
    """Sales; deleting one ends it, and what it did to prices stays history."""

    list_display = ("name", "kind", "value", "starts_at", "ends_at")
    list_filter = ("kind",)
    search_fields = ("name",)
    autocomplete_fields = ("products", "categories")
    fields = _FIELDS
    actions = None

    def get_readonly_fields(self, request: HttpRequest, obj: Sale | None = None) -> list[str]:
        """Once begun, a sale gets another name or end and nothing else."""
        if obj is None or obj.starts_at > timezone.now():
            return []
        return [name for name in _FIELDS if name not in _AFTER_THE_BEGINNING]

    def formfield_for_manytomany(self, db_field: Any, request: Any, **kwargs: Any) -> Any:
        """Offer products, whose variants are on sale with them."""
        if db_field.name == "products":
            kwargs["queryset"] = Product.objects.not_archived().listed()
        return super().formfield_for_manytomany(db_field, request, **kwargs)

    def save_model(self, request: HttpRequest, obj: Sale, form: Any, change: bool) -> None:  # noqa: FBT001 - Django's signature
        """Write by the services."""
        values = {n: form.cleaned_data[n] for n in (form.changed_data if change else form.fields)}
        for name, ids in (("products", "product_ids"), ("categories", "category_ids")):
            if name in values:
                values[ids] = [row.pk for row in values.pop(name)]
        if change:
            services.update_sale(sale_id=obj.pk, **values)
            return
        created = services.create_sale(**values)
        obj.pk, obj._state.adding = created.pk, False  # noqa: SLF001 - so that Django logs the row

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:  # noqa: FBT001 - Django's signature
        """Leave it to the service, which has done it."""

    def delete_model(self, request: HttpRequest, obj: Sale) -> None:
        """End it."""
        services.end_sale(sale_id=obj.pk)

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Sale]) -> None:
        """End each."""
        for sale in queryset:
            services.end_sale(sale_id=sale.pk)
