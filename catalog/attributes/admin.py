"""Attributes in the admin, which writes by the services."""

from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest

from catalog.attributes import services
from catalog.attributes.forms import SeparatedListField
from catalog.attributes.models import Attribute
from catalog.limits import ATTRIBUTE_TEXT_LENGTH, MAX_ATTRIBUTE_CHOICES
from shop.core.admin import ShopModelAdmin


class AttributeForm(forms.ModelForm):
    """An attribute, its choices a line each."""

    choices = SeparatedListField(
        separator="\n",
        each=ATTRIBUTE_TEXT_LENGTH,
        most=MAX_ATTRIBUTE_CHOICES,
        help_text="Of a choice, a line each.",
    )

    class Meta:
        model = Attribute
        fields = ("name", "slug", "kind", "choices")


@admin.register(Attribute)
class AttributeAdmin(ShopModelAdmin):
    """Attributes; one that products have stays."""

    form = AttributeForm
    list_display = ("name", "slug", "kind")
    list_filter = ("kind",)
    search_fields = ("name", "slug")
    prepopulated_fields = {"slug": ("name",)}
    actions = None

    def get_readonly_fields(self, request: HttpRequest, obj: Attribute | None = None) -> list[str]:
        """Its kind stays, as products have values of it."""
        return ["kind"] if obj else []

    def get_prepopulated_fields(self, request: HttpRequest, obj: Attribute | None = None) -> Any:
        """A slug is proposed once; filters name it from then on."""
        return {} if obj else super().get_prepopulated_fields(request, obj)

    def save_model(self, request: HttpRequest, obj: Attribute, form: Any, change: bool) -> None:  # noqa: FBT001 - Django's signature
        """Write by the services."""
        values = {n: form.cleaned_data[n] for n in (form.changed_data if change else form.fields)}
        if change:
            services.update_attribute(attribute_id=obj.pk, **values)
            return
        created = services.create_attribute(**values)
        obj.pk, obj._state.adding = created.pk, False  # noqa: SLF001 - so that Django logs the row

    def delete_model(self, request: HttpRequest, obj: Attribute) -> None:
        """Delete by the service."""
        services.delete_attribute(attribute_id=obj.pk)
