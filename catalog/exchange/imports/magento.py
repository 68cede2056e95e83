"""Reads Magento 2's product CSV. Variants are simple products that a configurable one names."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import zip_longest

from django.utils import timezone

from catalog.exchange.imports.columns import NotRead, find_columns
from catalog.exchange.imports.conversions import (
    attribute_slug,
    deepest_first,
    in_grams,
    is_on,
    join_url,
    limit_options,
    split_urls,
)
from catalog.exchange.imports.families import Family, attribute_rows, family_rows, grouped_variants
from catalog.exchange.imports.lists import FURTHER
from catalog.exchange.imports.magento_columns import (
    BELOW,
    BRANDS,
    CODES,
    IMAGES,
    INTERNAL,
    LABELS,
    NOT_TAXED,
    PAIR,
    PATHS,
    ROOT,
    STANDARD,
    canonical,
    is_magento,
    numbers,
)
from catalog.exchange.imports.reading import Choices, Reading
from catalog.exchange.imports.rows import Cell, RowError, Rows
from catalog.exchange.imports.stored_rows import StoredRows
from catalog.exchange.imports.tables import Table, TableRow
from shop.core.slugs import fold_name

__all__ = ["is_magento", "numbers", "read_magento"]


def read_magento(table: Table, reading: Reading, choices: Choices) -> Rows:
    """Yield the rows of a table. Raises FileError."""
    columns = find_columns(table.header, canonical, (), reading.not_read, repeated=True)
    titles = dict(zip(columns.names, columns.header, strict=True))
    with StoredRows() as stored:
        for row in stored.read(columns.rows(table)):
            if _is_translation(row):
                reading.not_read.add(f"store view {row.cells['store_view_code'].strip()}")
                continue
            product = _Product(row, titles, reading.not_read, choices.images_from)
            stored.add(row, keys=[product.cell("sku")])
            for sku in product.children():
                stored.mark(sku)
        yield from _attributes(_products(stored, titles, reading, choices))
        for product in _products(stored, titles, reading, choices):
            yield from family_rows(_family(product, stored))
        stored.finish()


def _products(
    stored: StoredRows, titles: Mapping[str, str], reading: Reading, choices: Choices
) -> "Iterator[_Product]":
    """Yield the products that are not variants of another one."""
    for row in stored:
        product = _Product(row, titles, reading.not_read, choices.images_from)
        is_parent = product.cell("product_type") == "configurable"
        if is_parent or not stored.is_marked(product.cell("sku")):
            yield product


def _attributes(products: "Iterator[_Product]") -> Rows:
    """Yield the definitions of the additional attributes that are not options."""
    names: dict[str, str] = {}
    options = {*BRANDS, *CODES}
    for product in products:
        names |= {name: _title(name) for name in product.attributes()}
        options |= product.labels().keys()
    used = {attribute_slug(name): title for name, title in names.items() if name not in options}
    yield from attribute_rows(used)


def _is_translation(row: TableRow) -> bool:
    return row.cells.get("store_view_code", "").strip().lower() not in {"", "admin", "default"}


@dataclass(frozen=True, slots=True)
class _Product:
    """A row of the file."""

    row: TableRow
    titles: Mapping[str, str]
    not_read: NotRead
    images_from: str

    def cell(self, name: str) -> str:
        return self.row.cells.get(name, "").strip()

    def attributes(self) -> dict[str, str]:
        """Return the values of the additional attributes, of which several have commas."""
        pairs = PAIR.findall(self.cell("additional_attributes"))
        return {n: v.strip('" ').replace("|", ", ") for n, v in pairs if n not in INTERNAL and v}

    def children(self) -> dict[str, dict[str, str]]:
        """Return the option values of the variants by their SKUs."""
        found = {}
        for variation in self.cell("configurable_variations").split("|"):
            pairs = dict(PAIR.findall(variation))
            if sku := pairs.pop("sku", "").strip():
                found[sku] = {name: value.strip('" ') for name, value in pairs.items()}
        return found

    def labels(self) -> dict[str, str]:
        """Return the titles of the options by their codes."""
        labels = dict(PAIR.findall(self.cell("configurable_variation_labels")))
        codes = dict.fromkeys(code for values in self.children().values() for code in values)
        return {code: labels.get(code, "").strip('" ') or _title(code) for code in codes}

    def images(self) -> dict[str, str]:
        """Return the texts of the images by their addresses.

        Relative ones need the address of the old shop.
        """
        found: dict[str, str] = {}
        for name in filter(self.cell, IMAGES):
            parts = [part for text in split_urls(self.cell(name)) for part in text.split(",")]
            relative = any(not part.startswith(("http://", "https://", "//")) for part in parts)
            if relative and not self.images_from:
                self.not_read.add(f"{self.titles[name]} (choose the address of the images)")
                continue
            labels = self.cell(LABELS[name])
            texts = labels.split(",") if len(parts) > 1 else [labels]
            for part, label in zip_longest(parts, texts[: len(parts)], fillvalue=""):
                found.setdefault(join_url(self.images_from, part.strip()), label.strip())
        return found

    def error(self, name: str, reason: str) -> RowError:
        return RowError(self.row.line, self.titles.get(name, name), reason)


def _title(code: str) -> str:
    return code.replace("_", " ").strip().capitalize()


def _family(product: _Product, stored: StoredRows) -> Family:
    family = Family(product.row.line, _cells(product), titles=_names_of(product.titles))
    family.errors += product.row.errors
    family.images = product.images()
    sold, warnings = _sold(product)
    family.warnings += warnings
    children = product.children()
    kind = product.cell("product_type")
    if children:
        family.cells["sku"] = product.cell("sku")
        _add_variants(family, product, children, stored)
    elif kind == "grouped":
        family.cells["sku"] = product.cell("sku")
        skus = [part.partition("=")[0] for part in product.cell("associated_skus").split(",")]
        items = [stored.find(sku.strip()) for sku in skus if sku.strip()]
        found = [_Product(r, product.titles, product.not_read, "") for r in items if r]
        cells = [(item.cell("name"), *_sold(item)) for item in found]
        grouped_variants(family, cells, len(items))
    else:
        family.cells |= sold
        if kind == "bundle":
            family.cells |= {"track_stock": "true", "backorder": "false", "stock": "0"}
            reason = "A bundle is not sold as a set here. It is sold out."
            family.warnings.append(product.error("product_type", reason))
    _add_attributes(family, product)
    return family


def _cells(product: _Product) -> dict[str, Cell]:
    """Return the cells that only products have."""
    cells: dict[str, Cell] = {"slug": product.cell("url_key"), "name": product.cell("name")}
    short, long = product.cell("short_description"), product.cell("description")
    cells["description"] = long or short
    cells["metadata.short_description"] = short if long else ""
    if "product_online" in product.row.cells:
        is_visible = product.cell("visibility").lower() != "not visible individually"
        is_published = product.cell("product_online") == "1" and is_visible
        cells["is_published"] = "true" if is_published else "false"
    cells["seo_title"] = product.cell("meta_title")
    cells["seo_description"] = product.cell("meta_description")
    if "categories" in product.row.cells:
        paths = [_names(path) for path in _paths(product)]
        first, *others = deepest_first(map(_without_root, paths)) or [[]]
        cells["category_path"] = first
        cells[FURTHER] = [path[-1] for path in others]
    return {name: cell for name, cell in cells.items() if cell or name == "category_path"}


def _paths(product: _Product) -> list[str]:
    return [path.strip() for path in PATHS.split(product.cell("categories")) if path.strip()]


def _names(path: str) -> list[str]:
    """Return the names in a path. Slashes in a name are escaped."""
    return [name.replace("\\/", "/").strip() for name in BELOW.split(path)]


def _without_root(path: list[str]) -> list[str]:
    """Return a path without the root that every shop of Magento has, which is not shown."""
    return path[1:] if len(path) > 1 or fold_name(path[0]) == ROOT else path


def _sold(product: _Product) -> tuple[dict[str, Cell], list[RowError]]:
    """Return the cells of what can be sold, and warnings."""
    cells: dict[str, Cell] = {"sku": product.cell("sku")}
    warnings = _add_price(cells, product)
    if "qty" in product.row.cells:
        _add_stock(cells, product)
    if product.cell("weight"):
        cells["weight"] = in_grams(product.cell("weight"), "kg")
    if product.cell("product_type") in {"virtual", "downloadable"}:
        cells["requires_shipping"] = "false"
    tax = product.cell("tax_class_name")
    if tax.lower() in NOT_TAXED:
        cells["tax_code"] = "exempt"
    elif tax.lower() not in STANDARD:
        cells["tax_code"] = tax
    if product.cell("cost"):
        cells["private_metadata.cost"] = product.cell("cost")
    codes = product.attributes()
    if code := next((codes[name] for name in CODES if name in codes), ""):
        cells["barcode"] = code
    return cells, warnings


def _add_price(cells: dict[str, Cell], product: _Product) -> list[RowError]:
    price, sale = product.cell("price"), product.cell("special_price")
    starts, ends = product.cell("special_price_from_date"), product.cell("special_price_to_date")
    before = product.cell("msrp_price")
    if not price:
        cells |= {"price": ""} if "price" in product.row.cells else {}
        return []
    is_reduced = bool(sale) and is_on(starts, ends, timezone.localdate())
    cells["price"] = _cents(sale if is_reduced else price)
    cells["compare_at_price"] = _cents(price if is_reduced else before)
    if not sale or not (starts or ends):
        return []
    reason = f"The price is that of today, of a sale from {starts or '…'} to {ends or '…'}."
    return [product.error("special_price", reason)]


def _cents(amount: str) -> str:
    """Return an amount without the two further decimals that Magento writes."""
    whole, point, cents = amount.partition(".")
    return f"{whole}.{cents[:2]}" if point and cents[2:].strip("0") == "" and cents else amount


def _add_stock(cells: dict[str, Cell], product: _Product) -> None:
    is_managed = product.cell("use_config_manage_stock") == "1" or product.cell(
        "manage_stock"
    ) not in {"0", ""}
    if not is_managed:
        cells["track_stock"] = "false"
        return
    has_backorders = product.cell("use_config_backorders") != "1" and product.cell(
        "allow_backorders"
    ) in {"1", "2"}
    cells |= {"track_stock": "true", "backorder": "true" if has_backorders else "false"}
    units = product.cell("qty").partition(".")
    cells["stock"] = (units[0] if not units[2].strip("0") else product.cell("qty")) or "0"
    if product.cell("is_in_stock") == "0" and not has_backorders:
        cells["stock"] = "0"
    if product.cell("use_config_notify_stock_qty") == "0":
        cells["low_stock_threshold"] = product.cell("notify_on_stock_below").partition(".")[0]


def _add_variants(
    family: Family, product: _Product, children: dict[str, dict[str, str]], stored: StoredRows
) -> None:
    labels = product.labels()
    for sku, values in children.items():
        row = stored.find(sku)
        if row is None:
            reason = f"The file does not contain the variant {sku}. It was left out."
            family.warnings.append(product.error("configurable_variations", reason))
            continue
        variant = _Product(row, product.titles, product.not_read, product.images_from)
        cells, warnings = _sold(variant)
        family.warnings += warnings
        for name in variant.attributes().keys() - values.keys() - {*CODES}:
            product.not_read.add(f"additional_attributes.{name} of variants")
        options = limit_options({labels[code]: values.get(code, "") for code in labels})
        family.add_variant(row, options, cells, variant.images())


def _add_attributes(family: Family, product: _Product) -> None:
    """Add the attributes that are not options, and the brand."""
    options = {*product.labels()}
    for name, value in product.attributes().items():
        if name in BRANDS and not family.cells.get("brand"):
            family.cells["brand"] = value
        elif name not in options and name not in CODES:
            family.cells[f"attr.{attribute_slug(name)}"] = value


def _names_of(titles: Mapping[str, str]) -> dict[str, str]:
    theirs = {
        "slug": "url_key",
        "is_published": "product_online",
        "category_path": "categories",
        FURTHER: "categories",
        "stock": "qty",
        "tax_code": "tax_class_name",
        "picture": "base_image",
    }
    return {**titles, **{ours: titles.get(name, name) for ours, name in theirs.items()}}
