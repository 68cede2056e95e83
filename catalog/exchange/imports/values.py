"""What a cell may hold: text of the file to values of the columns, or the reason why not."""

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import URLValidator

from catalog.exchange.imports.rows import Fault, Row, quote
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
from catalog.products.fields import EditableField, Kind, Owner, fields_of
from shop.core.metadata import validate_metadata

_AMOUNT = re.compile(r"[0-9]{1,10}(\.[0-9]{1,2})?", re.ASCII)
_WHOLE = re.compile(r"-?[0-9]{1,10}", re.ASCII)
_SLUG = re.compile(r"[A-Za-z0-9_-]+", re.ASCII)
# What neither database, XML nor a reader of the API can hold or show.
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff\ud800-\udfff]")
_TRUE, _FALSE = ("true", "yes", "1"), ("false", "no", "0")
_url = URLValidator(schemes=["http", "https"])


class Unfit(Exception):
    """A value that its column cannot hold, and why."""


class _Skip:
    """An empty cell that says nothing."""


SKIP = _Skip()
NEEDED = _Skip()


@dataclass(frozen=True, slots=True)
class Field:
    """How a cell is read, and what an empty one means."""

    read: Callable[[str], Any]
    empty: Any = SKIP


def text(limit: int) -> Callable[[str], str]:
    """Return a reader of text up to ``limit`` characters."""

    def read(value: str) -> str:
        if len(value) > limit:
            raise Unfit(f"It has {len(value):,} characters, more than {limit:,}.")
        if found := _CONTROL.search(value):
            raise Unfit(f"It holds the control character U+{ord(found[0]):04X}.")
        return value

    return read


def amount(value: str) -> Decimal:
    """Read money."""
    if not _AMOUNT.fullmatch(value):
        raise Unfit(f"{quote(value)} is no price: write digits and a point, such as 1.99.")
    return Decimal(value).quantize(Decimal("0.01"))


def whole(low: int, high: int) -> Callable[[str], int]:
    """Return a reader of whole numbers within bounds."""

    def read(value: str) -> int:
        if not _WHOLE.fullmatch(value) or not low <= int(value) <= high:
            raise Unfit(f"{quote(value)} is no whole number from {low:,} to {high:,}.")
        return int(value)

    return read


def boolean(value: str) -> bool:
    """Read true or false."""
    if value.lower() in _TRUE:
        return True
    if value.lower() in _FALSE:
        return False
    raise Unfit(f"{quote(value)} is neither true nor false.")


def instant(value: str) -> datetime:
    """Read a time; one without an offset is UTC."""
    try:
        read = datetime.fromisoformat(value)
    except ValueError:
        raise Unfit(f"{quote(value)} is no time such as 2030-01-31T08:00:00Z.") from None
    return (read if read.tzinfo else read.replace(tzinfo=UTC)).astimezone(UTC)


def slug(limit: int) -> Callable[[str], str]:
    """Return a reader of names for links."""

    def read(value: str) -> str:
        if not _SLUG.fullmatch(value) or len(value) > limit:
            raise Unfit(f"{quote(value)} is no slug: up to {limit} of a–z, 0–9, - and _.")
        return value

    return read


def url(value: str) -> str:
    """Read the address of a picture."""
    try:
        _url(text(IMAGE_URL_LENGTH)(value))
    except ValidationError:
        raise Unfit(f"{quote(value)} is no address that begins with https:// or http://.") from None
    return value


def metadata(value: str) -> dict[str, str]:
    """Read a JSON object whose values are strings."""
    try:
        read: dict[str, str] = json.loads(value)
        validate_metadata(read)
    except (ValueError, RecursionError):
        raise Unfit(f'{quote(value)} is not a JSON object such as {{"erp-id": "17"}}.') from None
    except ValidationError as error:
        raise Unfit(" ".join(error.messages)) from None
    return read


_READERS: dict[Kind, Callable[[EditableField], Callable[[str], Any]]] = {
    Kind.TEXT: lambda field: text(field.limit),
    Kind.SLUG: lambda field: slug(field.limit),
    Kind.AMOUNT: lambda _: amount,
    Kind.INTEGER: lambda field: whole(0, field.limit),
    Kind.BOOLEAN: lambda _: boolean,
    Kind.INSTANT: lambda _: instant,
    Kind.METADATA: lambda _: metadata,
}


_EMPTY: dict[Kind, Any] = {Kind.TEXT: "", Kind.METADATA: {}}
"""What an empty cell of an optional column means, where it means something."""


def _fields(*owners: Owner, without: Sequence[str] = ()) -> dict[str, Field]:
    """Return how the cells of editable columns are read."""
    fields = {}
    for field in fields_of(*owners, without=without):
        empty: Any = SKIP
        if field.nullable:
            empty = None
        elif not field.required:
            empty = _EMPTY.get(field.kind, SKIP)
        fields[field.name] = Field(_READERS[field.kind](field), empty)
    return fields


# A slug and a category are looked up before a product is, so they are read apart.
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
    "slug": Field(slug(CATEGORY_NAME_LENGTH), NEEDED),
    "name": Field(text(CATEGORY_NAME_LENGTH), NEEDED),
    "position": Field(whole(0, MAX_POSITION)),
    "is_published": Field(boolean),
}
ATTRIBUTE: Mapping[str, Field] = {
    "slug": Field(slug(CATEGORY_NAME_LENGTH), NEEDED),
    "name": Field(text(CATEGORY_NAME_LENGTH), NEEDED),
    "kind": Field(text(CATEGORY_NAME_LENGTH), NEEDED),
}
OF_ATTRIBUTE = Field(text(ATTRIBUTE_TEXT_LENGTH), "")
LISTS = {"tags": (MAX_TAGS, TAG_LENGTH), "options": (MAX_OPTIONS, OPTION_LENGTH)}


def read_cells(row: Row, fields: Mapping[str, Field], faults: list[Fault]) -> dict[str, Any]:
    """Return what a row says in the columns of ``fields``; add what is the matter to ``faults``."""
    values = {}
    for name, field in fields.items():
        cell = row.cells.get(name)
        if cell is None:
            continue
        value = cell.strip() if isinstance(cell, str) else " ".join(cell)
        if not value and field.empty is NEEDED:
            faults.append(row.fault(name, "It is empty."))
        elif value or field.empty is not SKIP:
            try:
                values[name] = field.read(value) if value else field.empty
            except Unfit as unfit:
                faults.append(row.fault(name, str(unfit)))
    return values


def read_list(row: Row, name: str, faults: list[Fault], *, distinct: bool) -> list[str] | None:
    """Return the items of a cell, None where the file has no such cell."""
    cell = row.cells.get(name)
    if cell is None:
        return None
    items = cell if isinstance(cell, list) else [cell]
    items = [item.strip() for item in items]
    most, length = LISTS[name]
    folded = [item.casefold() for item in items]
    if distinct and len(set(folded)) < len(items):
        twice = next(item for item in items if folded.count(item.casefold()) > 1)
        faults.append(row.fault(name, f"{quote(twice)} comes twice."))
    if len(items) > most:
        faults.append(row.fault(name, f"It has {len(items)}, more than {most}."))
    for item in items:
        try:
            text(length)(item)
        except Unfit as unfit:
            faults.append(row.fault(name, str(unfit)))
        if not item:
            faults.append(row.fault(name, "One is empty."))
    return items
