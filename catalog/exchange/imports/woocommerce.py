"""Reads WooCommerce's product CSV. Variations are rows of their own, anywhere in the file."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from django.utils import timezone

from catalog.exchange.imports.columns import NotRead, find_columns
from catalog.exchange.imports.conversions import (
    attribute_slug,
    deepest_first,
    in_grams,
    is_on,
    limit_options,
    split_list,
    split_urls,
)
from catalog.exchange.imports.decimals import Numbers, numbers_of
from catalog.exchange.imports.families import Family, attribute_rows, family_rows, grouped_variants
from catalog.exchange.imports.lists import FURTHER
from catalog.exchange.imports.reading import Choices, Reading
from catalog.exchange.imports.rows import Cell, Kind, Row, RowError, Rows, quote
from catalog.exchange.imports.stored_rows import StoredRows
from catalog.exchange.imports.tables import Table, TableRow, unescape_formula
from catalog.exchange.imports.woocommerce_columns import (
    AMOUNTS,
    WHOLE,
    canonical,
    is_woocommerce,
    unit_of,
)

__all__ = ["is_woocommerce", "numbers", "read_woocommerce"]

_VARIATION = "variation"
_ANY = "Any"
_COMMAS = re.compile("[,;]")
_TYPES = frozenset({"", "simple", "variable", _VARIATION, "grouped", "external"})
_TYPES |= {"virtual", "downloadable"}
_SUBSCRIPTIONS = {
    "subscription": "simple",
    "variable-subscription": "variable",
    "subscription_variation": _VARIATION,
}
_DIRECT = {"name": "name", "sku": "sku", "barcode": "barcode", "low_stock": "low_stock_threshold"}
_SEO = ("seo_title", "seo_description")
_BRANDS = ("brand", "brands", "marke", "marken", "manufacturer", "hersteller", "marque", "marca")


def numbers(_header: Sequence[str], _choices: Choices) -> Numbers:
    """Return the function that returns what the numbers of a column are."""
    return numbers_of(canonical, AMOUNTS, WHOLE)


def read_woocommerce(table: Table, reading: Reading, _choices: Choices) -> Rows:
    """Yield the rows of a table. Raises FileError."""
    columns = find_columns(table.header, canonical, (), reading.not_read, repeated=True)
    titles = dict(zip(columns.names, columns.header, strict=True))
    with StoredRows() as stored:
        names: dict[str, str] = {}
        for row in stored.read(columns.rows(table)):
            product = _Product(row, titles, is_csv=table.is_csv)
            stored.add(row, keys=product.keys(), parent=product.parent())
            if not product.has_type(_VARIATION):
                names |= {attribute_slug(name): name for name in product.attributes()}
                if product.cell("position").strip() not in {"", "0"}:
                    reading.not_read.add(titles["position"])
        yield from attribute_rows(names)
        for row in stored:
            product = _Product(row, titles, is_csv=table.is_csv)
            if product.has_type(_VARIATION):
                yield from _lost_variation(product, stored)
            else:
                yield from _rows(product, stored, reading.not_read)
        stored.finish()


@dataclass(frozen=True, slots=True)
class _Product:
    """A row of the file: a product or a variation."""

    row: TableRow
    titles: dict[str, str]
    is_csv: bool

    def cell(self, name: str) -> str:
        text = self.row.cells.get(name, "")
        return unescape_formula(text) if self.is_csv else text

    def has_type(self, name: str) -> bool:
        return name in self.types()

    def types(self) -> set[str]:
        """Return the types. A subscription of a plugin has the variations of any product."""
        types = (found.strip() for found in _COMMAS.split(self.cell("type").lower()))
        return {_SUBSCRIPTIONS.get(name, name) for name in types}

    def check_type(self) -> list[RowError]:
        """Return a warning about a type that plugins of WooCommerce add, such as a bundle."""
        if self.types() <= _TYPES:
            return []
        reason = f"The type {quote(self.cell('type'))} is unknown. It was read as a simple product."
        return [self.error("type", reason)]

    def keys(self) -> list[str]:
        number = self.cell("id").strip()
        return [self.cell("sku").strip(), f"id:{number}" if number else ""]

    def parent(self) -> str:
        """Return the SKU of the parent, or its id such as ``id:17``."""
        return self.cell("parent").strip().replace("id: ", "id:")

    def attributes(self) -> dict[str, list[str]]:
        """Return the values of each attribute. A variation has one, or none for any."""
        numbers = [name[5:] for name in self.row.cells if name.startswith("name.")]
        named = {self.cell(f"name.{n}").strip(): self.cell(f"values.{n}") for n in numbers}
        return {name: split_list(values) for name, values in named.items() if name}

    def options(self) -> dict[str, str]:
        """Return the option values of a variation by the names of attributes, "" for any."""
        return {name: (values or [""])[0] for name, values in self.attributes().items()}

    def error(self, name: str, reason: str) -> RowError:
        return RowError(self.row.line, self.titles.get(name, name), reason)


def _lost_variation(product: _Product, stored: StoredRows) -> Iterator[Row]:
    """Yield an error for a variation whose parent is not in the file."""
    if stored.find(product.parent()) is None:
        parent = quote(product.parent())
        error = product.error("parent", f"The file does not contain the product {parent}.")
        yield Row(Kind.PRODUCT, product.row.line, _sold(product)[0], errors=(error,))


def _rows(product: _Product, stored: StoredRows, not_read: NotRead) -> Iterator[Row]:
    variations = [
        _Product(row, product.titles, is_csv=product.is_csv)
        for row in stored.children(product.keys())
    ]
    family = Family(product.row.line, _cells(product), titles=_names_of(product.titles))
    family.errors += product.row.errors
    family.images = dict.fromkeys(split_urls(product.cell("images")), "")
    sold, warnings = _sold(product)
    family.warnings += product.check_type()
    if product.has_type("variable") or variations:
        _add_variations(family, product, variations)
        for name in _NOT_OF_PARENTS:
            if product.cell(name).strip():
                not_read.add(f"{product.titles[name]} of products with variations")
        family.cells |= {name: cell for name, cell in sold.items() if name not in _OF_VARIANTS}
    elif product.has_type("grouped"):
        items = [stored.find(sku) for sku in split_list(product.cell("grouped"))]
        found = [_Product(row, product.titles, product.is_csv) for row in items if row]
        cells = [(item.cell("name"), *_sold(item)) for item in found]
        grouped_variants(family, cells, len(items))
        family.cells |= {name: cell for name, cell in sold.items() if name not in _OF_VARIANTS}
    else:
        family.cells |= sold
        family.warnings += warnings
    _add_attributes(family, product)
    yield from family_rows(family)


def _cells(product: _Product) -> dict[str, Cell]:
    """Return the cells that only products have."""
    columns = {**dict.fromkeys(("brand", *_SEO)), **_DIRECT}
    names = [name for name in columns if name in product.row.cells and name not in _SOLD]
    cells: dict[str, Cell] = {_DIRECT.get(name, name): product.cell(name) for name in names}
    short, long = _text(product, "short_description"), _text(product, "description")
    if "description" in product.row.cells or "short_description" in product.row.cells:
        cells["description"] = long or short
        cells["metadata.short_description"] = short if long else ""
    is_shown = product.cell("visibility").strip().lower() != "hidden"
    if "published" in product.row.cells:
        is_published = product.cell("published").strip() in {"1", "true", "TRUE"} and is_shown
        cells["is_published"] = "true" if is_published else "false"
    if "tags" in product.row.cells:
        cells["tags"] = split_list(product.cell("tags"))
    if "categories" in product.row.cells:
        _add_categories(cells, product.cell("categories"))
    for measure in ("length", "width", "height"):
        if size := product.cell(measure).strip():
            unit = unit_of(product.titles[measure])
            cells[f"metadata.{measure}"] = f"{size} {unit}".strip()
    return cells


def _text(product: _Product, name: str) -> str:
    """Return a text, in which WooCommerce writes the ends of lines as two characters."""
    return product.cell(name).replace("\\n", "\n").strip()


def _add_categories(cells: dict[str, Cell], text: str) -> None:
    paths = [[name.strip() for name in path.split(">")] for path in split_list(text)]
    first, *others = deepest_first(paths) or [[]]
    cells["category_path"] = first
    cells[FURTHER] = [path[-1] for path in others]


_SOLD = frozenset({"sku", "barcode", "low_stock"})
_OF_VARIANTS = frozenset(
    {"price", "compare_at_price", "stock", "track_stock", "backorder", "low_stock_threshold"}
)
"""What a product with variants does not have itself."""
_NOT_OF_PARENTS = ("regular_price", "sale_price", "stock", "low_stock")


def _sold(product: _Product) -> tuple[dict[str, Cell], list[RowError]]:
    """Return the cells of what can be sold, and warnings."""
    cells: dict[str, Cell] = {
        _DIRECT[name]: product.cell(name) for name in _SOLD if name in product.row.cells
    }
    warnings = _add_price(cells, product)
    _add_stock(cells, product)
    if weight := product.cell("weight").strip():
        cells["weight"] = in_grams(weight, unit_of(product.titles["weight"]) or "kg")
    if product.has_type("virtual") or product.has_type("downloadable"):
        cells["requires_shipping"] = "false"
    tax = product.cell("tax_class").strip()
    if product.cell("tax_status").strip().lower() == "none":
        cells["tax_code"] = "exempt"
    elif tax and tax.lower() not in {"parent", "standard"}:
        cells["tax_code"] = tax
    cells |= {n: c for n, c in product.row.cells.items() if n.startswith(("metadata.", "private_"))}
    return cells, warnings


def _add_price(cells: dict[str, Cell], product: _Product) -> list[RowError]:
    regular, sale = product.cell("regular_price").strip(), product.cell("sale_price").strip()
    starts, ends = product.cell("starts").strip(), product.cell("ends").strip()
    if not (regular or sale):
        cells |= {"price": ""} if "regular_price" in product.row.cells else {}
        return []
    is_reduced = bool(sale) and is_on(starts, ends, timezone.localdate())
    cells["price"] = sale if is_reduced else regular or sale
    cells["compare_at_price"] = regular if is_reduced else ""
    if not sale or not (starts or ends):
        return []
    reason = f"The price is that of today, of a sale from {starts or '…'} to {ends or '…'}."
    return [product.error("sale_price", reason)]


def _add_stock(cells: dict[str, Cell], product: _Product) -> None:
    """Add the stock. What has none is not tracked, or is sold out."""
    backorders = product.cell("backorder").strip().lower()
    stock, state = product.cell("stock").strip(), product.cell("in_stock").strip().lower()
    if product.has_type("external"):
        cells |= {"track_stock": "true", "backorder": "false", "stock": "0"}
        cells["metadata.external_url"] = product.cell("external_url")
        cells["metadata.button_text"] = product.cell("button_text")
    elif stock and stock.lower() != "parent":
        allowed = backorders in {"1", "yes", "notify", "true"}
        cells |= {"track_stock": "true", "backorder": "true" if allowed else "false"}
        cells["stock"] = stock
    elif state in {"0", "no", "false", "outofstock"}:
        cells |= {"track_stock": "true", "backorder": "false", "stock": "0"}
    elif "stock" in product.row.cells or state:
        cells["track_stock"] = "false"


def _add_variations(family: Family, product: _Product, variations: list[_Product]) -> None:
    """Add the variants. Attributes for which all variations have any value are not options."""
    chosen = [item.options() for item in variations]
    used = {name for values in chosen for name, value in values.items() if value}
    names = [name for name in product.attributes() if name in used]
    names += [name for values in chosen for name in values if name in used - {*names}]
    names = list(dict.fromkeys(names))
    for item, values in zip(variations, chosen, strict=True):
        if item.cell("published").strip() not in {"", "1", "true", "TRUE"}:
            reason = "The variation is not published. It was left out."
            family.warnings.append(item.error("published", reason))
            continue
        options = limit_options({name: values.get(name, "") or _ANY for name in names})
        cells, warnings = _sold(item)
        cells["position"] = item.cell("position") if item.cell("position").isdecimal() else ""
        images = dict.fromkeys(split_urls(item.cell("images")), "")
        family.warnings += warnings + _share_stock(cells, product, item)
        family.add_variant(item.row, options, cells, images)


def _share_stock(cells: dict[str, Cell], product: _Product, item: _Product) -> list[RowError]:
    """Sell out a variation whose stock is that of its product, which each may sell only once."""
    units = product.cell("stock").strip()
    if not units or cells.get("track_stock") != "false":
        return []
    shared: dict[str, Cell] = {}
    _add_stock(shared, product)
    cells |= shared | {"stock": "0"}
    reason = f"The variations share the stock of their product, {units}. Set that of each."
    return [item.error("stock", reason)]


def _add_attributes(family: Family, product: _Product) -> None:
    """Add the attributes that are not options, and the brand."""
    for name, values in product.attributes().items():
        if values and name.lower() in _BRANDS and not family.cells.get("brand"):
            family.cells["brand"] = values[0]
        elif values and name not in family.options:
            family.cells[f"attr.{attribute_slug(name)}"] = ", ".join(values)


def _names_of(titles: dict[str, str]) -> dict[str, str]:
    """Return the titles of the columns by ours, for errors and warnings."""
    theirs = {
        "price": "regular_price",
        "category_path": "categories",
        FURTHER: "categories",
        "picture": "images",
    }
    theirs |= {"low_stock_threshold": "low_stock", "is_published": "published"}
    theirs["tax_code"] = "tax_class" if "tax_class" in titles else "tax_status"
    return titles | {ours: titles.get(name, ours) for ours, name in theirs.items()}
