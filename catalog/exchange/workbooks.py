"""Reads the first sheet of a workbook (XLSX), in a process of its own.

XML and the shared texts of a workbook need much memory. ``python -m catalog.exchange.workbooks``
writes a line of JSON for each row of the workbook in its standard input: the number of the row, and
its cells. An error is the last line: a reason, and the number of the row or 0.
"""

import json
import re
import sys
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from io import BytesIO
from typing import Any, BinaryIO
from zipfile import BadZipFile

from openpyxl import load_workbook
from openpyxl.cell.read_only import EMPTY_CELL

from catalog.limits import MAX_COLUMNS, MAX_LINE, MAX_SHEET_CELLS, MAX_SHEET_ROWS
from shop.core.conversions import limit_process

Cell = str | tuple[str, str, str] | dict[str, str]
"""A text; a number or date with the arguments of ``SheetCell``; or the reason of a ``BadCell``."""

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


class WorkbookError(Exception):
    """The workbook cannot be read, or not to its end."""

    def __init__(self, reason: str, line: int = 0) -> None:
        super().__init__(reason)
        self.reason = reason
        self.line = line


def main() -> None:
    """Write the rows of the workbook in standard input."""
    limit_process()
    try:
        for row in _rows(BytesIO(sys.stdin.buffer.read())):
            _write(*row)
    except WorkbookError as error:
        _write(error.reason, error.line)


def _write(*values: Any) -> None:
    sys.stdout.write(f"{json.dumps(values)}\n")


def _rows(file: BinaryIO) -> Iterator[tuple[int, list[Cell]]]:
    """Yield the rows that are not empty."""
    total = 0
    for line, values in _all_rows(_open(file)):
        if line > MAX_SHEET_ROWS:
            raise WorkbookError(
                f"The sheet has more than {MAX_SHEET_ROWS:,} rows, of which some may be empty. "
                "Delete the rows below the table, or save it as CSV."
            )
        # Rows are as wide as allowed, so most cells are this one.
        cells = ["" if cell is EMPTY_CELL else _text(cell) for cell in values]
        while cells and cells[-1] == "":
            cells.pop()
        total += len(cells)
        if total > MAX_SHEET_CELLS:
            reason = f"The sheet has more than {MAX_SHEET_CELLS:,} cells. Please save it as CSV."
            raise WorkbookError(reason)
        if sum(len(cell) for cell in cells if isinstance(cell, str)) > MAX_LINE:
            raise WorkbookError(f"The row has more than {MAX_LINE:,} characters.", line)
        if cells or line == 1:
            yield line, cells


def _open(file: BinaryIO) -> Any:
    try:
        sheet = load_workbook(file, read_only=True, keep_links=False).worksheets[0]
    except (BadZipFile, KeyError, ValueError, TypeError, IndexError, SyntaxError):
        # openpyxl raises these for other archives. Invalid XML is a SyntaxError.
        raise WorkbookError("The file is a damaged workbook.") from None
    # The size in the file may be wrong, and openpyxl would rely on it.
    sheet.reset_dimensions()
    return sheet


def _all_rows(sheet: Any) -> Iterator[tuple[int, Any]]:
    line = 0
    try:
        for line, cells in enumerate(sheet.iter_rows(max_col=MAX_COLUMNS + 1), start=1):
            yield line, cells
    except (BadZipFile, SyntaxError, ValueError, KeyError, IndexError, OverflowError):
        raise WorkbookError("The sheet is damaged from here on.", line) from None


def _text(cell: Any) -> Cell:
    value = cell.value
    if value is None:
        return ""
    if cell.data_type in _BAD:
        return {"reason": _BAD[cell.data_type].format(value)}
    if isinstance(value, bool):
        return ("true", "TRUE", "") if value else ("false", "FALSE", "")
    if isinstance(value, int | float):
        return _number(value, cell.number_format or "")
    if isinstance(value, date | datetime | time | timedelta):
        text = value.isoformat() if isinstance(value, date | datetime) else str(value)
        return text, "", f"The spreadsheet has stored a date or time. {_AS_TEXT}"
    return str(value)


def _number(value: float, number_format: str) -> Cell:
    """Return a number as its value, with fifteen digits as in spreadsheets, and as it is shown."""
    text = str(int(value)) if float(value).is_integer() else format(value, ".15g")
    if abs(value) >= _MAX_EXACT:
        reason = (
            f"The number {value:.15g} has more than 15 digits, and a spreadsheet keeps only 15."
        )
        return text, "", f"{reason} {_AS_TEXT}"
    if number_format in _PLAIN:
        return text, text, ""
    shown = _format(value, number_format)
    if shown is None:
        reason = f'The spreadsheet shows {text} in the format "{number_format[:40]}".'
        return text, "", f"{reason} {_AS_TEXT}"
    # Leading zeros do not change a number, but the meaning of a text.
    return (shown if shown.lstrip("0") == text else text), shown, ""


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


if __name__ == "__main__":
    main()
