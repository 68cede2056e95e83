"""Converts and validates the text of cells."""

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError

from catalog.exchange.imports.conversions import weight_with_unit
from catalog.exchange.imports.decimals import has_other_currency
from catalog.exchange.imports.rows import Findings, Row, quote
from catalog.exchange.imports.stock_words import count
from catalog.exchange.imports.texts import (
    Corrected,
    InvalidValue,
    code,
    exact,
    exact_line,
    line,
    slug,
    text,
)
from catalog.limits import (
    ALT_LENGTH,
    ATTRIBUTE_NAME_LENGTH,
    ATTRIBUTE_TEXT_LENGTH,
    CATEGORY_NAME_LENGTH,
    COLLECTION_NAME_LENGTH,
    DESCRIPTION_LENGTH,
    MAX_POSITION,
    MAX_STOCK,
    OPTION_LENGTH,
    PRODUCT_NAME_LENGTH,
    SEO_DESCRIPTION_LENGTH,
    SEO_TITLE_LENGTH,
    TAX_CLASS_CODE_LENGTH,
    TAX_CLASS_NAME_LENGTH,
)
from catalog.products.descriptions import sanitize
from catalog.products.fields import EditableField, Kind, Owner, fields_of
from catalog.tax_classes.services import normalize_code
from shop.core.metadata import validate_metadata
from shop.core.money import CENT, is_payable

_AMOUNT = re.compile(r"[0-9]{1,10}(\.[0-9]{1,2})?", re.ASCII)
_WHOLE = re.compile(r"(-?[0-9]{1,10})(\.0+)?", re.ASCII)
_DATE_WITH_DOTS = re.compile(
    r"([0-9]{1,2})\.([0-9]{1,2})\.([0-9]{4})(?:,?\s+([0-9]{2}:[0-9]{2}(?::[0-9]{2})?))?", re.ASCII
)
# Spreadsheets write their own language.
_TRUE = frozenset(
    {"true", "yes", "y", "1", "on", "ja", "wahr", "oui", "vrai", "sí", "si", "verdadero", "vero"}
    | {"active", "enabled", "published", "visible", "online", "aktiv", "sichtbar", "veröffentlicht"}
    | {"actif", "publié", "activo", "publicado", "attivo", "pubblicato", "actief", "waar", "x"}
)
_FALSE = frozenset(
    {"false", "no", "n", "0", "off", "nein", "falsch", "non", "faux", "falso", "nee", "onwaar"}
    | {"inactive", "disabled", "draft", "unpublished", "hidden", "offline", "archived"}
    | {"inaktiv", "versteckt", "entwurf", "inactif", "brouillon", "inactivo", "borrador"}
    | {"inattivo", "bozza", "inactief", "concept"}
)


SKIP = object()
"""An empty cell is ignored."""
REQUIRED = object()
"""An empty cell is an error."""


@dataclass(frozen=True, slots=True)
class Field:
    """The conversion of a cell. ``empty`` is the value of an empty cell, SKIP or REQUIRED.

    Without an ``optional`` value the product would be wrong, so it is refused if the cell is
    invalid. An invalid cell of another field is left out with a warning.
    """

    read: Callable[[str], Any]
    empty: Any = SKIP
    optional: bool = False


def html(limit: int) -> Callable[[str], str | Corrected]:
    """Return a function that sanitizes HTML, and cuts the result if it is longer than ``limit``."""
    read_text = text(limit)

    def read(value: str) -> str | Corrected:
        found = read_text(sanitize(value))
        if isinstance(found, Corrected):
            return Corrected(sanitize(found.value), found.reason)
        return found

    return read


def tax_class(limit: int) -> Callable[[str], str]:
    """Return a function that reads the code of a tax class, in the form in which it is stored."""
    read = slug(limit)
    return lambda value: normalize_code(read(value))


def amount(value: str) -> Decimal:
    """Convert an amount of money."""
    if not _AMOUNT.fullmatch(value):
        reason = "Write digits and a decimal point only."
        if has_other_currency(value):
            reason = f"The currency of the shop is {settings.SHOP_CURRENCY}."
        raise InvalidValue(f"{quote(value)} is not a price such as 1.99. {reason}")
    found = Decimal(value).quantize(CENT)
    if not is_payable(found):
        raise InvalidValue(f"{quote(value)} has decimals, which the shop's currency has not.")
    return found


def whole(low: int, high: int) -> Callable[[str], int]:
    """Return a function that converts integers within bounds."""

    def read(value: str) -> int:
        found = _WHOLE.fullmatch(value)
        if not found or not low <= int(found[1]) <= high:
            raise InvalidValue(f"{quote(value)} is not an integer from {low:,} to {high:,}.")
        return int(found[1])

    return read


def grams(limit: int) -> Callable[[str], int]:
    """Return a function that converts weights, in grams or with a unit."""
    read = whole(0, limit)
    return lambda value: read(value if value.isdecimal() else weight_with_unit(value))


def _units(value: str) -> int | Corrected:
    """Convert a stock. A number with a sign or a unit is corrected."""
    try:
        return whole(-MAX_STOCK, MAX_STOCK)(value)
    except InvalidValue:
        try:
            return count(value)
        except InvalidValue:
            pass
        raise


def boolean(value: str) -> bool:
    """Convert a boolean."""
    if value.lower() in _TRUE:
        return True
    if value.lower() in _FALSE:
        return False
    raise InvalidValue(f"{quote(value)} is neither true nor false.")


def instant(value: str) -> datetime:
    """Convert a time, or a date such as 31.01.2030. Without an offset it is UTC."""
    if found := _DATE_WITH_DOTS.fullmatch(value):
        day, month, year, time = found.groups()
        value = f"{year}-{month:0>2}-{day:0>2}T{time or '00:00'}"
    try:
        read = datetime.fromisoformat(value)
    except ValueError:
        raise InvalidValue(f"{quote(value)} is not a time such as 2030-01-31T08:00:00Z.") from None
    return (read if read.tzinfo else read.replace(tzinfo=UTC)).astimezone(UTC)


def json_object(value: str) -> dict[str, Any]:
    """Convert a JSON object."""
    try:
        read = json.loads(value)
    except (ValueError, RecursionError):
        read = None
    if not isinstance(read, dict):
        raise InvalidValue(f"{quote(value)} is not a JSON object.")
    return read


def metadata(value: str) -> dict[str, str]:
    """Convert a JSON object whose values are strings."""
    try:
        read: dict[str, str] = json.loads(value)
        validate_metadata(read)
    except (ValueError, RecursionError):
        raise InvalidValue(
            f'{quote(value)} is not a JSON object such as {{"erp-id": "17"}}.'
        ) from None
    except ValidationError as error:
        raise InvalidValue(" ".join(error.messages)) from None
    return read


_READERS: dict[Kind, Callable[[EditableField], Callable[[str], Any]]] = {
    Kind.TEXT: lambda field: text(field.limit),
    Kind.LINE: lambda field: line(field.limit),
    Kind.HTML: lambda field: html(field.limit),
    Kind.SLUG: lambda field: slug(field.limit),
    Kind.AMOUNT: lambda _: amount,
    Kind.INTEGER: lambda field: whole(0, field.limit),
    Kind.TAX_CLASS: lambda field: tax_class(field.limit),
    Kind.BOOLEAN: lambda _: boolean,
    Kind.INSTANT: lambda _: instant,
    Kind.METADATA: lambda _: metadata,
}
# What spreadsheets change, and what has a unit.
_SPECIAL: dict[str, Callable[[EditableField], Callable[[str], Any]]] = {
    "sku": lambda field: code(field.limit),
    "barcode": lambda field: code(field.limit),
    "weight": lambda field: grams(field.limit),
}
# Without these a product would be found by another key, or be sold at a wrong price, tax or time.
_DECISIVE = frozenset({"sku", "price", "is_published", "publish_at", "tax_class_id"})


_EMPTY: dict[Kind, Any] = {Kind.TEXT: "", Kind.LINE: "", Kind.HTML: "", Kind.METADATA: {}}
"""The value of an empty cell in an optional column. Cells of other kinds are ignored."""


def _fields(*owners: Owner, without: Sequence[str] = ()) -> dict[str, Field]:
    """Return the conversions of editable columns."""
    fields = {}
    for field in fields_of(*owners, without=without):
        empty: Any = SKIP
        if field.nullable:
            empty = None
        elif not field.required:
            empty = _EMPTY.get(field.kind, SKIP)
        special = _SPECIAL.get(field.name, _READERS[field.kind])
        read = special(field)
        fields[field.member] = Field(read, empty, optional=field.name not in _DECISIVE)
    return fields


# Slug and category are not set on the product directly, so they are separate.
PRODUCT: Mapping[str, Field] = _fields(Owner.PRODUCT, Owner.EACH, without=["slug", "category_id"])
SOLD: Mapping[str, Field] = _fields(Owner.SOLD)
VARIANT: Mapping[str, Field] = _fields(Owner.SOLD, Owner.VARIANT, Owner.EACH)
# The code of another shop's tax class, which may be unknown.
TAX_CODE: Mapping[str, Field] = {"tax_code": Field(exact(ATTRIBUTE_TEXT_LENGTH), optional=True)}
STOCK: Mapping[str, Field] = {"stock": Field(_units)}
SLUG: Mapping[str, Field] = {"slug": Field(slug(PRODUCT_NAME_LENGTH))}
IN_CATEGORY: Mapping[str, Field] = {
    name: Field(exact_line(CATEGORY_NAME_LENGTH), "", optional=True)
    for name in ("category", "category_name")
}
IMAGE: Mapping[str, Field] = {
    "alt": Field(text(ALT_LENGTH), "", optional=True),
    "position": Field(whole(0, MAX_POSITION), optional=True),
}
CATEGORY: Mapping[str, Field] = {
    "slug": Field(slug(CATEGORY_NAME_LENGTH), REQUIRED),
    "name": Field(exact_line(CATEGORY_NAME_LENGTH), REQUIRED),
    "position": Field(whole(0, MAX_POSITION), optional=True),
    "is_published": Field(boolean),
    "seo_title": Field(line(SEO_TITLE_LENGTH), "", optional=True),
    "seo_description": Field(text(SEO_DESCRIPTION_LENGTH), "", optional=True),
}
ATTRIBUTE: Mapping[str, Field] = {
    "slug": Field(slug(ATTRIBUTE_NAME_LENGTH), REQUIRED),
    "name": Field(exact_line(ATTRIBUTE_NAME_LENGTH), REQUIRED),
    "kind": Field(exact(ATTRIBUTE_NAME_LENGTH), REQUIRED),
}
COLLECTION: Mapping[str, Field] = {
    "slug": Field(slug(COLLECTION_NAME_LENGTH), REQUIRED),
    "name": Field(exact(COLLECTION_NAME_LENGTH), REQUIRED),
    "description": Field(text(DESCRIPTION_LENGTH), "", optional=True),
    "position": Field(whole(0, MAX_POSITION), optional=True),
    "is_published": Field(boolean),
    "rule": Field(json_object, None),
}
OPTION: Mapping[str, Field] = {"name": Field(exact_line(OPTION_LENGTH), REQUIRED)}
TAX_CLASS: Mapping[str, Field] = {
    "slug": Field(tax_class(TAX_CLASS_CODE_LENGTH), REQUIRED),
    "name": Field(exact_line(TAX_CLASS_NAME_LENGTH), REQUIRED),
}
OF_ATTRIBUTE = Field(exact_line(ATTRIBUTE_TEXT_LENGTH), "", optional=True)


def read_cells(row: Row, fields: Mapping[str, Field], found: Findings) -> dict[str, Any]:
    """Return the values of a row in the columns of ``fields``, and add to ``found``."""
    values = {}
    for name, cell in row.cells.items():
        field = fields.get(name)
        if field is None:
            continue
        value = cell if isinstance(cell, str) else " ".join(cell)
        read = _read_cell(row, name, field, value, found) if value.strip() else field.empty
        if read is REQUIRED:
            found.errors.append(row.error(name, "The cell must not be empty."))
        elif read is not SKIP:
            values[name] = read
    return values


def _read_cell(row: Row, name: str, field: Field, cell: str, found: Findings) -> Any:
    """Return the value of a cell, or SKIP if it is left out."""
    try:
        # strip() would lose the text that a cell of a workbook shows
        read = field.read(cell if cell.strip() == cell else cell.strip())
    except InvalidValue as error:
        if field.optional:
            found.warnings.append(row.error(name, f"{error} It was left out."))
        else:
            found.errors.append(row.error(name, str(error)))
        return SKIP
    if isinstance(read, Corrected):
        found.warnings.append(row.error(name, read.reason))
        read = read.value
    return field.empty if read == "" else str(read) if isinstance(read, str) else read
