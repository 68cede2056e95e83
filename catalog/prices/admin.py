"""The admin of sales."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from catalog.admin_base import ServiceAdmin
from catalog.prices import services
from catalog.prices.models import Sale
from catalog.products.models import Product

_SCOPE = {
    "product_ids": "products",
    "category_ids": "categories",
    "collection_ids": "collections",
}
_FIELDS = ("name", "kind", "value", "starts_at", "ends_at", "products", "categories", "collections")


@admin.register(Sale)
class SaleAdmin(ServiceAdmin):
    """Sales. Deleting a sale that has started only ends it."""

    list_display = ("name", "kind", "value", "starts_at", "ends_at")
    list_filter = ("kind",)
    search_fields = ("name",)
    autocomplete_fields = ("products", "categories", "collections")
    fields = _FIELDS
    argument_fields = _SCOPE
    actions = None

    def get_readonly_fields(self, request: HttpRequest, obj: Sale | None = None) -> list[str]:
        """Make everything but name and end read-only once the sale has started."""
        if obj is None or not Sale.objects.started().filter(pk=obj.pk).exists():
            return []
        return [name for name in _FIELDS if name not in services.CHANGEABLE_AFTER_START]

    def formfield_for_manytomany(self, db_field: Any, request: Any, **kwargs: Any) -> Any:
        """Offer products without their variants, to which the sale applies too."""
        if db_field.name == "products":
            kwargs["queryset"] = Product.objects.not_archived().listed()
        return super().formfield_for_manytomany(db_field, request, **kwargs)

    def values_of(self, form: Any, *, change: bool) -> dict[str, Any]:
        """Replace the scope by ids."""
        values = super().values_of(form, change=change)
        for ids, name in _SCOPE.items():
            if name in values:
                values[ids] = [row.pk for row in values.pop(name)]
        return values

    def create(self, request: HttpRequest, values: dict[str, Any]) -> Sale:
        """Create a sale."""
        return services.create_sale(**values)

    def update(self, obj: Sale, changes: dict[str, Any]) -> None:
        """Update a sale."""
        services.update_sale(sale_id=obj.pk, **changes)

    def delete(self, obj: Sale) -> None:
        """End a sale."""
        services.end_sale(sale_id=obj.pk)

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:  # noqa: FBT001 - Django's signature
        """Do nothing, because the service has saved products and categories."""
