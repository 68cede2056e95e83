"""Reads workbooks with ``catalog.exchange.workbooks``, which runs in a process of its own."""

import json
from collections.abc import Iterator
from typing import Any, BinaryIO

from catalog.exchange.imports.rows import FileError
from catalog.exchange.imports.tables import BadCell, SheetCell, Table, make_table
from shop.core.conversions import ConversionError, converted

_READER = "catalog.exchange.workbooks"


def read_xlsx(file: BinaryIO) -> Table:
    """Read the first sheet. Raises FileError, and Unavailable while others are converted."""
    return make_table(_rows(file), is_csv=False)


def _rows(file: BinaryIO) -> Iterator[tuple[int, list[str]]]:
    try:
        with converted(_READER, file) as output:
            for text in output:
                first, second = json.loads(text)
                if isinstance(first, str):
                    raise FileError(first, line=second)
                yield first, [_cell(value) for value in second]
    except ConversionError:
        reason = "The workbook needs too much memory or time. Please save it as CSV."
        raise FileError(reason) from None


def _cell(value: Any) -> str:
    if isinstance(value, dict):
        return BadCell(value["reason"])
    return SheetCell(*value) if isinstance(value, list) else str(value)
