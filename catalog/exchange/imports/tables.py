"""Tables: a header and rows of text, each with the number of its first line. Reads CSV."""

import csv
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import chain, count
from typing import Any, TextIO

from catalog.exchange.imports.rows import FileError, RowError
from catalog.limits import MAX_COLUMNS, MAX_LINE

_DELIMITERS = ",;\t"
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "'")
_ESCAPE = "'"
_NUMBER = re.compile(r"[+-]?[0-9]+(\.[0-9]+)?", re.ASCII)


@dataclass(frozen=True, slots=True)
class TableRow:
    """The cells of a row by column, with errors in them."""

    line: int
    cells: dict[str, str]
    errors: tuple[RowError, ...] = ()


class Formula(str):
    """A cell with a formula."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class Table:
    """A header, and an iterator over the rows below it."""

    header: list[str]
    rows: Iterator[TableRow]
    is_csv: bool = True


def escape_formula(value: str) -> str:
    """Prefix a value that a spreadsheet would execute as a formula with an apostrophe."""
    return _ESCAPE + value if value.startswith(_FORMULA) and not _NUMBER.fullmatch(value) else value


def unescape_formula(cell: str) -> str:
    """Remove the apostrophe that ``escape_formula`` added."""
    return cell[1:] if cell.startswith(_ESCAPE) and cell[1:].startswith(_FORMULA) else cell


def read_csv(text: TextIO) -> Table:
    """Read CSV with any line ends, separated by commas, semicolons or tabs.

    Raises FileError if the header cannot be read. So does the iteration over invalid rows.
    """
    lines = _lines(text)
    first = next(lines, "")
    delimiter = max(_DELIMITERS, key=first.count)
    rows = _rows(csv.reader(chain([first], lines), delimiter=delimiter, strict=True))
    _, header = next(rows, (1, []))
    return make_table(header, rows)


def make_table(
    header: Iterable[str], rows: Iterable[tuple[int, list[str]]], *, is_csv: bool = True
) -> Table:
    """Return a table without empty rows. Raises FileError for an invalid header."""
    names = [name.strip() for name in header]
    while names and not names[-1]:
        names.pop()
    if not names or len(names) > MAX_COLUMNS:
        reason = f"The first line must contain the names of at most {MAX_COLUMNS} columns."
        raise FileError(reason, line=1)
    duplicate = next((name for name in names if name and names.count(name) > 1), None)
    if duplicate is not None:
        raise FileError("The header contains this column twice.", line=1, column=duplicate)
    filled = ((line, cells) for line, cells in rows if any(cells))
    return Table(names, (_row(names, line, cells) for line, cells in filled), is_csv)


def _row(names: list[str], line: int, cells: list[str]) -> TableRow:
    """Return a row by column. Missing cells at its end are empty."""
    named = dict(zip(names, cells + [""] * (len(names) - len(cells)), strict=False))
    errors = [
        RowError(line, name, "The cell contains a formula. Replace it by its value.")
        for name, cell in named.items()
        if isinstance(cell, Formula)
    ]
    if any(cells[len(names) :]):
        errors.append(RowError(line, "", "The row has more cells than the header."))
    return TableRow(line, named, tuple(errors))


def _rows(lines: Any) -> Iterator[tuple[int, list[str]]]:
    first_line = 1
    try:
        for cells in lines:
            yield first_line, cells
            first_line = lines.line_num + 1
    except csv.Error as error:
        raise FileError(f"The CSV is invalid from here on: {error}.", line=first_line) from None


def _lines(text: TextIO) -> Iterator[str]:
    for number in count(1):
        line = text.readline(MAX_LINE)
        if len(line) >= MAX_LINE:
            raise FileError(f"The line has more than {MAX_LINE:,} characters.", line=number)
        if not line:
            return
        yield line
