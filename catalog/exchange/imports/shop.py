"""Our own table, CSV or XLSX: a row each for products, variants, pictures, categories, attributes.

``docs/imports.md`` explains the columns. A table without the column ``row`` has products alone.
"""

import csv
from typing import Any

from catalog.exchange.imports.rows import Cell, Fault, FileRefused, Kind, Row, Rows, quote
from catalog.exchange.imports.tables import Table, TableRow, unguard
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
# Columns are in a fixed order, which spreadsheets of staff rely on; new ones come last.
COLUMNS = (*_COLUMNS, *(name for name in FIELDS if name not in {*_COLUMNS, "category_id"}))
_LISTS = ("tags", "choices")
_NAMES = {"options": OPTIONS[0]}


def read_shop(table: Table) -> Rows:
    """Read our own columns. Raises FileRefused for a header that has others, or names nothing."""
    known = [name for name in table.header if name in COLUMNS or name.startswith(ATTRIBUTE)]
    unknown = [name for name in table.header if name not in known]
    if unknown:
        reason = f"No such column; there are: {', '.join(COLUMNS)}, and {ATTRIBUTE}… ."
        raise FileRefused(reason, line=1, column=unknown[0] or "a column without a name")
    if not {"slug", "sku", "name"}.intersection(known):
        raise FileRefused("A column is missing: slug, sku or name says what a row is of.", line=1)
    return (_read_row(row, is_csv=table.is_csv) for row in table.rows)


def _read_row(row: TableRow, *, is_csv: bool) -> Row:
    cells: dict[str, Cell] = {n: unguard(c) if is_csv else c for n, c in row.cells.items()}
    given = str(cells.pop("row", "")).strip() or Kind.PRODUCT.value
    faults = list(row.faults)
    if given not in set(Kind):
        faults.append(Fault(row.line, "row", f"{quote(given)} is none of {', '.join(Kind)}."))
        given = Kind.PRODUCT.value
    options = [str(cells.pop(name)).strip() for name in OPTIONS if name in cells]
    if any(name in row.cells for name in OPTIONS):
        while options and not options[-1]:
            options.pop()
        cells["options"] = options
    for name in _LISTS:
        if name in cells:
            cells[name] = split(str(cells[name]))
    return Row(Kind(given), row.line, cells, _NAMES, tuple(faults))


def split(cell: str) -> list[str]:
    """Return the items of a cell that is itself a line of CSV: ``blue,"red, dark"``."""
    lines: Any = csv.reader(cell.splitlines() or [""], skipinitialspace=True)
    return [item.strip() for line in lines for item in line if item.strip()]
