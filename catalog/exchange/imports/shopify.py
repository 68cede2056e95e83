"""Reads Shopify's product CSV. The rows with one ``Handle`` are a product with its variants."""

from collections.abc import Iterator, Sequence
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from itertools import groupby, islice

from catalog.exchange.imports.columns import NotRead, find_columns
from catalog.exchange.imports.rows import Cell, FileError, Kind, Row, RowError, Rows, quote
from catalog.exchange.imports.tables import Table, TableRow
from catalog.limits import MAX_OPTIONS, MAX_SHOPIFY_ROWS
from shop.core.slugs import fold_name

_REQUIRED = ("Handle", "Title", "Variant Price")
_OF_PRODUCT = {
    "slug": "Handle",
    "name": "Title",
    "description": "Body (HTML)",
    "brand": "Vendor",
    "category_name": "Type",
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
    "weight": "Variant Grams",
    "requires_shipping": "Variant Requires Shipping",
    "tax_code": "Variant Tax Code",
}
_TAXABLE = "Variant Taxable"
_EXEMPT = "exempt"
"""The code of the tax class of what Shopify does not tax."""
_OF_IMAGE = {"picture": "Image Src", "position": "Image Position", "alt": "Image Alt Text"}
_NAMES = {**_OF_PRODUCT, **_OF_VARIANT, **_OF_IMAGE, "options": "Option1 Value"}
_OPTIONS = [f"Option{n} {part}" for n in range(1, MAX_OPTIONS + 1) for part in ("Name", "Value")]
_KNOWN = {
    fold_name(name): name
    for name in (
        *_OF_PRODUCT.values(),
        *_OF_VARIANT.values(),
        *_OF_IMAGE.values(),
        *_OPTIONS,
        "Variant Image",
        "Variant Weight Unit",  # of the weight that Shopify shows; Variant Grams are always grams
        _TAXABLE,
        "Status",
    )
}
"""The columns that are read, by their folded names."""
# Every export has Variant Barcode, which is similar, and is not read.
_SUGGESTED = [name for name in _KNOWN.values() if name != _OF_VARIANT["tax_code"]]
_POLICIES = {"": "", "deny": "false", "continue": "true"}
_VISIBLE_STATUSES = ("", "active")


def is_shopify(header: Sequence[str]) -> bool:
    """Return whether the header is that of Shopify's CSV."""
    return "Handle" in map(_canonical, header)


def read_shopify(table: Table, not_read: NotRead) -> Rows:
    """Yield the rows of a table. Raises FileError if a required column is missing."""
    columns = find_columns(table.header, _canonical, _SUGGESTED, not_read)
    missing = [name for name in _REQUIRED if name not in columns.names]
    if missing:
        raise FileError("This column is required.", line=1, column=missing[0])
    return _read(columns.rows(table))


def _canonical(title: str) -> str:
    return _KNOWN.get(fold_name(title), "")


def _read(rows: Iterator[TableRow]) -> Rows:
    for _, grouped in groupby(rows, key=lambda row: row.cells["Handle"].strip()):
        yield from _product(list(islice(grouped, MAX_SHOPIFY_ROWS + 1)))


def _product(rows: list[TableRow]) -> Iterator[Row]:
    first = rows[0]
    options = [first.cells.get(f"Option{n} Name", "").strip() for n in range(1, MAX_OPTIONS + 1)]
    options = [name for name in options if name]
    values = [value.strip() for value in _option_values(first, options)]
    if (options, values) == (["Title"], ["Default Title"]):
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
    warnings: tuple[RowError, ...] = ()
    if not options:
        sold, warnings = _variant_cells(first)
        cells.update(sold)
    yield Row(Kind.PRODUCT, first.line, cells, _names_of(first), tuple(errors), warnings)
    yield from _images(rows)
    if options:
        yield from _variants(variants, options)


def _variants(rows: list[TableRow], options: list[str]) -> Iterator[Row]:
    for row in rows:
        sold, warnings = _variant_cells(row)
        cells: dict[str, Cell] = {**sold, "options": _option_values(row, options)}
        yield Row(Kind.VARIANT, row.line, cells, _names_of(row), warnings=warnings)
        if url := row.cells.get("Variant Image", "").strip():
            names = {"picture": "Variant Image"}
            yield Row(Kind.IMAGE, row.line, {"picture": url}, names)


def _images(rows: list[TableRow]) -> Iterator[Row]:
    for row in rows:
        if row.cells.get("Image Src", "").strip():
            yield Row(Kind.IMAGE, row.line, _cells(row, _OF_IMAGE), _NAMES)


def _option_values(row: TableRow, options: list[str]) -> list[str]:
    return [row.cells.get(f"Option{n} Value", "") for n in range(1, len(options) + 1)]


def _is_variant(row: TableRow, options: list[str]) -> bool:
    """Return whether a row contains a variant, and not only another image."""
    cells = [row.cells.get(name, "").strip() for name in ("Variant SKU", "Variant Price")]
    return any(value.strip() for value in _option_values(row, options)) or any(cells)


def _cells(row: TableRow, columns: dict[str, str]) -> dict[str, Cell]:
    return {ours: row.cells[name] for ours, name in columns.items() if name in row.cells}


def _variant_cells(row: TableRow) -> tuple[dict[str, Cell], tuple[RowError, ...]]:
    """Return the cells of a variant, with a warning if its inventory policy is unknown."""
    cells = {**_cells(row, _OF_VARIANT), **_untaxed(row)}
    if "weight" in cells:
        cells["weight"] = _whole_grams(str(cells["weight"]))
    tracker = cells.get("track_stock")
    if tracker is not None:
        cells["track_stock"] = "true" if str(tracker).strip() else "false"
    if cells.get("track_stock") == "false":
        # Shopify ignores both of them then, and writes 0 and deny.
        cells.pop("stock", None)
        cells.pop("backorder", None)
    if "backorder" not in cells:
        return cells, ()
    policy = str(cells["backorder"]).strip()
    cells["backorder"] = _POLICIES.get(policy.lower(), "false")
    if policy.lower() in _POLICIES:
        return cells, ()
    reason = f"{quote(policy)} is neither deny nor continue. It was read as deny."
    return cells, (RowError(row.line, _OF_VARIANT["backorder"], reason),)


def _published(row: TableRow) -> dict[str, Cell]:
    """Return ``is_published`` false if the status is not active. Otherwise Published decides."""
    status = row.cells.get("Status", "").strip().lower()
    return {} if status in _VISIBLE_STATUSES else {"is_published": "false"}


def _untaxed(row: TableRow) -> dict[str, Cell]:
    """Return the tax class of what is not taxed. Otherwise Variant Tax Code decides."""
    return {"tax_code": _EXEMPT} if row.cells.get(_TAXABLE, "").strip().lower() == "false" else {}


def _names_of(row: TableRow) -> dict[str, str]:
    return _NAMES | ({"tax_code": _TAXABLE} if _untaxed(row) else {})


def _whole_grams(cell: str) -> str:
    """Return a weight without decimals. What is no number is reported by its validation."""
    try:
        return str(Decimal(cell.strip()).quantize(Decimal(1), ROUND_HALF_UP))
    except InvalidOperation:
        return cell
