"""The admin of synonyms."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from catalog.admin_base import ServiceAdmin
from catalog.search import services
from catalog.search.models import Synonym


@admin.register(Synonym)
class SynonymAdmin(ServiceAdmin):
    """Synonyms: words that searches treat as the same."""

    fields = ("words",)
    list_display = ("words",)
    search_fields = ("words",)
    ordering = ("words",)
    actions = None

    def create(self, request: HttpRequest, values: dict[str, Any]) -> Synonym:
        """Create a group."""
        return services.create_synonym(**values)

    def update(self, obj: Synonym, changes: dict[str, Any]) -> None:
        """Change a group."""
        services.update_synonym(synonym_id=obj.pk, **changes)

    def delete(self, obj: Synonym) -> None:
        """Delete a group."""
        services.delete_synonym(synonym_id=obj.pk)
