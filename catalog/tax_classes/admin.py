"""The admin of tax classes."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from catalog.admin_base import ServiceAdmin
from catalog.tax_classes import services
from catalog.tax_classes.models import TaxClass


@admin.register(TaxClass)
class TaxClassAdmin(ServiceAdmin):
    """Tax classes. A class that products or rates have cannot be deleted."""

    fields = ("code", "name")
    list_display = ("code", "name")
    search_fields = ("code", "name")
    ordering = ("code",)
    actions = None

    def get_readonly_fields(self, request: HttpRequest, obj: TaxClass | None = None) -> list[str]:
        """Make the code of an existing class read-only: products, files and rates refer to it."""
        return ["code"] if obj else []

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> Any:
        """Return the class alone. The service refuses it if there are products of it."""
        names = [str(tax_class) for tax_class in objs]
        return names, {"tax classes": len(names)}, set(), []

    def create(self, request: HttpRequest, values: dict[str, Any]) -> TaxClass:
        """Create a tax class."""
        return services.create_tax_class(**values)

    def update(self, obj: TaxClass, changes: dict[str, Any]) -> None:
        """Change the name."""
        services.rename_tax_class(tax_class_id=obj.pk, **changes)

    def delete(self, obj: TaxClass) -> None:
        """Delete a tax class."""
        services.delete_tax_class(tax_class_id=obj.pk)
