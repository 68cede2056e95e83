"""Shopify's product CSV: the rows of one ``Handle`` are a product, its variants and pictures."""

from collections.abc import Iterator, Sequence
from itertools import groupby, islice

from catalog.exchange.imports.rows import Cell, Fault, FileRefused, Kind, Row, Rows
from catalog.exchange.imports.tables import Table, TableRow
from catalog.limits import MAX_OPTIONS, MAX_SHOPIFY_ROWS

_NEEDED = ("Handle", "Title", "Variant Price")
_OF_PRODUCT = {
    "slug": "Handle",
    "name": "Title",
    "description": "Body (HTML)",
    "brand": "Vendor",
    "category": "Type",
    "tags": "Tags",
    "is_published": "Published",
}
_OF_VARIANT = {
    "sku": "Variant SKU",
    "price": "Variant Price",
    "compare_at_price": "Variant Compare At Price",
    "stock": "Variant Inventory Qty",
    "backorder": "Variant Inventory Policy",
}
_OF_IMAGE = {"picture": "Image Src", "position": "Image Position", "alt": "Image Alt Text"}
_NAMES = {**_OF_PRODUCT, **_OF_VARIANT, **_OF_IMAGE, "options": "Option1 Value"}
_POLICIES = {"": "", "deny": "false", "continue": "true"}
_VISIBLE_STATUSES = ("", "active")


def is_shopify(header: Sequence[str]) -> bool:
    """Whether a table with this header is Shopify's."""
    return "Handle" in header


def read_shopify(table: Table) -> Rows:
    """Read Shopify's columns. Raises FileRefused where one is missing that says what is sold."""
    missing = [name for name in _NEEDED if name not in table.header]
    if missing:
        raise FileRefused("The column is missing.", line=1, column=missing[0])
    return _read(table)


def _read(table: Table) -> Rows:
    for _, grouped in groupby(table.rows, key=lambda row: row.cells["Handle"].strip()):
        yield from _product(list(islice(grouped, MAX_SHOPIFY_ROWS + 1)))


def _product(rows: list[TableRow]) -> Iterator[Row]:
    first = rows[0]
    options = [first.cells.get(f"Option{n} Name", "").strip() for n in range(1, MAX_OPTIONS + 1)]
    options = [name for name in options if name]
    if options == ["Title"] and _option_values(first, options) == ["Default Title"]:
        options = []
    variants = [row for row in rows if _is_variant(row, options)]
    faults = [fault for row in rows for fault in row.faults]
    if len(rows) > MAX_SHOPIFY_ROWS:
        faults.append(Fault(first.line, "Handle", f"It has over {MAX_SHOPIFY_ROWS} rows."))
    if not options and len(variants) > 1:
        reason = "A second row of a product without options."
        faults.append(Fault(variants[1].line, "Option1 Name", reason))
    cells = {**_cells(first, _OF_PRODUCT), "options": options, **_published(first)}
    cells["tags"] = [tag.strip() for tag in str(cells.get("tags", "")).split(",") if tag.strip()]
    if "Tags" not in first.cells:
        del cells["tags"]
    if not options:
        cells.update(_variant_cells(first))
    yield Row(Kind.PRODUCT, first.line, cells, _NAMES, tuple(faults))
    yield from _images(rows)
    if options:
        yield from _variants(variants, options)


def _variants(rows: list[TableRow], options: list[str]) -> Iterator[Row]:
    for row in rows:
        cells: dict[str, Cell] = {**_variant_cells(row), "options": _option_values(row, options)}
        yield Row(Kind.VARIANT, row.line, cells, _NAMES)
        if url := row.cells.get("Variant Image", "").strip():
            names = {"picture": "Variant Image"}
            yield Row(Kind.IMAGE, row.line, {"picture": url}, names)


def _images(rows: list[TableRow]) -> Iterator[Row]:
    for row in rows:
        if row.cells.get("Image Src", "").strip():
            yield Row(Kind.IMAGE, row.line, _cells(row, _OF_IMAGE), _NAMES)


def _option_values(row: TableRow, options: list[str]) -> list[str]:
    return [row.cells.get(f"Option{n} Value", "").strip() for n in range(1, len(options) + 1)]


def _is_variant(row: TableRow, options: list[str]) -> bool:
    """Whether a row is more than a further picture."""
    told = ["Variant SKU", "Variant Price"]
    return any(_option_values(row, options)) or any(
        row.cells.get(name, "").strip() for name in told
    )


def _cells(row: TableRow, columns: dict[str, str]) -> dict[str, Cell]:
    return {ours: row.cells[name] for ours, name in columns.items() if name in row.cells}


def _variant_cells(row: TableRow) -> dict[str, Cell]:
    cells = _cells(row, _OF_VARIANT)
    policy = str(cells.get("backorder", "")).strip()
    if "backorder" in cells:
        cells["backorder"] = _POLICIES.get(policy, policy)
    return cells


def _published(row: TableRow) -> dict[str, Cell]:
    """Return whether customers see it: it is published, and its status is active."""
    status = row.cells.get("Status", "").strip().lower()
    return {} if status in _VISIBLE_STATUSES else {"is_published": "false"}
