"""Reads Shopify's inventory CSV, which has the stock of each variant at each location."""

import re
from collections.abc import Iterator, Sequence
from functools import partial
from itertools import groupby

from catalog.exchange.imports.columns import find_columns
from catalog.exchange.imports.decimals import Numbers
from catalog.exchange.imports.reading import Choices, Reading
from catalog.exchange.imports.rows import Cell, Kind, Row, RowError, Rows, quote
from catalog.exchange.imports.shopify_columns import OPTIONS
from catalog.exchange.imports.shopify_columns import canonical as of_products
from catalog.exchange.imports.tables import Table, TableRow
from catalog.limits import MAX_OPTIONS
from shop.core.slugs import fold_name

_AVAILABLE = {
    "available": "available",
    "available (not editable)": "available",
    "on hand": "on_hand",
    "on hand (current)": "on_hand",
    "on hand (new)": "on_hand_new",
    "location": "location",
}
"""What can be sold is what is available: what is on hand without what is reserved for orders."""
_QUANTITIES = ("available", "on_hand_new", "on_hand")
# In older files every other column is a location.
_NOT_LOCATIONS = frozenset({"hs code", "coo", "bin name", "incoming", "unavailable", "committed"})
_NOT_STOCKED = "not stocked"
# Units have no decimals, so a sign before three digits is one between thousands.
_THOUSANDS = re.compile(r"(?<=[0-9])[,.'\u00a0\u202f ](?=[0-9]{3}(?![0-9]))")
_KEYS = ("Handle", "Title", "Variant SKU")


def is_inventory(header: Sequence[str]) -> bool:
    """Return whether the header is that of the inventory, and not that of the products."""
    names = {of_products(title) for title in header}
    folded = {fold_name(title) for title in header}
    if "Handle" not in names or "Variant Price" in names:
        return False
    return bool(folded & _AVAILABLE.keys()) or {"hs code", "coo"} <= folded


def numbers(_header: Sequence[str], _choices: Choices) -> Numbers:
    """Return the function that returns what the numbers of a column are: none has a mark."""
    return lambda _title: None


def _canonical(title: str, *, has_locations: bool) -> str:
    folded = fold_name(title)
    if folded in _AVAILABLE:
        return _AVAILABLE[folded]
    name = of_products(title)
    if name in _KEYS or name.startswith("Option"):
        return name
    is_other = folded.removesuffix(" (not editable)") in _NOT_LOCATIONS or not folded
    return "" if has_locations or is_other or name else f"location {folded}"


def read_as(header: Sequence[str], _choices: Choices) -> dict[str, str]:
    """Return what each column of a header is read as, or "" if it is not read."""
    name_of = partial(_canonical, has_locations=_has_locations(header))
    ours = {name: name.split()[0].lower() for name in OPTIONS}
    ours |= {"Handle": "slug", "Variant SKU": "sku", "Title": "", "": ""}
    return {title: ours.get(name_of(title), "stock") for title in header}


def _has_locations(header: Sequence[str]) -> bool:
    return any(fold_name(title) in _AVAILABLE for title in header)


def read_inventory(table: Table, reading: Reading, _choices: Choices) -> Rows:
    """Yield a product with the stock of its variants for each handle. Raises FileError."""
    name_of = partial(_canonical, has_locations=_has_locations(table.header))
    columns = find_columns(table.header, name_of, (), reading.not_read)
    rows = columns.rows(table)
    for _, grouped in groupby(rows, key=lambda row: row.cells["Handle"].strip()):
        yield from _product(list(grouped))


def _product(rows: list[TableRow]) -> Iterator[Row]:
    first = rows[0]
    errors = tuple(error for row in rows for error in row.errors)
    options = [first.cells.get(f"Option{n} Name", "").strip() for n in range(1, MAX_OPTIONS + 1)]
    options = [name for name in options if name]
    cells: dict[str, Cell] = {"slug": first.cells["Handle"]}
    units: dict[tuple[str, ...], int | None] = {}
    lines: dict[tuple[str, ...], TableRow] = {}
    for row in rows:
        key = tuple(row.cells.get(f"Option{n} Value", "") for n in range(1, len(options) + 1))
        lines.setdefault(key, row)
        found, error = _units(row)
        errors += error
        if found is not None:
            units[key] = (units.get(key) or 0) + found
    if options == ["Title"] or not options:
        stock = next(iter(units.values()), None)
        cells |= {} if stock is None else {"stock": str(stock)}
        yield Row(Kind.PRODUCT, first.line, cells, {"slug": "Handle"}, errors)
        return
    yield Row(Kind.PRODUCT, first.line, cells, {"slug": "Handle"}, errors)
    for key, stock in units.items():
        row = lines[key]
        variant: dict[str, Cell] = {"options": list(key), "stock": str(stock)}
        variant["sku"] = row.cells.get("Variant SKU", "")
        if not variant["sku"]:
            del variant["sku"]
        yield Row(Kind.VARIANT, row.line, variant)


def _units(row: TableRow) -> tuple[int | None, tuple[RowError, ...]]:
    """Return the units in a row, or None if it is not stocked there, and errors."""
    names = [name for name in _QUANTITIES if row.cells.get(name, "").strip()][:1]
    names += [name for name in row.cells if name.startswith("location ")]
    total: int | None = None
    for name in names:
        cell = row.cells[name].strip()
        if not cell or cell.lower() == _NOT_STOCKED:
            continue
        try:
            total = (total or 0) + int(_THOUSANDS.sub("", cell))
        except ValueError:
            reason = f"{quote(cell)} is not an integer."
            return None, (RowError(row.line, name.removeprefix("location "), reason),)
    return total, ()
