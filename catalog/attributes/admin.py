"""The admin of attributes."""

from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from catalog.admin_base import ServiceAdmin
from catalog.attributes import services
from catalog.attributes.forms import SeparatedListField
from catalog.attributes.models import ATTRIBUTE_MEMBERS, Attribute
from catalog.limits import ATTRIBUTE_TEXT_LENGTH, MAX_ATTRIBUTE_CHOICES
from shop.core.language_codes import further_languages
from shop.core.translation_forms import TranslationsFormField


class AttributeForm(forms.ModelForm):
    """An attribute with its choices, one per line."""

    choices = SeparatedListField(
        separator="\n",
        max_item_length=ATTRIBUTE_TEXT_LENGTH,
        max_items=MAX_ATTRIBUTE_CHOICES,
        help_text=_("One choice per line. Only for attributes of the kind “One of its choices”."),
    )

    class Meta:
        model = Attribute
        fields = ("name", "slug", "kind", "choices", "translations")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """List all choices as texts to translate."""
        super().__init__(*args, **kwargs)
        if "translations" in self.fields:
            choices = list(self.instance.choices)
            self.fields["translations"] = TranslationsFormField(
                members=ATTRIBUTE_MEMBERS,
                languages=further_languages(),
                originals={"choices": lambda _language: choices},
                help_text=Attribute._meta.get_field("translations").help_text,  # noqa: SLF001 - documented by Django
            )


@admin.register(Attribute)
class AttributeAdmin(ServiceAdmin):
    """Attributes. An attribute that products have cannot be deleted."""

    form = AttributeForm
    list_display = ("name", "slug", "kind")
    list_filter = ("kind",)
    search_fields = ("name", "slug")
    prepopulated_fields = {"slug": ("name",)}
    actions = None

    def get_readonly_fields(self, request: HttpRequest, obj: Attribute | None = None) -> list[str]:
        """Make the kind of an existing attribute read-only, because products have values of it."""
        return ["kind"] if obj else []

    def get_prepopulated_fields(self, request: HttpRequest, obj: Attribute | None = None) -> Any:
        """Propose a slug only for a new attribute, because filters in URLs contain it."""
        return {} if obj else super().get_prepopulated_fields(request, obj)

    def create(self, request: HttpRequest, values: dict[str, Any]) -> Attribute:
        """Create an attribute."""
        return services.create_attribute(**values)

    def update(self, obj: Attribute, changes: dict[str, Any]) -> None:
        """Update an attribute."""
        services.update_attribute(attribute_id=obj.pk, **changes)

    def delete(self, obj: Attribute) -> None:
        """Delete an attribute."""
        services.delete_attribute(attribute_id=obj.pk)
