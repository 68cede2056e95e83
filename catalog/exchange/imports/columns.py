"""Finds the columns of a file by their names, and counts what the import does not read.

Case, spaces and a byte order mark in a column's name do not matter.
"""

from collections import Counter
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass

from django.conf import settings

from catalog.exchange.imports.mapping import other_currency
from catalog.exchange.imports.rows import FileError, RowError
from catalog.exchange.imports.tables import Table, TableRow, cell_error
from catalog.exchange.imports.translations import SEPARATOR, remedy_of
from shop.core.unknown import nearest

NO_NAME = "a column without a name"
ABOVE = "text above the header"
_SIMILARITY = 0.8


class NotRead:
    """The columns of a table, or the members of JSON, that the import does not read."""

    def __init__(self) -> None:
        """Start without columns."""
        self.rows: Counter[str] = Counter()
        """The number of rows that have a value, by the name of the column."""
        self._known: dict[str, Collection[str]] = {}

    def add(self, name: str, known: Collection[str] = ()) -> None:
        """Count one more row with a value in a column. ``known`` are the names that are read."""
        self.rows[name] += 1
        self._known[name] = known

    def __str__(self) -> str:
        """Return a line such as "not read: Barcode, 167 rows; prise, 1 row (meant price?)"."""
        return f"not read: {'; '.join(map(self._describe, self.rows))}" if self.rows else ""

    def _describe(self, name: str) -> str:
        number = self.rows[name]
        hint = remedy_of(name) or _currency_of(name) or self._question(name)
        return f"{name}, {number:,} row{'' if number == 1 else 's'}{hint}"

    def _question(self, name: str) -> str:
        prefix, dot, member = name.rpartition(".")
        is_text = SEPARATOR in member
        alike = [known for known in self._known[name] if (SEPARATOR in known) == is_text]
        meant = nearest(member, alike, _SIMILARITY)
        return f" (did you mean {prefix}{dot}{meant}?)" if meant and meant != member else ""


def _currency_of(name: str) -> str:
    found = other_currency(name)
    own = settings.SHOP_CURRENCY
    return f" (amounts in {found}; the currency of the shop is {own})" if found else ""


@dataclass(frozen=True, slots=True)
class Columns:
    """The columns of a table by their canonical names. ``known`` are the names that are read."""

    header: list[str]
    names: list[str]
    known: Collection[str]
    not_read: NotRead

    def rows(self, table: Table) -> Iterator[TableRow]:
        """Yield the rows, with the cells of known columns, and count the cells of the others."""
        for _ in range(table.above):
            self.not_read.add(ABOVE)
        for line, cells in table.rows:
            yield self._row(line, cells, table)

    def _row(self, line: int, cells: list[str], table: Table) -> TableRow:
        """Return a row. Missing cells at its end are empty."""
        missing = [""] * (len(self.names) - len(cells))
        found, errors = {}, []
        for title, name, cell in zip(self.header, self.names, cells + missing, strict=False):
            if not name:
                if cell.strip():
                    self.not_read.add(title or NO_NAME, self.known)
                continue
            error = cell_error(cell)
            found[name] = "" if error else cell
            if error:
                errors.append(RowError(line, title, error))
        if len(cells) > len(self.names) and any(further := cells[len(self.names) :]):
            # In text, a cell without a column may be a value with a separator in it.
            if table.is_csv and any(cells[table.width :]):
                errors.append(RowError(line, "", "The row has more cells than the header."))
            else:
                self.not_read.add(NO_NAME) if any(cell.strip() for cell in further) else None
        return TableRow(line, found, tuple(errors))


def find_columns(
    header: list[str],
    canonical: Callable[[str], str],
    known: Collection[str],
    not_read: NotRead,
    *,
    repeated: bool = False,
) -> Columns:
    """Find the columns of a header.

    ``canonical`` returns the canonical name of a column, or "" if the import does not know it.
    Raises FileError if the header contains a known column twice. With ``repeated`` the second one
    is not read, because a column has several names.
    """
    names = [canonical(title) for title in header]
    for number, name in enumerate(names):
        if name and name in names[:number]:
            if repeated:
                names[number] = ""
                continue
            reason = "The header contains this column twice."
            raise FileError(reason, line=1, column=header[number])
    return Columns(header, names, known, not_read)
