"""Reads the first sheet of a workbook (XLSX)."""

import re
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from typing import Any, BinaryIO
from zipfile import BadZipFile

from openpyxl import load_workbook

from catalog.exchange.imports.rows import FileError, quote
from catalog.exchange.imports.tables import BadCell, SheetCell, Table, make_table
from catalog.limits import MAX_COLUMNS

_AS_TEXT = "Format the column as text and enter the value again."
_BAD = {
    "f": "The cell contains a formula. Replace it by its value.",
    "e": "The cell contains the error {}.",
}
_PLAIN = ("General", "@", "0", "")
# A part of a number format: quoted or escaped text, a space as wide as a character, or itself.
_PART = re.compile(r'"([^"]*)"|\\(.)|_.|(.)', re.DOTALL)
_MAX_EXACT = 10**15
"""Spreadsheets keep fifteen digits of a number."""


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
    if cell.data_type in _BAD:
        return BadCell(_BAD[cell.data_type].format(value))
    if isinstance(value, bool):
        return SheetCell("true" if value else "false", "TRUE" if value else "FALSE")
    if isinstance(value, int | float):
        return _number(value, cell.number_format or "")
    if isinstance(value, date | datetime | time | timedelta):
        text = value.isoformat() if isinstance(value, date | datetime) else str(value)
        return SheetCell(text, problem=f"The spreadsheet has stored a date or time. {_AS_TEXT}")
    return str(value)


def _number(value: float, number_format: str) -> str:
    """Return a number as its value, with fifteen digits as in spreadsheets, and as it is shown."""
    text = str(int(value)) if float(value).is_integer() else format(value, ".15g")
    if abs(value) >= _MAX_EXACT:
        reason = (
            f"The number {value:.15g} has more than 15 digits, and a spreadsheet keeps only 15."
        )
        return SheetCell(text, problem=f"{reason} {_AS_TEXT}")
    if number_format in _PLAIN:
        return SheetCell(text, text)
    shown = _format(value, number_format)
    if shown is None:
        reason = f"The spreadsheet shows {text} in the format {quote(number_format)}."
        return SheetCell(text, problem=f"{reason} {_AS_TEXT}")
    # Leading zeros do not change a number, but the meaning of a text.
    return SheetCell(shown if shown.lstrip("0") == text else text, shown)


def _format(value: float, number_format: str) -> str | None:
    """Return a number as a spreadsheet shows it in a format of zeros and fixed text, or None."""
    if value < 0:
        return None
    if re.fullmatch(r"0\.0+", number_format):
        return f"{value:.{len(number_format) - 2}f}"
    parts = [
        (quoted or escaped or "", plain or "")
        for quoted, escaped, plain in _PART.findall(number_format.split(";", 1)[0])
    ]
    zeros = sum(plain == "0" for _, plain in parts)
    if not zeros or not float(value).is_integer() or any(p not in "0- " for _, p in parts):
        return None
    digits = list(str(int(value)).rjust(zeros, "0"))
    spare, result = len(digits) - zeros, ""
    for fixed, plain in parts:
        if plain == "0":
            result += "".join(digits[: spare + 1])
            digits, spare = digits[spare + 1 :], 0
        else:
            result += fixed or plain
    return result
