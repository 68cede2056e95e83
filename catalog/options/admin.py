"""The admin of translations of options."""

from typing import Any, ClassVar

from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from catalog.admin_base import ServiceAdmin
from catalog.options import translating
from catalog.options.models import OptionTranslation


@admin.register(OptionTranslation)
class OptionTranslationAdmin(ServiceAdmin):
    """Translations of options and their values, for all products."""

    fields = ("name", "translations")
    list_display = ("name", "languages")
    search_fields = ("name",)
    ordering: ClassVar[tuple[str, ...]] = ("name",)
    actions = None

    @admin.display(description=_("Translated to"))
    def languages(self, row: OptionTranslation) -> str:
        """Return the codes of the languages."""
        return ", ".join(sorted(row.translations)) or "–"

    def create(self, request: HttpRequest, values: dict[str, Any]) -> OptionTranslation:
        """Create the translations of an option."""
        return translating.create_option_translation(**values)

    def update(self, obj: OptionTranslation, changes: dict[str, Any]) -> None:
        """Change the translations of an option."""
        translating.update_option_translation(translation_id=obj.pk, **changes)

    def delete(self, obj: OptionTranslation) -> None:
        """Delete the translations of an option."""
        translating.delete_option_translation(translation_id=obj.pk)
