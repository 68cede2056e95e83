"""Reads the shop's own table (CSV or XLSX), which ``docs/imports.md`` documents.

It has rows for products, variants, images, categories and attributes. Without the column ``row``,
all rows are products.
"""

import csv
from collections.abc import Mapping
from typing import Any

from catalog.exchange.imports.columns import NotRead, find_columns
from catalog.exchange.imports.rows import Cell, FileError, Kind, Row, RowError, Rows, quote
from catalog.exchange.imports.tables import Table, TableRow, unescape_formula
from catalog.limits import MAX_OPTIONS
from catalog.products.fields import FIELDS, Owner, members_of
from shop.core.slugs import fold_name, normalize_slug

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
_MEMBERS = (field.member for field in FIELDS.values() if field.name != "category_id")
COLUMNS = (*_COLUMNS, *(name for name in _MEMBERS if name not in _COLUMNS))
_LISTS = ("tags", "choices")
_OF_SOLD = {*members_of(Owner.SOLD, Owner.EACH), "stock", "slug", "options", *OPTIONS}
_USED: dict[Kind, set[str]] = {
    Kind.PRODUCT: _OF_SOLD | {*members_of(Owner.PRODUCT), "category", "tags"},
    Kind.VARIANT: _OF_SOLD | {*members_of(Owner.VARIANT)},
    Kind.IMAGE: {"slug", "picture", "picture_small", "alt", "position"},
    Kind.CATEGORY: {"slug", "name", "category", "position", "is_published"},
    Kind.ATTRIBUTE: {"slug", "name", "kind", "choices"},
    Kind.TAX_CLASS: {"slug", "name"},
}
"""The columns that rows of each kind have."""


def read_shop(table: Table, not_read: NotRead) -> Rows:
    """Yield the rows of a table. Raises FileError if it has no column that identifies products."""
    columns = find_columns(table.header, _canonical, COLUMNS, not_read)
    if not {"slug", "sku", "name"}.intersection(columns.names):
        reason = "At least one of the columns slug, sku and name is required."
        known = ", ".join((*COLUMNS, f"{ATTRIBUTE}SLUG"))
        raise FileError(f"{reason} Known columns: {known}.", line=1)
    titles = dict(zip(columns.names, columns.header, strict=True))
    titles["options"] = titles.get(OPTIONS[0], OPTIONS[0])
    return (_read_row(row, titles, not_read, is_csv=table.is_csv) for row in columns.rows(table))


def _canonical(title: str) -> str:
    """Return the name of a column, or "" if it is unknown: "Compare at price" is as good."""
    prefix, dot, rest = title.partition(".")
    if dot and fold_name(prefix) + dot == ATTRIBUTE:
        return ATTRIBUTE + normalize_slug(rest.strip())
    name = fold_name(title).replace(" ", "_")
    return name if name in COLUMNS else ""


def _read_row(row: TableRow, titles: Mapping[str, str], not_read: NotRead, *, is_csv: bool) -> Row:
    cells: dict[str, Cell] = {n: unescape_formula(c) if is_csv else c for n, c in row.cells.items()}
    kind = str(cells.pop("row", "")).strip().lower() or Kind.PRODUCT.value
    errors = list(row.errors)
    if kind not in set(Kind):
        reason = f"{quote(kind)} must be one of {', '.join(Kind)}."
        errors.append(RowError(row.line, "row", reason))
        kind = Kind.PRODUCT.value
    for name in unused_columns(Kind(kind), cells):
        not_read.add(f"{name} of {kind} rows")
    options = [str_of(cells.pop(name)) for name in OPTIONS if name in cells]
    if any(name in row.cells for name in OPTIONS):
        while options and not options[-1].strip():
            options.pop()
        cells["options"] = options
    for name in _LISTS:
        if name in cells:
            cells[name] = split(str(cells[name]))
    return Row(Kind(kind), row.line, cells, titles, tuple(errors))


def unused_columns(kind: Kind, cells: Mapping[str, Cell]) -> list[str]:
    """Return the columns with a value that rows of this kind do not have."""
    used = _USED[kind]
    return [
        name
        for name, cell in cells.items()
        if name not in used
        and not (kind == Kind.PRODUCT and name.startswith(ATTRIBUTE))
        and (cell.strip() if isinstance(cell, str) else cell)
    ]


def str_of(cell: Cell) -> str:
    """Return a cell as one text."""
    return cell if isinstance(cell, str) else " ".join(cell)


def split(cell: str) -> list[str]:
    """Return the items of a cell that contains a line of CSV, such as ``blue,"red, dark"``."""
    lines: Any = csv.reader(cell.splitlines() or [""], skipinitialspace=True)
    return [item.strip() for line in lines for item in line if item.strip()]
