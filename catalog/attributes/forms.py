"""Form fields for the admin: lists of strings, and a field for each attribute."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from django import forms
from django.contrib.admin.widgets import AdminTextareaWidget, AdminTextInputWidget

from catalog.attributes.models import Attribute, AttributeKind
from catalog.limits import ATTRIBUTE_TEXT_LENGTH, MAX_ATTRIBUTE_NUMBER
from shop.core.lines import validate_line
from shop.core.slugs import fold_name

ATTRIBUTE = "attribute_"
"""The prefix of the names of attribute fields."""


class SeparatedListField(forms.CharField):
    """A list of strings that are entered with a separator between them."""

    def __init__(
        self, *, separator: str, max_item_length: int, max_items: int, **kwargs: Any
    ) -> None:
        """Use a text area if the separator is a line break."""
        self.separator, self.max_item_length, self.max_items = separator, max_item_length, max_items
        widget = AdminTextareaWidget if separator == "\n" else AdminTextInputWidget
        super().__init__(required=False, widget=widget, **kwargs)

    def prepare_value(self, value: Any) -> Any:
        """Join a list as it is entered."""
        if isinstance(value, list | tuple):
            return (self.separator if self.separator == "\n" else f"{self.separator} ").join(value)
        return value

    def clean(self, value: Any) -> list[str]:
        """Return the list. Raises ValidationError for too many, too long or duplicate items."""
        text = super().clean(value)
        items = [item for item in (part.strip() for part in text.split(self.separator)) if item]
        if len(items) > self.max_items:
            raise forms.ValidationError(f"Enter at most {self.max_items} items.")
        if any(len(item) > self.max_item_length for item in items):
            raise forms.ValidationError(
                f"Each item may have at most {self.max_item_length} characters."
            )
        for item in items:
            validate_line(item)
        if len({fold_name(item) for item in items}) < len(items):
            raise forms.ValidationError("Enter each item only once.")
        return items

    def has_changed(self, initial: Any, data: Any) -> bool:
        """Compare the entered text with the initial list."""
        return bool(self.prepare_value(initial or []) != (data or "").strip())


def attribute_fields(attributes: Sequence[Attribute]) -> dict[str, forms.Field]:
    """Return a typed field for each attribute, by the field's name."""
    return {f"{ATTRIBUTE}{attribute.slug}": _field(attribute) for attribute in attributes}


def attribute_values(cleaned: dict[str, Any], names: Sequence[str]) -> dict[str, Any]:
    """Return the values of attribute fields by the attributes' slugs, None for an empty field."""
    values = {name.removeprefix(ATTRIBUTE): cleaned[name] for name in names}
    return {slug: None if value == "" else value for slug, value in values.items()}


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
    return forms.CharField(
        label=attribute.name,
        required=False,
        max_length=ATTRIBUTE_TEXT_LENGTH,
        validators=[validate_line],
    )
