"""Reads JSON: the shop's own export, and product feeds of other shops.

The file is a list of objects, an object whose member ``products`` is one, or an object in each
line. An object with a ``title`` and without a ``name`` is from a feed.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any, TextIO

from catalog.exchange.imports.columns import NotRead
from catalog.exchange.imports.entities import decoded
from catalog.exchange.imports.mapping import CURRENCY
from catalog.exchange.imports.rows import Cell, FileError, Kind, Row, RowError, Rows
from catalog.exchange.imports.shop import (
    ATTRIBUTE,
    COLUMNS,
    other_currency_in,
    split,
    unused_columns,
)
from catalog.exchange.imports.stock_words import set_stock
from catalog.exchange.imports.translations import (
    FIELDS,
    SEPARATOR,
    has_several_texts,
    translated_column,
)
from catalog.limits import MAX_JSON_DEPTH, MAX_JSON_OBJECT, MAX_JSON_VALUES
from shop.core.money import quantize, show
from shop.core.slugs import normalize_slug

_CHUNK = 64 * 1024
_SPACE = " \t\r\n"
_HUNDRED = Decimal(100)
# Numbers are kept as text, so that prices are not rounded.
_DECODER = json.JSONDecoder(parse_float=str, parse_int=str, parse_constant=str)
_NAMES_OF_LISTS = ("products", "items", "data", "results")
_OF_PRODUCT = frozenset({"title", "name", "sku", "slug"})
_NO_LIST = "The file must be a list, or an object with a list as products"
_NESTED = frozenset({"row", "variants", "pictures", "attributes", "choice"})
_LISTS = frozenset({"tags", "options", "choice", "choices", "collections"})
_TRANSLATIONS = "translations"
_OBJECTS = frozenset({"metadata", "private_metadata", "rule"})
_FEED = {
    "title": "name",
    "description": "description",
    "category": "category_name",
    "brand": "brand",
    "sku": "sku",
    "price": "price",
    "stock": "stock",
    "tags": "tags",
    "currency": CURRENCY,
}
_FEED_NAMES = {ours: theirs for theirs, ours in _FEED.items()} | {
    "picture": "images",
    "compare_at_price": "discountPercentage",
}


def read_json(text: TextIO, not_read: NotRead) -> Rows:
    """Yield the rows of one object at a time. Raises FileError where the text is not valid."""
    reader = _Reader(text)
    for line, found in reader.objects():
        if not isinstance(found, dict):
            raise FileError("A product must be an object.", line=line)
        is_feed = "title" in found and "name" not in found
        if is_feed:
            yield from map(decoded, _read_feed(found, line, not_read))
        else:
            yield from _Object(line, not_read).rows(found)


@dataclass(frozen=True, slots=True)
class _Object:
    """Reads an object of the shop's own format, with its variants and images."""

    line: int
    not_read: NotRead

    def rows(self, found: dict[str, Any]) -> Iterator[Row]:
        """Yield the rows. Raises FileError."""
        kind = str(found.get("row", Kind.PRODUCT.value)).strip().lower()
        if kind not in set(Kind):
            reason = f"The value must be one of {', '.join(Kind)}."
            raise FileError(reason, line=self.line, column="row")
        yield Row(Kind(kind), self.line, self._cells(found, Kind(kind)))
        yield from self._images(found, "")
        for variant in _objects(found, "variants", self.line):
            cells = self._cells(variant, Kind.VARIANT, "variants.")
            yield Row(Kind.VARIANT, self.line, cells, {"options": "choice"})
            yield from self._images(variant, "variants.")

    def _images(self, found: dict[str, Any], prefix: str) -> Iterator[Row]:
        for image in _objects(found, "pictures", self.line):
            yield Row(Kind.IMAGE, self.line, self._cells(image, Kind.IMAGE, f"{prefix}pictures."))

    def _cells(self, found: dict[str, Any], kind: Kind, prefix: str = "") -> dict[str, Cell]:
        """Return the cells of the members that are read, and count the others."""
        cells: dict[str, Cell] = {}
        for name, value in _members(found, kind):
            if name in _NESTED - {"choice"}:
                continue
            column = name if name in COLUMNS or name in _LISTS else translated_column(name)
            if column and _fits(column, value):
                cells["options" if column == "choice" else column] = _cell(value, column)
            elif _is_filled(value):
                self.not_read.add(prefix + name, COLUMNS)
        attributes = found.get("attributes")
        if isinstance(attributes, dict):
            for slug, value in attributes.items():
                cells[ATTRIBUTE + normalize_slug(slug)] = _cell(value)
        elif _is_filled(attributes):
            self.not_read.add(f"{prefix}attributes")
        for name in unused_columns(kind, cells):
            self.not_read.add(f"{prefix}{name}" if prefix else f"{name} of {kind} rows")
        return cells


def _members(found: dict[str, Any], kind: Kind) -> Iterator[tuple[str, Any]]:
    """Yield the members of an object, with translations as a table has them: ``name:de``."""
    for name, value in found.items():
        if name != _TRANSLATIONS or not isinstance(value, dict):
            yield name, value
            continue
        for language, texts in value.items():
            # null removes the language, as in requests
            found_texts = dict.fromkeys(FIELDS.get(kind, ()), "") if texts is None else texts
            if not isinstance(found_texts, dict):
                found_texts = {_TRANSLATIONS: texts}
            for member, text in found_texts.items():
                yield f"{member}{SEPARATOR}{language}", text


def _read_feed(found: dict[str, Any], line: int, not_read: NotRead) -> Iterator[Row]:
    cells: dict[str, Cell] = {}
    for name, value in found.items():
        if name in _FEED and _fits(_FEED[name], value):
            cells[_FEED[name]] = _cell(value, _FEED[name])
        elif name not in {"discountPercentage", "images", "thumbnail"} and _is_filled(value):
            not_read.add(name, _FEED)
    warnings = [
        RowError(line, _FEED_NAMES.get(name, name), reason) for name, reason in set_stock(cells)
    ]
    if "discountPercentage" in found:
        discount = _cell(found["discountPercentage"])
        cells["compare_at_price"] = _price_before(discount, cells.get("price"))
    reason = other_currency_in(cells)
    errors = (RowError(line, CURRENCY, reason),) if reason else ()
    yield Row(Kind.PRODUCT, line, cells, _FEED_NAMES, errors, tuple(warnings))
    urls = _cell(found.get("images")) or _cell(found.get("thumbnail"))
    for number, url in enumerate(urls if isinstance(urls, list) else [urls]):
        if url:
            image: dict[str, Cell] = {"picture": url, "position": str(number)}
            yield Row(Kind.IMAGE, line, image, _FEED_NAMES)


def _fits(column: str, value: Any) -> bool:
    """Return whether a member has a type that its column can have."""
    if isinstance(value, list):
        return column in _LISTS and not any(isinstance(item, dict | list) for item in value)
    return not isinstance(value, dict) or column in _OBJECTS or has_several_texts(column)


def _is_filled(value: Any) -> bool:
    return value not in (None, "", [], {})


def _price_before(discount: Cell, price: Cell | None) -> str:
    """Return the price before a discount in percent, or "" if the discount is too small.

    An invalid discount is returned as it is, so that validation reports it.
    """
    try:
        now, percent = Decimal(str(price)), Decimal(str(discount))
        before = quantize(now / (1 - percent / _HUNDRED)) if 0 <= percent < _HUNDRED else None
    except (InvalidOperation, ArithmeticError):
        return str(discount)
    if before is None:
        return f"{discount}%"
    return show(before) if before > now else ""


def _cell(value: Any, column: str = "") -> Cell:
    """Return a JSON value as the text that a table would contain. Objects become JSON text."""
    if value is None:
        return [] if column in _LISTS else ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list):
        return [str(_cell(item)) for item in value]
    if column in {"tags", "choices", "collections"}:
        return split(str(value))
    return value if isinstance(value, str) else json.dumps(value)


def _objects(found: dict[str, Any], name: str, line: int) -> list[dict[str, Any]]:
    value = found.get(name) or []
    if not isinstance(value, list) or not all(isinstance(item, dict) for item in value):
        raise FileError("The value must be a list of objects.", line=line, column=name)
    return value


def _is_within_depth(value: Any) -> bool:
    level = [value]
    for _ in range(MAX_JSON_DEPTH):
        nested = [value for value in level if isinstance(value, dict | list)]
        level = [
            item
            for value in nested
            for item in (value.values() if isinstance(value, dict) else value)
        ]
    return not level


class _Reader:
    """Reads the items of a list. It buffers one item and a chunk of text at most."""

    def __init__(self, text: TextIO) -> None:
        self._text = text
        self._buffer, self._at, self._line, self._ended = "", 0, 1, False
        self._size = 0
        """The characters of the last item."""

    def objects(self) -> Iterator[tuple[int, Any]]:
        """Yield each item with the number of its first line.

        A file may be a list, an object with a list, or objects that follow each other.
        """
        if self._next() == "[":
            yield from self._items()
        elif self._next() == "{":
            yield from self._object()
        else:
            raise self._error(_NO_LIST)

    def _items(self) -> Iterator[tuple[int, Any]]:
        self._advance(1)
        while self._next() != "]":
            yield self._line, self._decode()
            if self._next() == ",":
                self._advance(1)
            elif self._next() != "]":
                raise self._error("A comma or the end of the list is missing")

    def _object(self) -> Iterator[tuple[int, Any]]:
        """Yield the items of its list, or the object itself and those that follow it."""
        line, members, size = self._line, {}, 0
        self._advance(1)
        while self._next() != "}":
            name = self._decode()
            if self._next() != ":" or not isinstance(name, str):
                raise self._error(_NO_LIST)
            self._advance(1)
            if self._next() == "[" and name in _NAMES_OF_LISTS:
                yield from self._items()
                return
            members[name] = self._decode()
            size += len(name) + self._size
            if size > MAX_JSON_OBJECT:
                raise self._error("The members before the list of products are too long")
            if self._next() == ",":
                self._advance(1)
            elif self._next() != "}":
                raise self._error("A comma or the end of the object is missing")
        self._advance(1)
        if not _OF_PRODUCT & members.keys():
            raise self._error(_NO_LIST)
        yield line, members
        while self._has_more():
            yield self._line, self._decode()

    def _decode(self) -> Any:
        while True:
            try:
                found, end = _DECODER.raw_decode(self._buffer, self._at)
            except (ValueError, RecursionError) as error:
                if (
                    self._ended
                    or len(self._buffer) - self._at > MAX_JSON_OBJECT
                    or not self._fill()
                ):
                    raise self._error(f"The JSON is invalid or too long: {error}") from None
            else:
                if not _is_within_depth(found):
                    reason = f"The JSON is nested deeper than {MAX_JSON_DEPTH} levels"
                    raise self._error(reason)
                self._size = end - self._at
                self._advance(self._size)
                return found

    def _has_more(self) -> bool:
        """Skip white space and return whether another object follows."""
        while self._at < len(self._buffer) or self._fill():
            if self._buffer[self._at] not in _SPACE:
                return True
            self._advance(1)
        return False

    def _next(self) -> str:
        """Skip white space and return the next character."""
        while True:
            while self._at < len(self._buffer) and self._buffer[self._at] in _SPACE:
                self._advance(1)
            if self._at + len('"products"') <= len(self._buffer):
                return self._buffer[self._at]
            if not self._fill():
                if self._at < len(self._buffer):
                    return self._buffer[self._at]
                raise self._error("The end of the list is missing")

    def _advance(self, count: int) -> None:
        self._line += self._buffer.count("\n", self._at, self._at + count)
        self._at += count

    def _fill(self) -> bool:
        # As much again as there is, so that a long object is not decoded many times.
        more = self._text.read(max(_CHUNK, len(self._buffer) - self._at))
        self._buffer, self._at = self._buffer[self._at :] + more, 0
        self._ended = not more
        if sum(map(self._buffer.count, ",[{")) > MAX_JSON_VALUES:
            raise self._error(f"The object has more than {MAX_JSON_VALUES:,} values")
        return bool(more)

    def _error(self, reason: str) -> FileError:
        return FileError(f"{reason}.", line=self._line)
