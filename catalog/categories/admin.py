"""The tree of categories, by the services that every writer uses."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from catalog.categories import services
from catalog.categories.models import Category
from shop.core.admin import ShopModelAdmin


@admin.register(Category)
class CategoryAdmin(ShopModelAdmin):
    """Categories; one that holds something stays."""

    list_display = ("name", "parent", "position", "is_published", "slug")
    list_select_related = ("parent",)
    list_filter = ("is_published",)
    search_fields = ("name", "slug")
    prepopulated_fields = {"slug": ("name",)}
    autocomplete_fields = ("parent",)
    fields = ("name", "slug", "parent", "position", "is_published")

    def save_model(self, request: HttpRequest, obj: Category, form: Any, change: bool) -> None:  # noqa: FBT001 - Django's signature
        """Write by the services."""
        values = {n: form.cleaned_data[n] for n in (form.changed_data if change else form.fields)}
        if "parent" in values:
            parent = values.pop("parent")
            values["parent_id"] = parent and parent.pk
        if change:
            services.update_category(category_id=obj.pk, **values)
            return
        created = services.create_category(**values)
        obj.pk, obj._state.adding = created.pk, False  # noqa: SLF001 - so that Django logs the row

    def delete_model(self, request: HttpRequest, obj: Category) -> None:
        """Delete by the service."""
        services.delete_category(category_id=obj.pk)

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Category]) -> None:
        """Delete each by the service."""
        for category in queryset:
            services.delete_category(category_id=category.pk)
