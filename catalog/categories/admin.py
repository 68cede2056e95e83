"""The admin of categories."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from catalog.admin_base import ServiceAdmin
from catalog.categories import services
from catalog.categories.models import Category


@admin.register(Category)
class CategoryAdmin(ServiceAdmin):
    """Categories. A category that contains products or categories cannot be deleted."""

    list_display = ("name", "parent", "position", "is_published", "slug")
    list_select_related = ("parent",)
    list_filter = ("is_published",)
    search_fields = ("name", "slug")
    prepopulated_fields = {"slug": ("name",)}
    autocomplete_fields = ("parent",)
    fields = (
        "name",
        "slug",
        "parent",
        "position",
        "is_published",
        "seo_title",
        "seo_description",
    )
    argument_fields = {"parent_id": "parent", "category_id": "parent"}

    def lock(self, request: HttpRequest, pk: Any) -> None:
        """Lock all categories, as the services do."""
        services.lock_tree()

    def values_of(self, form: Any, *, change: bool) -> dict[str, Any]:
        """Replace the parent by its id."""
        values = super().values_of(form, change=change)
        if "parent" in values:
            parent = values.pop("parent")
            values["parent_id"] = parent and parent.pk
        return values

    def create(self, request: HttpRequest, values: dict[str, Any]) -> Category:
        """Create a category."""
        return services.create_category(**values)

    def update(self, obj: Category, changes: dict[str, Any]) -> None:
        """Update or move a category."""
        services.update_category(category_id=obj.pk, **changes)

    def delete(self, obj: Category) -> None:
        """Delete a category."""
        services.delete_category(category_id=obj.pk)
