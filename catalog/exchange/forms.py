"""The forms of an import in the admin: the file, and how it is read."""

from collections.abc import Iterator
from hashlib import sha256
from typing import Any, NamedTuple

from django import forms
from django.core.files.uploadedfile import UploadedFile
from django.http import QueryDict

from catalog.attributes.models import Attribute
from catalog.exchange.imports import Choices, Glance
from catalog.exchange.imports.conversions import metadata_key
from catalog.exchange.imports.decimals import MARKS
from catalog.exchange.imports.encodings import ENCODINGS
from catalog.exchange.imports.readers import READERS
from catalog.exchange.imports.reading import DELIMITERS
from catalog.exchange.imports.shop import ATTRIBUTE, COLUMNS, METADATA, PRIVATE_METADATA, TARGETS
from catalog.exchange.imports.translations import translated_columns
from catalog.limits import MAX_UPLOAD

MAX_CHOSEN = 150
"""Columns for which the page has a select; DATA_UPLOAD_MAX_NUMBER_FIELDS allows few more."""
_NOT_READ = "not read"
_DETECTED = ("", "as detected")
_FORMATS = [(name, reader.title) for name, reader in READERS.items()]


class ImportForm(forms.Form):
    """A file to import, with options."""

    file = forms.FileField(
        help_text="The CSV of Shopify, WooCommerce or Magento, any other table as CSV or XLSX, or "
        "JSON. The limit is 5 MiB; use the command manage.py import_products for larger files."
    )
    keep_stock = forms.BooleanField(
        required=False,
        label="Keep stock",
        help_text="Do not change the stock of existing products.",
    )
    strict = forms.BooleanField(
        required=False, help_text="Change nothing if the file contains any error."
    )

    def clean_file(self) -> "UploadedFile[bytes]":
        """Reject a file that is too large for a request."""
        file: UploadedFile[bytes] = self.cleaned_data["file"]
        if (file.size or 0) > MAX_UPLOAD:
            reason = "The file has more than 5 MiB. Use manage.py import_products, or split it."
            raise forms.ValidationError(reason)
        return file


class ColumnRow(NamedTuple):
    """A column of the file on the page: its title, its first values, and its select if any.

    Without a select the page shows what it is read as; the number of rows says it if there is one.
    """

    title: str
    samples: list[str]
    number_not_read: int
    field: forms.BoundField | None
    read_as: str


class ReadingForm(forms.Form):
    """How a file is read. What was detected is chosen at first."""

    format = forms.ChoiceField(
        required=False, choices=[_DETECTED, *_FORMATS, ("json", "JSON")], label="Format"
    )
    encoding = forms.ChoiceField(required=False, choices=[_DETECTED, *ENCODINGS.items()])
    delimiter = forms.ChoiceField(
        required=False,
        choices=[_DETECTED, *((name, name) for name in DELIMITERS.values())],
        label="Between cells",
    )
    decimal = forms.ChoiceField(
        required=False, choices=[_DETECTED, *MARKS.items()], label="Decimal mark"
    )
    images_from = forms.URLField(
        required=False,
        assume_scheme="https",
        label="Address of images",
        help_text="Where relative addresses of images are, as in files of Magento.",
    )
    keep_stock = ImportForm.base_fields["keep_stock"]
    strict = ImportForm.base_fields["strict"]

    def choices(self) -> Choices:
        """Return what was chosen about the file, without columns. Needs a valid form."""
        data = self.cleaned_data
        marks = {name: mark for mark, name in DELIMITERS.items()}
        return Choices(
            encoding=data["encoding"],
            delimiter=marks.get(data["delimiter"], ""),
            decimal=data["decimal"],
            images_from=data["images_from"],
        )


class ColumnsForm(forms.Form):
    """What the columns of a table are read as."""

    seen = forms.CharField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, glance: Glance, **kwargs: Any) -> None:
        """Take the columns. There are too many for a page if it has more than ``MAX_CHOSEN``."""
        super().__init__(*args, **kwargs)
        self._glance = glance
        self.may_choose = glance.may_choose and len(glance.columns) <= MAX_CHOSEN
        self.initial["seen"] = self._signature()
        fields = _fields() if self.may_choose else []
        for number, column in enumerate(glance.columns if self.may_choose else ()):
            own = f"{METADATA}{metadata_key(column.title)}"
            known = {name for name, _ in fields}
            extra = [(name, name) for name in (own, column.field) if name and name not in known]
            self.fields[f"column_{number}"] = forms.ChoiceField(
                required=False,
                choices=[("", _NOT_READ), *fields, *dict(extra).items()],
                initial=column.field,
                label=column.title,
            )

    def chosen(self) -> dict[str, str]:
        """Return the column of the shop by each title that was corrected. Needs a valid form."""
        if not self.may_choose:
            return {}
        pairs = ((n, column) for n, column in enumerate(self._glance.columns))
        found = {column.title: (column, self.cleaned_data[f"column_{n}"]) for n, column in pairs}
        return {title: now for title, (column, now) in found.items() if now != column.field}

    def rows(self, not_read: dict[str, int]) -> Iterator[ColumnRow]:
        """Yield the columns for the page. ``not_read`` has numbers of rows by title."""
        for number, column in enumerate(self._glance.columns):
            field = self[f"column_{number}"] if self.may_choose else None
            number_not_read = not_read.get(column.title, 0)
            read_as = _label(column.field) or ("" if number_not_read else _NOT_READ)
            yield ColumnRow(column.title, list(column.samples), number_not_read, field, read_as)

    def has_seen(self, sent: QueryDict) -> bool:
        """Return whether a page was sent that had the columns of the file as it is read now."""
        return sent.get("seen") == self._signature()

    def _signature(self) -> str:
        """Return a digest of the columns, and of whether the page has a select for each."""
        shown = [str(self.may_choose), *(column.title for column in self._glance.columns)]
        return sha256("\n".join(shown).encode()).hexdigest()


def reading_form(glance: Glance, options: dict[str, Any]) -> ReadingForm:
    """Return the form with what was detected, and with the options that were chosen before."""
    reading = glance.reading
    found = {
        "format": reading.format,
        "encoding": reading.encoding if reading.encoding in ENCODINGS else "",
        "delimiter": DELIMITERS.get(reading.delimiter, ""),
        "decimal": reading.decimal,
    }
    return ReadingForm(initial={**found, **options})


def _fields() -> list[tuple[str, str]]:
    """Return the columns of the shop that a column can be read as, with their labels."""
    names = [*COLUMNS, *TARGETS, *translated_columns()]
    slugs = Attribute.objects.order_by("slug").values_list("slug", "name")
    labels = [(name, _label(name)) for name in names]
    return [*labels, *((f"{ATTRIBUTE}{slug}", f"attribute {name}") for slug, name in slugs)]


def _label(name: str) -> str:
    name = name.removeprefix(PRIVATE_METADATA)
    return name if "." in name else name.replace("_", " ")
