"""What a cell may hold: text of the file to values of the columns, or the reason why not."""

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import URLValidator

from catalog.exchange.imports.rows import Fault, Row, shown
from catalog.limits import (
    ALT_LENGTH,
    ATTRIBUTE_TEXT_LENGTH,
    BRAND_LENGTH,
    CATEGORY_NAME_LENGTH,
    DESCRIPTION_LENGTH,
    IMAGE_URL_LENGTH,
    MAX_OPTIONS,
    MAX_POSITION,
    MAX_STOCK,
    MAX_TAGS,
    OPTION_LENGTH,
    PRODUCT_NAME_LENGTH,
    SKU_LENGTH,
    TAG_LENGTH,
)
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
        raise Unfit(f"{shown(value)} is no price: write digits and a point, such as 1.99.")
    return Decimal(value).quantize(Decimal("0.01"))


def whole(low: int, high: int) -> Callable[[str], int]:
    """Return a reader of whole numbers within bounds."""

    def read(value: str) -> int:
        if not _WHOLE.fullmatch(value) or not low <= int(value) <= high:
            raise Unfit(f"{shown(value)} is no whole number from {low:,} to {high:,}.")
        return int(value)

    return read


def boolean(value: str) -> bool:
    """Read true or false."""
    if value.lower() in _TRUE:
        return True
    if value.lower() in _FALSE:
        return False
    raise Unfit(f"{shown(value)} is neither true nor false.")


def instant(value: str) -> datetime:
    """Read a time; one without an offset is UTC."""
    try:
        read = datetime.fromisoformat(value)
    except ValueError:
        raise Unfit(f"{shown(value)} is no time such as 2030-01-31T08:00:00Z.") from None
    return (read if read.tzinfo else read.replace(tzinfo=UTC)).astimezone(UTC)


def slug(limit: int) -> Callable[[str], str]:
    """Return a reader of names for links."""

    def read(value: str) -> str:
        if not _SLUG.fullmatch(value) or len(value) > limit:
            raise Unfit(f"{shown(value)} is no slug: up to {limit} of a–z, 0–9, - and _.")
        return value

    return read


def url(value: str) -> str:
    """Read the address of a picture."""
    try:
        _url(text(IMAGE_URL_LENGTH)(value))
    except ValidationError:
        raise Unfit(f"{shown(value)} is no address that begins with https:// or http://.") from None
    return value


def metadata(value: str) -> dict[str, str]:
    """Read a JSON object whose values are strings."""
    try:
        read: dict[str, str] = json.loads(value)
        validate_metadata(read)
    except (ValueError, RecursionError):
        raise Unfit(f'{shown(value)} is not a JSON object such as {{"erp-id": "17"}}.') from None
    except ValidationError as error:
        raise Unfit(" ".join(error.messages)) from None
    return read


METADATA: Mapping[str, Field] = {
    "metadata": Field(metadata, {}),
    "private_metadata": Field(metadata, {}),
}
PRODUCT: Mapping[str, Field] = {
    **METADATA,
    "name": Field(text(PRODUCT_NAME_LENGTH)),
    "description": Field(text(DESCRIPTION_LENGTH), ""),
    "brand": Field(text(BRAND_LENGTH), ""),
    "is_published": Field(boolean),
    "publish_at": Field(instant, None),
}
SOLD: Mapping[str, Field] = {
    "sku": Field(text(SKU_LENGTH), ""),
    "price": Field(amount),
    "compare_at_price": Field(amount, None),
    "backorder": Field(boolean),
    "low_stock_threshold": Field(whole(0, MAX_STOCK), None),
}
VARIANT: Mapping[str, Field] = {**SOLD, **METADATA, "position": Field(whole(0, MAX_POSITION))}
STOCK: Mapping[str, Field] = {"stock": Field(whole(-MAX_STOCK, MAX_STOCK))}
SLUG: Mapping[str, Field] = {"slug": Field(slug(PRODUCT_NAME_LENGTH))}
IN_CATEGORY: Mapping[str, Field] = {"category": Field(text(CATEGORY_NAME_LENGTH), "")}
PICTURE: Mapping[str, Field] = {
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
WORDS = {"tags": (MAX_TAGS, TAG_LENGTH), "options": (MAX_OPTIONS, OPTION_LENGTH)}


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


def read_words(row: Row, name: str, faults: list[Fault], *, distinct: bool) -> list[str] | None:
    """Return the words of a cell, None where it says nothing of them."""
    cell = row.cells.get(name)
    if cell is None:
        return None
    words = cell if isinstance(cell, list) else [cell]
    words = [word.strip() for word in words]
    most, length = WORDS[name]
    folded = [word.casefold() for word in words]
    if distinct and len(set(folded)) < len(words):
        twice = next(word for word in words if folded.count(word.casefold()) > 1)
        faults.append(row.fault(name, f"{shown(twice)} comes twice."))
    if len(words) > most:
        faults.append(row.fault(name, f"It has {len(words)}, more than {most}."))
    for word in words:
        try:
            text(length)(word)
        except Unfit as unfit:
            faults.append(row.fault(name, str(unfit)))
        if not word:
            faults.append(row.fault(name, "One is empty."))
    return words
