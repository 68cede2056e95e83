"""Reads Shopify's product CSV. The rows with one ``Handle`` are a product with its variants."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby, islice

from catalog.exchange.imports.columns import find_columns
from catalog.exchange.imports.conversions import in_grams, split_list
from catalog.exchange.imports.decimals import Numbers, numbers_of
from catalog.exchange.imports.definition_records import CATEGORY_PATH
from catalog.exchange.imports.families import attribute_rows
from catalog.exchange.imports.lists import FURTHER
from catalog.exchange.imports.reading import Choices, Reading
from catalog.exchange.imports.rows import Cell, FileError, Kind, Row, RowError, Rows, quote
from catalog.exchange.imports.shop import ATTRIBUTE
from catalog.exchange.imports.shopify_columns import (
    CATEGORY,
    KNOWN,
    OF_IMAGE,
    OF_PRODUCT,
    OF_VARIANT,
    TAXABLE,
    UNIT,
    WEIGHT,
    attribute_name,
    canonical,
    is_metafield,
)
from catalog.exchange.imports.tables import Table, TableRow
from catalog.limits import MAX_OPTIONS, MAX_SHOPIFY_ROWS

_REQUIRED = ("Handle", "Title", "Variant Price")
_NAMES = {FURTHER: "Collection", **OF_PRODUCT, **OF_VARIANT, **OF_IMAGE, "options": "Option1 Value"}
_EXEMPT = "exempt"
"""The code of the tax class of what Shopify does not tax."""
# Similar columns that are not read would make one think that they were misspelled.
_SUGGESTED = [name for name in KNOWN if name != OF_VARIANT["tax_code"]]
_AMOUNTS = frozenset(
    {OF_VARIANT[name] for name in ("price", "compare_at_price", "weight", "private_metadata.cost")}
)
_WHOLE = frozenset({OF_VARIANT["stock"]})
_POLICIES = {"": "", "deny": "false", "continue": "true", "false": "false", "true": "true"}
_VISIBLE_STATUSES = ("", "active")
_NO_CATEGORY = "uncategorized"


def is_shopify(header: Sequence[str]) -> bool:
    """Return whether the header is that of Shopify's CSV."""
    return "Handle" in map(canonical, header)


def numbers(_header: Sequence[str], _choices: Choices) -> Numbers:
    """Return the function that returns what the numbers of a column are."""
    return numbers_of(canonical, _AMOUNTS, _WHOLE)


def read_shopify(table: Table, reading: Reading, _choices: Choices) -> Rows:
    """Yield the rows of a table. Raises FileError if a required column is missing.

    A file with metafields needs no other column than ``Handle``.
    """
    columns = find_columns(table.header, canonical, _SUGGESTED, reading.not_read)
    required = _REQUIRED[:1] if any(map(is_metafield, table.header)) else _REQUIRED
    missing = [name for name in required if name not in columns.names]
    if missing:
        raise FileError("This column is required.", line=1, column=missing[0])
    yield from attribute_rows(
        {
            name.removeprefix(ATTRIBUTE): attribute_name(title)
            for name, title in zip(columns.names, columns.header, strict=True)
            if name.startswith(ATTRIBUTE) and attribute_name(title)
        }
    )
    titles = dict(zip(columns.names, columns.header, strict=True))
    names = {ours: titles.get(name, name) for ours, name in _NAMES.items()}
    yield from _read(columns.rows(table), {**titles, **names})


def _read(rows: Iterator[TableRow], names: Mapping[str, str]) -> Rows:
    for _, grouped in groupby(rows, key=lambda row: row.cells["Handle"].strip()):
        yield from _product(list(islice(grouped, MAX_SHOPIFY_ROWS + 1)), names)


def _product(rows: list[TableRow], names: Mapping[str, str]) -> Iterator[Row]:
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
    cells = {**_cells(first, OF_PRODUCT), "options": options, **_published(first)}
    cells |= {**_categories(first), **_metadata(first, "")}
    cells |= {name: cell for name, cell in first.cells.items() if name.startswith(ATTRIBUTE)}
    cells["tags"] = [tag.strip() for tag in str(cells.get("tags", "")).split(",") if tag.strip()]
    if "Tags" not in first.cells:
        del cells["tags"]
    if "Option1 Name" not in first.cells:
        del cells["options"]
    warnings: tuple[RowError, ...] = ()
    if not options:
        sold, warnings = _variant_cells(first)
        cells.update(sold)
    yield Row(Kind.PRODUCT, first.line, cells, _names_of(first, names), tuple(errors), warnings)
    yield from _images(rows, names)
    if options:
        yield from _variants(variants, options, names)


def _variants(rows: list[TableRow], options: list[str], names: Mapping[str, str]) -> Iterator[Row]:
    for row in rows:
        sold, warnings = _variant_cells(row)
        cells: dict[str, Cell] = {**sold, "options": _option_values(row, options)}
        yield Row(Kind.VARIANT, row.line, cells, _names_of(row, names), warnings=warnings)
        if url := row.cells.get("Variant Image", "").strip():
            title = {"picture": names["Variant Image"]}
            yield Row(Kind.IMAGE, row.line, {"picture": url}, title)


def _images(rows: list[TableRow], names: Mapping[str, str]) -> Iterator[Row]:
    for row in rows:
        if row.cells.get("Image Src", "").strip():
            cells = _cells(row, OF_IMAGE)
            place = str(cells.get("position", "")).strip()
            if place.isdecimal():  # Shopify counts from 1
                cells["position"] = str(max(int(place) - 1, 0))
            yield Row(Kind.IMAGE, row.line, cells, names)


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
    cells = {**_cells(row, OF_VARIANT), **_untaxed(row), **_metadata(row, "variant ")}
    if "weight" in cells:
        cells["weight"] = in_grams(str(cells["weight"]), "g")
    elif WEIGHT in row.cells:
        cells["weight"] = in_grams(row.cells[WEIGHT], row.cells.get(UNIT, "").strip() or "g")
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
    return cells, (RowError(row.line, OF_VARIANT["backorder"], reason),)


def _published(row: TableRow) -> dict[str, Cell]:
    """Return ``is_published`` false if the status is not active. Otherwise Published decides."""
    status = row.cells.get("Status", "").strip().lower()
    return {} if status in _VISIBLE_STATUSES else {"is_published": "false"}


def _untaxed(row: TableRow) -> dict[str, Cell]:
    """Return the tax class of what is not taxed. Otherwise Variant Tax Code decides."""
    return {"tax_code": _EXEMPT} if row.cells.get(TAXABLE, "").strip().lower() == "false" else {}


def _categories(row: TableRow) -> dict[str, Cell]:
    """Return the further category. The type is the category, unless it is empty."""
    category = row.cells.get(CATEGORY, "").strip()
    names = [name.strip() for name in category.split(">")]
    cells: dict[str, Cell] = {}
    if category and category.lower() != _NO_CATEGORY:
        is_second = bool(row.cells.get("Type", "").strip())
        cells = {"metadata.product_category": category} if is_second else {CATEGORY_PATH: names}
    if "Collection" in row.cells:
        cells[FURTHER] = split_list(row.cells["Collection"])
    return cells


def _metadata(row: TableRow, prefix: str) -> dict[str, Cell]:
    """Return the metafields of a product, or with a prefix those of a variant."""
    start = f"{prefix}metadata."
    return {
        name.removeprefix(prefix): cell
        for name, cell in row.cells.items()
        if name.startswith(start)
    }


def _names_of(row: TableRow, names: Mapping[str, str]) -> Mapping[str, str]:
    return {**names, "tax_code": names.get(TAXABLE, TAXABLE)} if _untaxed(row) else names
