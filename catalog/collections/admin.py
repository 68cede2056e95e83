"""The admin of collections."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from catalog.admin_base import ServiceAdmin
from catalog.collections import services
from catalog.collections.forms import CollectionForm
from catalog.collections.models import Collection


@admin.register(Collection)
class CollectionAdmin(ServiceAdmin):
    """Collections, with their rule or their products."""

    form = CollectionForm
    list_display = ("name", "position", "is_published", "has_rule", "slug")
    list_filter = ("is_published",)
    search_fields = ("name", "slug")
    prepopulated_fields = {"slug": ("name",)}
    fields = (
        *("name", "slug", "description", "position", "is_published", "rule", "chosen"),
        "translations",
    )
    argument_fields = {"product_ids": "chosen"}

    @admin.display(description=_("By rule"), boolean=True)
    def has_rule(self, collection: Collection) -> bool:
        """Return whether a rule selects the products."""
        return collection.rule is not None

    def values_of(self, form: Any, *, change: bool) -> dict[str, Any]:
        """Replace the products by their ids."""
        values = super().values_of(form, change=change)
        if "chosen" in values:
            values["product_ids"] = values.pop("chosen")
        return values

    def create(self, request: HttpRequest, values: dict[str, Any]) -> Collection:
        """Create a collection."""
        return services.create_collection(**values)

    def update(self, obj: Collection, changes: dict[str, Any]) -> None:
        """Update a collection."""
        services.update_collection(collection_id=obj.pk, **changes)

    def delete(self, obj: Collection) -> None:
        """Delete a collection."""
        services.delete_collection(collection_id=obj.pk)
