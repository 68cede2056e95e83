"""Converts and validates the text of cells."""

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import URLValidator

from catalog.exchange.imports.rows import Row, RowError, quote
from catalog.limits import (
    ALT_LENGTH,
    ATTRIBUTE_TEXT_LENGTH,
    CATEGORY_NAME_LENGTH,
    IMAGE_URL_LENGTH,
    MAX_OPTIONS,
    MAX_POSITION,
    MAX_STOCK,
    MAX_TAGS,
    OPTION_LENGTH,
    PRODUCT_NAME_LENGTH,
    TAG_LENGTH,
)
from catalog.products.descriptions import sanitize
from catalog.products.fields import EditableField, Kind, Owner, fields_of
from shop.core.metadata import validate_metadata

_AMOUNT = re.compile(r"[0-9]{1,10}(\.[0-9]{1,2})?", re.ASCII)
_WHOLE = re.compile(r"-?[0-9]{1,10}", re.ASCII)
_SLUG = re.compile(r"[A-Za-z0-9_-]+", re.ASCII)
# Characters that a database or XML cannot represent.
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff\ud800-\udfff]")
_TRUE, _FALSE = ("true", "yes", "1"), ("false", "no", "0")
_url = URLValidator(schemes=["http", "https"])


class InvalidValue(Exception):
    """A value is invalid for its column. The message is the reason."""


SKIP = object()
"""An empty cell is ignored."""
REQUIRED = object()
"""An empty cell is an error."""


@dataclass(frozen=True, slots=True)
class Field:
    """The conversion of a cell. ``empty`` is the value of an empty cell, SKIP or REQUIRED."""

    read: Callable[[str], Any]
    empty: Any = SKIP


def text(limit: int) -> Callable[[str], str]:
    """Return a function that validates text of up to ``limit`` characters."""

    def read(value: str) -> str:
        if len(value) > limit:
            raise InvalidValue(
                f"The text has {len(value):,} characters, at most {limit:,} allowed."
            )
        if found := _CONTROL.search(value):
            reason = f"The text contains the control character U+{ord(found[0]):04X}."
            raise InvalidValue(reason)
        return value

    return read


def html(limit: int) -> Callable[[str], str]:
    """Return a function that sanitizes HTML. ``limit`` is that of the result."""
    read_text = text(limit)
    return lambda value: read_text(sanitize(value))


def amount(value: str) -> Decimal:
    """Convert an amount of money."""
    if not _AMOUNT.fullmatch(value):
        raise InvalidValue(f"{quote(value)} is not a price such as 1.99.")
    return Decimal(value).quantize(Decimal("0.01"))


def whole(low: int, high: int) -> Callable[[str], int]:
    """Return a function that converts integers within bounds."""

    def read(value: str) -> int:
        if not _WHOLE.fullmatch(value) or not low <= int(value) <= high:
            raise InvalidValue(f"{quote(value)} is not an integer from {low:,} to {high:,}.")
        return int(value)

    return read


def boolean(value: str) -> bool:
    """Convert a boolean."""
    if value.lower() in _TRUE:
        return True
    if value.lower() in _FALSE:
        return False
    raise InvalidValue(f"{quote(value)} is neither true nor false.")


def instant(value: str) -> datetime:
    """Convert a time. Without an offset it is UTC."""
    try:
        read = datetime.fromisoformat(value)
    except ValueError:
        raise InvalidValue(f"{quote(value)} is not a time such as 2030-01-31T08:00:00Z.") from None
    return (read if read.tzinfo else read.replace(tzinfo=UTC)).astimezone(UTC)


def slug(limit: int) -> Callable[[str], str]:
    """Return a function that validates slugs."""

    def read(value: str) -> str:
        if not _SLUG.fullmatch(value) or len(value) > limit:
            reason = f"A slug has at most {limit} letters, digits, hyphens and underscores."
            raise InvalidValue(f"{quote(value)} is not a slug. {reason}")
        return value

    return read


def url(value: str) -> str:
    """Validate the URL of an image."""
    try:
        _url(text(IMAGE_URL_LENGTH)(value))
    except ValidationError:
        raise InvalidValue(
            f"{quote(value)} is not a URL that begins with https:// or http://."
        ) from None
    return value


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
    Kind.HTML: lambda field: html(field.limit),
    Kind.SLUG: lambda field: slug(field.limit),
    Kind.AMOUNT: lambda _: amount,
    Kind.INTEGER: lambda field: whole(0, field.limit),
    Kind.BOOLEAN: lambda _: boolean,
    Kind.INSTANT: lambda _: instant,
    Kind.METADATA: lambda _: metadata,
}


_EMPTY: dict[Kind, Any] = {Kind.TEXT: "", Kind.HTML: "", Kind.METADATA: {}}
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
        fields[field.name] = Field(_READERS[field.kind](field), empty)
    return fields


# Slug and category are not set on the product directly, so they are separate.
PRODUCT: Mapping[str, Field] = _fields(Owner.PRODUCT, Owner.EACH, without=["slug", "category_id"])
SOLD: Mapping[str, Field] = _fields(Owner.SOLD)
VARIANT: Mapping[str, Field] = _fields(Owner.SOLD, Owner.VARIANT, Owner.EACH)
STOCK: Mapping[str, Field] = {"stock": Field(whole(-MAX_STOCK, MAX_STOCK))}
SLUG: Mapping[str, Field] = {"slug": Field(slug(PRODUCT_NAME_LENGTH))}
IN_CATEGORY: Mapping[str, Field] = {"category": Field(text(CATEGORY_NAME_LENGTH), "")}
IMAGE: Mapping[str, Field] = {
    "alt": Field(text(ALT_LENGTH), ""),
    "position": Field(whole(0, MAX_POSITION)),
}
CATEGORY: Mapping[str, Field] = {
    "slug": Field(slug(CATEGORY_NAME_LENGTH), REQUIRED),
    "name": Field(text(CATEGORY_NAME_LENGTH), REQUIRED),
    "position": Field(whole(0, MAX_POSITION)),
    "is_published": Field(boolean),
}
ATTRIBUTE: Mapping[str, Field] = {
    "slug": Field(slug(CATEGORY_NAME_LENGTH), REQUIRED),
    "name": Field(text(CATEGORY_NAME_LENGTH), REQUIRED),
    "kind": Field(text(CATEGORY_NAME_LENGTH), REQUIRED),
}
OF_ATTRIBUTE = Field(text(ATTRIBUTE_TEXT_LENGTH), "")
LISTS = {"tags": (MAX_TAGS, TAG_LENGTH), "options": (MAX_OPTIONS, OPTION_LENGTH)}


def read_cells(row: Row, fields: Mapping[str, Field], errors: list[RowError]) -> dict[str, Any]:
    """Return the values of a row in the columns of ``fields``, and add errors to ``errors``."""
    values = {}
    for name, field in fields.items():
        cell = row.cells.get(name)
        if cell is None:
            continue
        value = cell.strip() if isinstance(cell, str) else " ".join(cell)
        if not value and field.empty is REQUIRED:
            errors.append(row.error(name, "The cell must not be empty."))
        elif value or field.empty is not SKIP:
            try:
                values[name] = field.read(value) if value else field.empty
            except InvalidValue as error:
                errors.append(row.error(name, str(error)))
    return values


def read_list(row: Row, name: str, errors: list[RowError], *, distinct: bool) -> list[str] | None:
    """Return the items of a cell, or None if the column is missing. Add errors to ``errors``."""
    cell = row.cells.get(name)
    if cell is None:
        return None
    items = cell if isinstance(cell, list) else [cell]
    items = [item.strip() for item in items]
    max_items, length = LISTS[name]
    folded = [item.casefold() for item in items]
    if distinct and len(set(folded)) < len(items):
        duplicate = next(item for item in items if folded.count(item.casefold()) > 1)
        errors.append(row.error(name, f"The list contains {quote(duplicate)} twice."))
    if len(items) > max_items:
        reason = f"The list has {len(items)} items, at most {max_items} are allowed."
        errors.append(row.error(name, reason))
    for item in items:
        try:
            text(length)(item)
        except InvalidValue as error:
            errors.append(row.error(name, str(error)))
        if not item:
            errors.append(row.error(name, "The list contains an empty item."))
    return items
