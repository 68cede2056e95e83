"""The options of a product as staff enter them: a line each, ``Size: S, M, L``.

Every combination of the values is a variant. Values with commas are put in quotation marks, as in
CSV.
"""

import csv
from collections.abc import Iterable, Sequence
from itertools import product
from typing import Any, NamedTuple

from django import forms
from django.contrib.admin.widgets import AdminTextareaWidget
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from catalog.limits import MAX_OPTIONS, OPTION_LENGTH, SKU_LENGTH
from catalog.options.services import fold_option, fold_options
from catalog.products.models import Product
from shop.core.language_codes import own_language
from shop.core.lines import validate_line
from shop.core.slugs import make_slug

_MALFORMED = _("Enter an option as in: Size: S, M, L")


class Option(NamedTuple):
    """The name of an option with its values, which are empty if only names were entered."""

    name: str
    values: list[str]


def parse_options(text: str) -> list[Option]:
    """Return the options that a text lists. Raises ValidationError.

    A line without a colon has the names of options, separated by commas.
    """
    options: list[Option] = []
    for line in filter(None, map(str.strip, text.splitlines())):
        name, colon, values = _partition(line)
        options += [Option(name, _split(values))] if colon else map(_named, _split(line))
    names = [option.name for option in options]
    if len(names) > MAX_OPTIONS:
        raise ValidationError(_("Enter at most %(limit)s items.") % {"limit": MAX_OPTIONS})
    for items in (names, *(option.values for option in options)):
        _check(items)
    return options


def write_options(options: Iterable[Option]) -> list[str]:
    """Return the lines that list the options."""
    return [
        f"{_quote(option.name, ':')}: {', '.join(_quote(value, ',') for value in option.values)}"
        if option.values
        else _quote(option.name, ":,")
        for option in options
    ]


def options_of(names: Sequence[str], variants: Iterable[Sequence[str]]) -> list[Option]:
    """Return options with the values that variants have, in the order of the variants."""
    found: list[dict[str, None]] = [{} for _name in names]
    for values in variants:
        for known, value in zip(found, values, strict=False):
            known[value] = None
    return [Option(name, list(known)) for name, known in zip(names, found, strict=True)]


def combinations(options: Sequence[Option]) -> list[tuple[str, ...]]:
    """Return the option values of each variant, none if an option has no values."""
    return list(product(*(option.values for option in options))) if options else []


def key_of(values: Iterable[str]) -> tuple[str, ...]:
    """Return option values in the form in which they are compared."""
    return fold_options(values)


def propose_skus(base: str, variants: Sequence[Sequence[str]]) -> list[str]:
    """Return an SKU for each new variant, such as ``SHIRT-S-RED``; empty if it is in use."""
    skus = ["-".join((base, *map(_code, values))) for values in variants] if base else []
    used = {sku.upper() for sku in Product.objects.with_sku(skus).values_list("sku", flat=True)}
    proposals = [""] * len(variants)
    for number, sku in enumerate(skus):
        if sku.upper() not in used and len(sku) <= SKU_LENGTH:
            proposals[number] = sku
            used.add(sku.upper())
    return proposals


def base_sku(product: Product | None, sku: str, name: str) -> str:
    """Return what the SKUs of a product's variants begin with."""
    known = (sku, product.sku, product.slug.upper()) if product else (sku,)
    return next(filter(None, known), "") or _code(name)


class OptionsField(forms.CharField):
    """The options of a product with their values. Its value is the list of lines.

    ``known`` are the lines of the product, which are valid even if their values could not be
    entered, such as two that differ in case.
    """

    known: Sequence[str] = ()
    widget = AdminTextareaWidget(attrs={"rows": 3})

    def prepare_value(self, value: Any) -> Any:
        """Join the lines."""
        return "\n".join(value) if isinstance(value, list) else value

    def clean(self, value: Any) -> Any:
        """Return the lines in one spelling. Raises ValidationError."""
        text = super().clean(value)
        is_known = self.known and not self.has_changed(list(self.known), text)
        return list(self.known) if is_known else write_options(parse_options(text))

    def has_changed(self, initial: Any, data: Any) -> bool:
        """Compare the text with the initial lines."""
        text = "\n".join((data or "").strip().splitlines())
        return bool(self.prepare_value(initial or []) != text)


def _named(name: str) -> Option:
    return Option(name, [])


def _partition(line: str) -> tuple[str, str, str]:
    """Split a line at the colon after the name, which may be in quotation marks."""
    if not line.startswith('"'):
        name, colon, values = line.partition(":")
        return name.strip(), colon, values
    name, mark, values = line[1:].replace('""', "\0").partition('"')
    if not mark or not values.lstrip().startswith(":"):
        return line, "", ""
    return name.replace("\0", '"').strip(), ":", values.lstrip()[1:].replace("\0", '""')


def _split(text: str) -> list[str]:
    try:
        rows = list(csv.reader([text], skipinitialspace=True, strict=True))
    except csv.Error:
        raise ValidationError(_MALFORMED) from None
    return [item.strip() for row in rows for item in row if item.strip()]


def _quote(text: str, separators: str) -> str:
    """Return a name or a value, in quotation marks if it could not be read otherwise."""
    is_plain = not text.startswith('"') and not any(mark in text for mark in separators)
    return text if is_plain else '"' + text.replace('"', '""') + '"'


def _check(items: Sequence[str]) -> None:
    if not all(items):
        raise ValidationError(_MALFORMED)
    if any(len(item) > OPTION_LENGTH for item in items):
        raise ValidationError(
            _("Each item may have at most %(limit)s characters.") % {"limit": OPTION_LENGTH}
        )
    for item in items:
        validate_line(item)
    if len(set(map(fold_option, items))) < len(items):
        raise ValidationError(_("Enter each item only once."))


def _code(text: str) -> str:
    return make_slug(text, length=SKU_LENGTH, default="", language=own_language()).upper()
