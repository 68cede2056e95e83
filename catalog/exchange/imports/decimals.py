"""Finds out whether a table has decimal points or decimal commas, and reads the latter."""

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from itertools import chain

from django.conf import settings

from catalog.exchange.imports.rows import FileError
from catalog.exchange.imports.tables import SheetCell, Table

POINT, COMMA = ".", ","
MARKS = {POINT: "decimal points", COMMA: "decimal commas"}

_SAMPLE_ROWS, _SAMPLE_CHARACTERS = 10_000, 1024 * 1024
_SPACES = re.compile("[ \u00a0\u202f']")
_IS_COMMA = re.compile(r"-?(\d+,\d{1,2}|0,\d+|\d{1,3}(\.\d{3})+,\d+)", re.ASCII)
_IS_POINT = re.compile(r"-?(\d+\.\d{1,2}|0\.\d+|\d{1,3}(,\d{3})+\.\d+)", re.ASCII)
_WITH_COMMA = re.compile(r"-?(\d+|\d{1,3}(\.\d{3})+)(,\d+)?", re.ASCII)
_SIGNS = {"EUR": "€", "USD": "$", "GBP": "£", "JPY": "¥", "CHF": "Fr.", "PLN": "zł", "CZK": "Kč"}

_Row = tuple[int, list[str]]


def read_decimals(
    table: Table, is_number: Callable[[str], bool], chosen: str = ""
) -> tuple[Table, str]:
    """Return the table with decimal points in the columns that ``is_number``, and its mark.

    The mark is detected in the first rows. If these have both, it is a point, so that cells with a
    comma are errors.
    """
    places = [place for place, title in enumerate(table.header) if is_number(title)]
    if not places:
        return table, chosen or POINT
    rows = iter(table.rows)
    sample, failed = _sample(rows)
    mark = chosen or _detect(sample, places)
    rows = chain(sample, _raise(failed), rows)
    if mark == COMMA:
        rows = _with_points(rows, places)
    return replace(table, rows=rows), mark


def _sample(rows: Iterator[_Row]) -> tuple[list[_Row], FileError | None]:
    """Return the first rows, and the error that ends them, which is raised after them."""
    sample: list[_Row] = []
    size = 0
    try:
        for row in rows:
            sample.append(row)
            size += sum(map(len, row[1]))
            if len(sample) == _SAMPLE_ROWS or size > _SAMPLE_CHARACTERS:
                break
    except FileError as error:
        return sample, error
    return sample, None


def _raise(error: FileError | None) -> Iterator[_Row]:
    if error is not None:
        raise error
    yield from ()


def _detect(sample: Iterable[_Row], places: list[int]) -> str:
    texts = [
        _bare(cells[place])
        for _, cells in sample
        for place in places
        if place < len(cells) and not isinstance(cells[place], SheetCell)
    ]
    has_commas = any(map(_IS_COMMA.fullmatch, texts))
    return COMMA if has_commas and not any(map(_IS_POINT.fullmatch, texts)) else POINT


def _with_points(rows: Iterable[_Row], places: list[int]) -> Iterator[_Row]:
    for line, cells in rows:
        for place in places:
            if place < len(cells) and not isinstance(cells[place], SheetCell):
                cells[place] = _with_point(cells[place])
        yield line, cells


def _with_point(cell: str) -> str:
    """Return a number with a decimal point. What is not a number with a comma stays as it is."""
    text = _bare(cell)
    return text.replace(".", "").replace(",", ".") if _WITH_COMMA.fullmatch(text) else cell


def _bare(cell: str) -> str:
    """Return a number without spaces and without the shop's currency."""
    text = cell.strip()
    for sign in (settings.SHOP_CURRENCY, _SIGNS.get(settings.SHOP_CURRENCY, "")):
        if sign:
            text = text.removeprefix(sign).removesuffix(sign)
    return _SPACES.sub("", text)
