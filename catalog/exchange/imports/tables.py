"""Tables: a header and rows of text, each with the number of its first line. Reads CSV."""

import csv
import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain, islice
from typing import Any, Self, TextIO

from catalog.exchange.imports.rows import FileError, RowError
from catalog.limits import MAX_COLUMNS, MAX_LINE, MAX_ROW

csv.field_size_limit(MAX_LINE)

_DELIMITERS = ",;\t|"
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "'")
_ESCAPE = "'"
_MAX_ABOVE = 10
"""The lines in which the header is looked for; those above it have at most one cell with text."""
_NUMBER = re.compile(r"[+-]?[0-9]+(\.[0-9]+)?", re.ASCII)
# The line with which spreadsheets are told the separator.
_SEPARATOR = re.compile(r'"?sep=(.)"?[\r\n]*')


@dataclass(frozen=True, slots=True)
class TableRow:
    """The cells of a row by canonical column, with errors in them."""

    line: int
    cells: dict[str, str]
    errors: tuple[RowError, ...] = ()


class BadCell(str):
    """A cell of a workbook without a value that could be read. The text is the reason."""

    __slots__ = ()


class SheetCell(str):
    """A number or a date of a workbook, as its value. ``shown`` is the text that people see.

    ``problem`` is the reason why ``shown`` is unknown, which matters for SKUs, slugs and options.
    """

    __slots__ = ("problem", "shown")

    problem: str
    shown: str

    def __new__(cls, value: str, shown: str = "", problem: str = "") -> Self:
        """Return a cell."""
        cell = super().__new__(cls, value)
        cell.shown, cell.problem = shown, problem
        return cell


TableLine = tuple[int, list[str]]
"""The number of a row's first line, and its cells."""


@dataclass(frozen=True, slots=True)
class Table:
    """A header, and an iterator over the rows below it, each with its line and its cells."""

    header: list[str]
    rows: Iterator[TableLine]
    is_csv: bool = True
    delimiter: str = ""
    width: int = 0
    """The cells of the header, with those without a name after its last column."""
    above: int = 0
    """The lines above the header with text, such as the title of a list."""


def cell_error(cell: str) -> str:
    """Return the reason why a cell cannot be read, or ""."""
    return str(cell) if isinstance(cell, BadCell) else ""


def escape_formula(value: str) -> str:
    """Prefix a value that a spreadsheet would execute as a formula with an apostrophe."""
    return _ESCAPE + value if value.startswith(_FORMULA) and not _NUMBER.fullmatch(value) else value


def unescape_formula(cell: str) -> str:
    """Remove the apostrophe that ``escape_formula`` added."""
    return cell[1:] if cell.startswith(_ESCAPE) and cell[1:].startswith(_FORMULA) else cell


def read_csv(text: TextIO, delimiter: str = "") -> Table:
    """Read CSV with any line ends, separated by commas, semicolons, tabs or vertical bars.

    Raises FileError if the header cannot be read. So does the iteration over invalid rows.
    """
    lines = _Lines(text)
    first = next(lines, "")
    given = _SEPARATOR.fullmatch(first)
    if given:
        first = next(lines, "")
    head = [first]
    while len(head) < _MAX_ABOVE and head[-1] and not any(d in head[-1] for d in _DELIMITERS):
        head.append(next(lines, ""))
    if not delimiter:
        delimiter = given[1] if given else max(_DELIMITERS, key=head[-1].count)
    before = 1 if given else 0
    reader = csv.reader(chain(head, lines), delimiter=delimiter, strict=True)
    return make_table(_rows(reader, before, lines), delimiter=delimiter)


def make_table(rows: Iterator[TableLine], *, is_csv: bool = True, delimiter: str = "") -> Table:
    """Return a table without empty rows. Raises FileError for an invalid header."""
    head, found = [], False
    for row in islice(rows, _MAX_ABOVE):
        head.append(row)
        if found := _filled(row) > 1:
            break
    # A table with one column has no row with several cells.
    place = len(head) - 1 if found else next((n for n, r in enumerate(head) if _filled(r)), 0)
    line, header = head[place] if head else (1, [])
    names = [name.strip("\ufeff \t\r\n\xa0") for name in header]
    width = len(names)
    while names and not names[-1]:
        names.pop()
    if not names or len(names) > MAX_COLUMNS:
        reason = f"The first line must contain the names of at most {MAX_COLUMNS} columns."
        raise FileError(reason, line=line)
    below = chain(head[place + 1 :], rows)
    filled = ((number, cells) for number, cells in below if any(cells))
    above = sum(map(bool, map(_filled, head[:place])))
    return Table(names, filled, is_csv, delimiter, width, above)


def _filled(row: TableLine) -> int:
    return sum(bool(cell.strip("\ufeff \t\r\n\xa0")) for cell in row[1])


def _rows(reader: Any, before: int, lines: "_Lines") -> Iterator[TableLine]:
    first_line = before + 1
    try:
        for cells in reader:
            lines.size = 0
            yield first_line, cells
            first_line = before + reader.line_num + 1
    except csv.Error as error:
        raise FileError(f"The CSV is invalid from here on: {error}.", line=first_line) from None


class _Lines:
    """The lines of a text. ``size`` counts the characters of a row, which has several if quoted."""

    def __init__(self, text: TextIO) -> None:
        self._text = text
        self._number = 0
        self.size = 0

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> str:
        line = self._text.readline(MAX_LINE)
        self._number += 1
        self.size += len(line)
        if len(line) >= MAX_LINE:
            reason = f"The line has more than {MAX_LINE:,} characters."
            raise FileError(reason, line=self._number)
        if self.size > MAX_ROW:
            reason = f"The row has more than {MAX_ROW:,} characters."
            raise FileError(reason, line=self._number)
        if not line:
            raise StopIteration
        return line
