"""The admin of categories."""

from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest

from catalog.admin_base import ServiceAdmin
from catalog.categories import services
from catalog.categories.models import Category
from catalog.translations.forms import (
    TranslatedFields,
    is_translated_field,
    slugs_explained,
    translated_fieldsets,
)


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

    def get_fieldsets(self, request: HttpRequest, obj: Category | None = None) -> Any:
        """Add a set of fields for each further language of the shop."""
        sets = list(super().get_fieldsets(request, obj))
        may_change = self.has_change_permission(request, obj)
        may_save = may_change if obj else self.has_add_permission(request)
        return [*sets, *translated_fieldsets("category", request)] if may_save else sets

    def get_form(self, request: Any, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:  # noqa: FBT001, FBT002 - Django's signature
        """Add the fields of translations."""
        translated = TranslatedFields("category", request, obj and obj.pk)
        members = {**translated.fields(), "translated": translated}
        kwargs["form"] = type("CategoryForm", (forms.ModelForm,), members)
        return super().get_form(request, obj, change=change, **kwargs)

    def values_of(self, form: Any, *, change: bool) -> dict[str, Any]:
        """Replace the parent by its id, and the fields of translations by those that differ."""
        values = super().values_of(form, change=change)
        values = {name: v for name, v in values.items() if not is_translated_field(name)}
        if "parent" in values:
            parent = values.pop("parent")
            values["parent_id"] = parent and parent.pk
        if translations := form.translated.changes(form.cleaned_data):
            values["translations"] = translations
        return values

    def create(self, request: HttpRequest, values: dict[str, Any]) -> Category:
        """Create a category."""
        with slugs_explained(values.get("translations", {})):
            return services.create_category(**values)

    def update(self, obj: Category, changes: dict[str, Any]) -> None:
        """Update or move a category."""
        with slugs_explained(changes.get("translations", {})):
            services.update_category(category_id=obj.pk, **changes)

    def delete(self, obj: Category) -> None:
        """Delete a category."""
        services.delete_category(category_id=obj.pk)
