"""Writes an export as a workbook."""

from collections.abc import Iterator
from decimal import Decimal
from typing import Any, BinaryIO

from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.utils.exceptions import IllegalCharacterError

from catalog.exchange.exports.entries import Entry, as_text
from catalog.exchange.exports.errors import ExportError
from catalog.limits import CELL_LENGTH


def write_xlsx(file: BinaryIO, columns: list[str], rows: Iterator[Entry]) -> None:
    """Write rows to a workbook. Raises ExportError."""
    book = Workbook(write_only=True)
    sheet = book.create_sheet("Products")
    sheet.append(columns)
    try:
        for row in rows:
            _append(sheet, row, columns)
    finally:
        book.save(file)  # also after an error, because openpyxl then deletes its temporary files


def _append(sheet: Any, row: Entry, columns: list[str]) -> None:
    try:
        sheet.append([_cell(sheet, row.get(name)) for name in columns])
    except IllegalCharacterError:
        name = row.get("slug") or row.get("name")
        reason = f"{name} contains a character that is not allowed in a workbook."
        raise ExportError(reason) from None


def _cell(sheet: Any, value: Any) -> Any:
    """Return a cell with a number, or with text, also if the text looks like a formula."""
    if value is None or value == "":
        return None
    if isinstance(value, int | Decimal) and not isinstance(value, bool):
        cell = WriteOnlyCell(sheet, value)
        cell.number_format = "0.00" if isinstance(value, Decimal) else "0"
        return cell
    text = as_text(value)
    if len(text) > CELL_LENGTH:
        raise ExportError(f"A cell would have more than {CELL_LENGTH:,} characters.")
    cell = WriteOnlyCell(sheet, text)
    cell.data_type = "s"
    return cell
