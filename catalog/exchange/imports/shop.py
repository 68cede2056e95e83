"""Reads the shop's own table (CSV or XLSX), which ``docs/imports.md`` documents.

It has rows for products, variants, images, categories and attributes. Without the column ``row``,
all rows are products.
"""

import csv
from typing import Any

from catalog.exchange.imports.rows import Cell, FileError, Kind, Row, RowError, Rows, quote
from catalog.exchange.imports.tables import Table, TableRow, unescape_formula
from catalog.limits import MAX_OPTIONS
from catalog.products.fields import FIELDS

ATTRIBUTE = "attr."
OPTIONS = tuple(f"option{n}" for n in range(1, MAX_OPTIONS + 1))
_COLUMNS = (
    "row",
    "slug",
    "name",
    "description",
    "category",
    "brand",
    "tags",
    *OPTIONS,
    "sku",
    "price",
    "compare_at_price",
    "stock",
    "backorder",
    "low_stock_threshold",
    "is_published",
    "publish_at",
    "position",
    "picture",
    "picture_small",
    "alt",
    "kind",
    "choices",
)
# The order of columns is fixed, because spreadsheets may rely on it. New columns come last.
COLUMNS = (*_COLUMNS, *(name for name in FIELDS if name not in {*_COLUMNS, "category_id"}))
_LISTS = ("tags", "choices")
_NAMES = {"options": OPTIONS[0]}


def read_shop(table: Table) -> Rows:
    """Yield the rows of a table. Raises FileError for unknown columns, or if required ones miss."""
    known = [name for name in table.header if name in COLUMNS or name.startswith(ATTRIBUTE)]
    unknown = [name for name in table.header if name not in known]
    if unknown:
        reason = f"This column is unknown. Known columns: {', '.join(COLUMNS)}, {ATTRIBUTE}SLUG."
        raise FileError(reason, line=1, column=unknown[0] or "a column without a name")
    if not {"slug", "sku", "name"}.intersection(known):
        raise FileError("At least one of the columns slug, sku and name is required.", line=1)
    return (_read_row(row, is_csv=table.is_csv) for row in table.rows)


def _read_row(row: TableRow, *, is_csv: bool) -> Row:
    cells: dict[str, Cell] = {n: unescape_formula(c) if is_csv else c for n, c in row.cells.items()}
    kind = str(cells.pop("row", "")).strip() or Kind.PRODUCT.value
    errors = list(row.errors)
    if kind not in set(Kind):
        reason = f"{quote(kind)} must be one of {', '.join(Kind)}."
        errors.append(RowError(row.line, "row", reason))
        kind = Kind.PRODUCT.value
    options = [str(cells.pop(name)).strip() for name in OPTIONS if name in cells]
    if any(name in row.cells for name in OPTIONS):
        while options and not options[-1]:
            options.pop()
        cells["options"] = options
    for name in _LISTS:
        if name in cells:
            cells[name] = split(str(cells[name]))
    return Row(Kind(kind), row.line, cells, _NAMES, tuple(errors))


def split(cell: str) -> list[str]:
    """Return the items of a cell that contains a line of CSV, such as ``blue,"red, dark"``."""
    lines: Any = csv.reader(cell.splitlines() or [""], skipinitialspace=True)
    return [item.strip() for line in lines for item in line if item.strip()]
