"""Forms of the admin that are validated as a request of the API is."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from django import forms
from django.contrib.admin.widgets import AdminTextInputWidget
from rest_framework import serializers

from shop.core.countries import country_name
from shop.core.postal_addresses import LENGTHS, MEMBERS, PostalAddress, label_of


@dataclass(frozen=True, slots=True)
class FieldGroup:
    """A part of a form: a title, fields, lines of several fields, and a sentence about them."""

    title: str
    fields: Sequence[forms.BoundField] = ()
    lines: Sequence[Sequence[forms.BoundField]] = ()
    note: str = ""


class RequestForm(forms.Form):
    """A form whose fields are named after the members of a request body.

    A member of an object is ``address_city``, and one of an array ``items_0_quantity``.
    """

    serializer_class: ClassVar[type[serializers.Serializer[Any]]]
    validated: dict[str, Any]
    """The validated members of a valid form."""

    def request_body(self) -> dict[str, Any]:
        """Return the request body that the input stands for."""
        raise NotImplementedError

    def clean(self) -> dict[str, Any]:
        """Add the errors of the serializer at the fields."""
        cleaned: dict[str, Any] = super().clean() or {}
        if self.errors:
            return cleaned
        serializer = self.serializer_class(data=self.request_body())
        if serializer.is_valid():
            self.validated = serializer.validated_data
        for name, sentence in _flat(serializer.errors):
            self.add_error(name if name in self.fields else None, sentence)
        return cleaned

    def address(self, prefix: str) -> PostalAddress:
        """Return the input of ``address_fields``."""
        values = {name: self.cleaned_data.get(f"{prefix}_{name}") or "" for name in MEMBERS}
        return PostalAddress.from_json(values)


def _flat(errors: Any, path: str = "") -> Iterator[tuple[str, str]]:
    """Yield the name of a field and the sentence for each error of a serializer."""
    if isinstance(errors, dict):
        named: Iterable[tuple[Any, Any]] = errors.items()
    elif any(isinstance(each, dict) for each in errors):
        named = enumerate(errors)
    else:
        yield from ((path, str(sentence)) for sentence in errors)
        return
    for name, inner in named:
        yield from _flat(inner, f"{path}_{name}" if path else str(name))


def address_fields(
    prefix: str, countries: Iterable[str], address: PostalAddress
) -> dict[str, forms.Field]:
    """Return a field for each member of an address, which are optional for the form."""
    codes = sorted({*countries, address.country} - {""}, key=country_name)
    choices = [("", "---------"), *((code, f"{country_name(code)} ({code})") for code in codes)]
    fields: dict[str, forms.Field] = {}
    for name in MEMBERS:
        common: dict[str, Any] = {
            "label": _LABELS.get(name, label_of(name)),
            "initial": getattr(address, name),
            "required": False,
        }
        fields[f"{prefix}_{name}"] = (
            forms.ChoiceField(choices=choices, **common)
            if name == "country"
            else forms.CharField(
                max_length=LENGTHS.get(name), widget=AdminTextInputWidget, **common
            )
        )
    return fields


_LABELS = {
    "line1": "Street and number",
    "line2": "Further line",
    "region": "State or province",
    "vat_number": "VAT number",
}
