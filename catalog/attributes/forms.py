"""Form fields of the admin: lists, and a field for each attribute."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from django import forms
from django.contrib.admin.widgets import AdminTextareaWidget, AdminTextInputWidget

from catalog.attributes.models import Attribute, AttributeKind
from catalog.limits import ATTRIBUTE_TEXT_LENGTH, MAX_ATTRIBUTE_NUMBER

ATTRIBUTE = "attribute_"
"""How the names of attributes' fields begin."""


class SeparatedListField(forms.CharField):
    """A list of texts, typed with a separator between them."""

    def __init__(self, *, separator: str, each: int, most: int, **kwargs: Any) -> None:
        """``each`` is the length of one, ``most`` how many there may be."""
        self.separator, self.each, self.most = separator, each, most
        widget = AdminTextareaWidget if separator == "\n" else AdminTextInputWidget
        super().__init__(required=False, widget=widget, **kwargs)

    def prepare_value(self, value: Any) -> Any:
        """Write a list as staff type it."""
        if isinstance(value, list | tuple):
            return (self.separator if self.separator == "\n" else f"{self.separator} ").join(value)
        return value

    def clean(self, value: Any) -> list[str]:
        """Return the list. Raises ValidationError for long, many or repeated items."""
        text = super().clean(value)
        items = [item for item in (part.strip() for part in text.split(self.separator)) if item]
        if len(items) > self.most:
            raise forms.ValidationError(f"There may be {self.most} at most.")
        if any(len(item) > self.each for item in items):
            raise forms.ValidationError(f"Each may have {self.each} characters at most.")
        if len({item.casefold() for item in items}) < len(items):
            raise forms.ValidationError("One of them comes twice.")
        return items

    def has_changed(self, initial: Any, data: Any) -> bool:
        """Compare as lists."""
        return bool(self.prepare_value(initial or []) != (data or "").strip())


def attribute_fields(attributes: Sequence[Attribute]) -> dict[str, forms.Field]:
    """Return a typed field for each attribute, by the field's name."""
    return {f"{ATTRIBUTE}{attribute.slug}": _field(attribute) for attribute in attributes}


def attribute_values(cleaned: dict[str, Any], names: Sequence[str]) -> dict[str, Any]:
    """Return what such fields say by the attributes' slugs, None for nothing."""
    said = {name.removeprefix(ATTRIBUTE): cleaned[name] for name in names}
    return {slug: None if value == "" else value for slug, value in said.items()}


def _field(attribute: Attribute) -> forms.Field:
    if attribute.kind == AttributeKind.NUMBER:
        bound = Decimal(MAX_ATTRIBUTE_NUMBER - 1)
        return forms.DecimalField(
            label=attribute.name,
            required=False,
            min_value=-bound,
            max_value=bound,
            decimal_places=6,
        )
    if attribute.kind == AttributeKind.BOOLEAN:
        return forms.NullBooleanField(label=attribute.name, required=False)
    if attribute.kind == AttributeKind.CHOICE:
        choices = [("", "–"), *((choice, choice) for choice in attribute.choices)]
        return forms.ChoiceField(label=attribute.name, required=False, choices=choices)
    return forms.CharField(label=attribute.name, required=False, max_length=ATTRIBUTE_TEXT_LENGTH)
