"""Tables: a header, and rows of text below it, each with the line that it begins on."""

import csv
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import chain, count
from typing import Any, TextIO

from catalog.exchange.imports.rows import Fault, FileRefused
from catalog.limits import MAX_COLUMNS, MAX_LINE

_DELIMITERS = ",;\t"
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "'")
# A cell that a spreadsheet would run is exported behind an apostrophe, which is taken off here.
GUARD = "'"
_NUMBER = re.compile(r"[+-]?[0-9]+(\.[0-9]+)?", re.ASCII)


@dataclass(frozen=True, slots=True)
class TableRow:
    """The cells of a row by their columns, and what is the matter with them as cells."""

    line: int
    cells: dict[str, str]
    faults: tuple[Fault, ...] = ()


class Formula(str):
    """A cell that a workbook computes."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class Table:
    """A header and the rows below it, which are read as they are asked for."""

    header: list[str]
    rows: Iterator[TableRow]
    is_csv: bool = True


def guard(value: str) -> str:
    """Return a cell that a spreadsheet shows and does not run; ``unguard`` gives the value back."""
    return GUARD + value if value.startswith(_FORMULA) and not _NUMBER.fullmatch(value) else value


def unguard(cell: str) -> str:
    """Return the value of a cell that ``guard`` wrote; any other cell is its value."""
    return cell[1:] if cell.startswith(GUARD) and cell[1:].startswith(_FORMULA) else cell


def read_csv(text: TextIO) -> Table:
    """Read CSV, whatever its line ends, divided by commas, semicolons or tabs.

    Raises FileRefused where no header can be read, and from the rows where the text breaks off.
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
    """Put rows of cells under their header. Raises FileRefused for a header that names none."""
    names = [name.strip() for name in header]
    while names and not names[-1]:
        names.pop()
    if not names or len(names) > MAX_COLUMNS:
        raise FileRefused(f"The first line names the columns, at most {MAX_COLUMNS}.", line=1)
    twice = next((name for name in names if name and names.count(name) > 1), None)
    if twice is not None:
        raise FileRefused("The header has this column twice.", line=1, column=twice)
    filled = ((line, cells) for line, cells in rows if any(cells))
    return Table(names, (_row(names, line, cells) for line, cells in filled), is_csv)


def _row(names: list[str], line: int, cells: list[str]) -> TableRow:
    """Name the cells; what a short row leaves out is empty, as spreadsheets write it."""
    named = dict(zip(names, cells + [""] * (len(names) - len(cells)), strict=False))
    faults = [
        Fault(line, name, "A formula is no value: paste what it shows.")
        for name, cell in named.items()
        if isinstance(cell, Formula)
    ]
    if any(cells[len(names) :]):
        faults.append(Fault(line, "", "The row has more cells than the header."))
    return TableRow(line, named, tuple(faults))


def _rows(lines: Any) -> Iterator[tuple[int, list[str]]]:
    begins = 1
    try:
        for cells in lines:
            yield begins, cells
            begins = lines.line_num + 1
    except csv.Error as error:
        raise FileRefused(f"Here the CSV breaks off: {error}.", line=begins) from None


def _lines(text: TextIO) -> Iterator[str]:
    for number in count(1):
        line = text.readline(MAX_LINE)
        if len(line) >= MAX_LINE:
            raise FileRefused(f"The line has over {MAX_LINE:,} characters.", line=number)
        if not line:
            return
        yield line
