"""JSON: our own export, and lists of products as other shops' feeds have them.

A list of objects, read one by one; it may be the member ``products`` of an object. An object that
has a ``title`` and no ``name`` is another shop's: a discount in percent is what its price is
reduced by.
"""

import json
from collections.abc import Iterator
from decimal import Decimal, InvalidOperation
from typing import Any, TextIO

from catalog.exchange.imports.rows import Cell, FileRefused, Kind, Row, Rows
from catalog.exchange.imports.shop import ATTRIBUTE
from catalog.limits import MAX_JSON_OBJECT
from shop.core.money import quantize, show

_CHUNK = 64 * 1024
_SPACE = " \t\r\n"
_HUNDRED = Decimal(100)
# Numbers stay the text that they are: a price is no float.
_DECODER = json.JSONDecoder(parse_float=str, parse_int=str, parse_constant=str)
_NESTED = frozenset({"row", "variants", "pictures", "attributes", "choice"})
_FEED = {
    "title": "name",
    "description": "description",
    "category": "category",
    "brand": "brand",
    "sku": "sku",
    "price": "price",
    "stock": "stock",
    "tags": "tags",
}
_FEED_NAMES = {ours: theirs for theirs, ours in _FEED.items()} | {
    "picture": "images",
    "compare_at_price": "discountPercentage",
}


def read_json(text: TextIO) -> Rows:
    """Read objects one by one. Raises FileRefused where the text is no JSON, also on the way."""
    reader = _Reader(text)
    for line, found in reader.objects():
        if not isinstance(found, dict):
            raise FileRefused("A product is an object.", line=line)
        is_feed = "title" in found and "name" not in found
        yield from _read_feed(found, line) if is_feed else _read_ours(found, line)


def _read_ours(found: dict[str, Any], line: int) -> Iterator[Row]:
    kind = str(found.get("row", Kind.PRODUCT.value))
    if kind not in set(Kind):
        raise FileRefused(f"It is none of {', '.join(Kind)}.", line=line, column="row")
    yield Row(Kind(kind), line, _cells(found))
    yield from _images(found, line)
    for variant in _objects(found, "variants", line):
        yield Row(Kind.VARIANT, line, _cells(variant), {"options": "choice"})
        yield from _images(variant, line)


def _images(found: dict[str, Any], line: int) -> Iterator[Row]:
    for picture in _objects(found, "pictures", line):
        yield Row(Kind.IMAGE, line, _cells(picture))


def _cells(found: dict[str, Any]) -> dict[str, Cell]:
    cells = {name: _cell(value) for name, value in found.items() if name not in _NESTED}
    if "choice" in found:
        cells["options"] = _cell(found["choice"])
    attributes = found.get("attributes")
    if isinstance(attributes, dict):
        cells.update({ATTRIBUTE + slug: _cell(value) for slug, value in attributes.items()})
    return cells


def _read_feed(found: dict[str, Any], line: int) -> Iterator[Row]:
    cells = {ours: _cell(found[theirs]) for theirs, ours in _FEED.items() if theirs in found}
    if "discountPercentage" in found:
        cells["compare_at_price"] = _undo(cells.get("price"), _cell(found["discountPercentage"]))
    yield Row(Kind.PRODUCT, line, cells, _FEED_NAMES)
    pictures = _cell(found.get("images")) or _cell(found.get("thumbnail"))
    for number, url in enumerate(pictures if isinstance(pictures, list) else [pictures]):
        if url:
            picture: dict[str, Cell] = {"picture": url, "position": str(number)}
            yield Row(Kind.IMAGE, line, picture, _FEED_NAMES)


def _undo(price: Cell | None, percent: Cell) -> str:
    """Return the price before a discount, "" where it lowers nothing; what is no discount stays."""
    try:
        now, off = Decimal(str(price)), Decimal(str(percent))
        before = quantize(now / (1 - off / _HUNDRED)) if 0 <= off < _HUNDRED else None
    except (InvalidOperation, ArithmeticError):
        return str(percent)
    if before is None:
        return f"{percent}%"
    return show(before) if before > now else ""


def _cell(value: Any) -> Cell:
    """Write a JSON value as a table would: an object and a list in a list are no values."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list):
        return [str(_cell(item)) for item in value]
    return value if isinstance(value, str) else json.dumps(value)


def _objects(found: dict[str, Any], name: str, line: int) -> list[dict[str, Any]]:
    value = found.get(name) or []
    if not isinstance(value, list) or not all(isinstance(item, dict) for item in value):
        raise FileRefused("It is a list of objects.", line=line, column=name)
    return value


class _Reader:
    """The items of a list, of which no more is held than one and a chunk."""

    def __init__(self, text: TextIO) -> None:
        self._text = text
        self._held, self._at, self._line, self._ended = "", 0, 1, False

    def objects(self) -> Iterator[tuple[int, Any]]:
        """Yield each item with the line that it begins on."""
        if self._next() == "{":
            self._skip('{"products":[')
        else:
            self._skip("[")
        while self._next() != "]":
            yield self._line, self._decode()
            if self._next() == ",":
                self._advance(1)
            elif self._next() != "]":
                raise self._refused("A comma or the end of the list is missing")

    def _decode(self) -> Any:
        while True:
            try:
                found, end = _DECODER.raw_decode(self._held, self._at)
            except (ValueError, RecursionError) as error:
                if self._ended or len(self._held) - self._at > MAX_JSON_OBJECT or not self._fill():
                    raise self._refused(f"This is no JSON, or too much: {error}") from None
            else:
                self._advance(end - self._at)
                return found

    def _skip(self, expected: str) -> None:
        for part in ("{", '"products"', ":", "[") if expected[0] == "{" else ("[",):
            self._next()
            if not self._held.startswith(part, self._at):
                raise self._refused("The file is a list of products, or has one as products")
            self._advance(len(part))

    def _next(self) -> str:
        """Go to the next character that is no space, and return it."""
        while True:
            while self._at < len(self._held) and self._held[self._at] in _SPACE:
                self._advance(1)
            if self._at + len('"products"') <= len(self._held):
                return self._held[self._at]
            if not self._fill():
                if self._at < len(self._held):
                    return self._held[self._at]
                raise self._refused("The file ends before its list does")

    def _advance(self, count: int) -> None:
        self._line += self._held.count("\n", self._at, self._at + count)
        self._at += count

    def _fill(self) -> bool:
        more = self._text.read(_CHUNK)
        self._held, self._at = self._held[self._at :] + more, 0
        self._ended = not more
        return bool(more)

    def _refused(self, reason: str) -> FileRefused:
        return FileRefused(f"{reason}.", line=self._line)
