"""Reads the first sheet of a workbook (XLSX)."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any, BinaryIO
from zipfile import BadZipFile

from openpyxl import load_workbook

from catalog.exchange.imports.rows import FileError
from catalog.exchange.imports.tables import Formula, Table, make_table
from catalog.limits import MAX_COLUMNS


def read_xlsx(file: BinaryIO) -> Table:
    """Read the first sheet. Raises FileError. So does the iteration over damaged rows."""
    try:
        sheet = load_workbook(file, read_only=True, keep_links=False).worksheets[0]
    except (BadZipFile, KeyError, ValueError, TypeError, IndexError, SyntaxError):
        # openpyxl raises these for other archives. Invalid XML is a SyntaxError.
        raise FileError("The file is a damaged workbook.") from None
    # The size in the file may be wrong, and openpyxl would rely on it.
    sheet.reset_dimensions()
    rows = _rows(sheet)
    _, header = next(rows, (1, []))
    return make_table(header, rows, is_csv=False)


def _rows(sheet: Any) -> Iterator[tuple[int, list[str]]]:
    try:
        for line, cells in enumerate(sheet.iter_rows(max_col=MAX_COLUMNS + 1), start=1):
            yield line, [_text(cell) for cell in cells]
    except (BadZipFile, SyntaxError, ValueError, KeyError, IndexError, OverflowError):
        raise FileError("The sheet is damaged from here on.", line=line) from None


def _text(cell: Any) -> str:
    value = cell.value
    if value is None:
        return ""
    if cell.data_type == "f":
        return Formula(value)
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)
