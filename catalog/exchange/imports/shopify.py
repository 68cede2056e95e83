"""Reads Shopify's product CSV. The rows with one ``Handle`` are a product with its variants."""

from collections.abc import Iterator, Sequence
from itertools import groupby, islice

from catalog.exchange.imports.rows import Cell, FileError, Kind, Row, RowError, Rows
from catalog.exchange.imports.tables import Table, TableRow
from catalog.limits import MAX_OPTIONS, MAX_SHOPIFY_ROWS

_REQUIRED = ("Handle", "Title", "Variant Price")
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
    "track_stock": "Variant Inventory Tracker",
}
_OF_IMAGE = {"picture": "Image Src", "position": "Image Position", "alt": "Image Alt Text"}
_NAMES = {**_OF_PRODUCT, **_OF_VARIANT, **_OF_IMAGE, "options": "Option1 Value"}
_POLICIES = {"": "", "deny": "false", "continue": "true"}
_VISIBLE_STATUSES = ("", "active")


def is_shopify(header: Sequence[str]) -> bool:
    """Return whether the header is that of Shopify's CSV."""
    return "Handle" in header


def read_shopify(table: Table) -> Rows:
    """Yield the rows of a table. Raises FileError if a required column is missing."""
    missing = [name for name in _REQUIRED if name not in table.header]
    if missing:
        raise FileError("This column is required.", line=1, column=missing[0])
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
    errors = [error for row in rows for error in row.errors]
    if len(rows) > MAX_SHOPIFY_ROWS:
        reason = f"The product has more than {MAX_SHOPIFY_ROWS} rows."
        errors.append(RowError(first.line, "Handle", reason))
    if not options and len(variants) > 1:
        reason = "A product without options may only have one row with a SKU or a price."
        errors.append(RowError(variants[1].line, "Option1 Name", reason))
    cells = {**_cells(first, _OF_PRODUCT), "options": options, **_published(first)}
    cells["tags"] = [tag.strip() for tag in str(cells.get("tags", "")).split(",") if tag.strip()]
    if "Tags" not in first.cells:
        del cells["tags"]
    if not options:
        cells.update(_variant_cells(first))
    yield Row(Kind.PRODUCT, first.line, cells, _NAMES, tuple(errors))
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
    """Return whether a row contains a variant, and not only another image."""
    cells = [row.cells.get(name, "").strip() for name in ("Variant SKU", "Variant Price")]
    return any(_option_values(row, options)) or any(cells)


def _cells(row: TableRow, columns: dict[str, str]) -> dict[str, Cell]:
    return {ours: row.cells[name] for ours, name in columns.items() if name in row.cells}


def _variant_cells(row: TableRow) -> dict[str, Cell]:
    cells = _cells(row, _OF_VARIANT)
    policy = str(cells.get("backorder", "")).strip()
    if "backorder" in cells:
        cells["backorder"] = _POLICIES.get(policy, policy)
    if "track_stock" in cells:
        cells["track_stock"] = "true" if str(cells["track_stock"]).strip() else "false"
    if cells.get("track_stock") == "false":
        # Shopify ignores both of them then, and writes 0 and deny.
        cells.pop("stock", None)
        cells.pop("backorder", None)
    return cells


def _published(row: TableRow) -> dict[str, Cell]:
    """Return ``is_published`` false if the status is not active. Otherwise Published decides."""
    status = row.cells.get("Status", "").strip().lower()
    return {} if status in _VISIBLE_STATUSES else {"is_published": "false"}
