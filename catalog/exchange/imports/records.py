"""Records: the rows of a file that describe one product, with its errors."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from catalog.exchange.imports import lists, texts, values
from catalog.exchange.imports.categories import CategoryReference
from catalog.exchange.imports.definition_records import (
    DEFINED,
    Definition,
    read_category_reference,
    read_definition,
)
from catalog.exchange.imports.rows import Findings, Kind, Row, RowError, Rows
from catalog.exchange.imports.shop import ATTRIBUTE
from catalog.exchange.imports.translations import read_short_translations, read_translations
from catalog.images.models import IMAGE_MEMBERS
from catalog.limits import MAX_IMAGES, MAX_VARIANTS
from catalog.products.families import base_slug
from shop.core.slugs import fold_name, normalize_slug

# The names of image files in the media storage. Others must not be imported.
_STORED_FILE = re.compile(r"products/(?:[0-9a-f]{2}/)?[A-Za-z0-9_-]+\.webp", re.ASCII)
_OTHERS = {**values.SLUG, **values.STOCK}
_SOLD = {**values.SOLD, **values.TAX_CODE}
_VARIANT = {**values.VARIANT, **values.TAX_CODE}
_MAX_ROWS = (1 + MAX_VARIANTS) * (1 + MAX_IMAGES)


@dataclass(slots=True)
class ImageRecord:
    """An image: the ``url`` of a file on another host, or two files in the media storage."""

    row: Row
    url: str
    large: str
    small: str
    values: dict[str, Any]
    translations: dict[str, dict[str, Any]]


@dataclass(slots=True)
class VariantRecord:
    """A variant. ``options`` are its option values. A missing column is None."""

    row: Row
    values: dict[str, Any]
    stock: int | None
    options: list[str] | None
    images: list[ImageRecord] = field(default_factory=list)


@dataclass(slots=True)
class ProductRecord:
    """A product with its variants and images. A missing column is None."""

    row: Row
    slug: str
    values: dict[str, Any]
    sold: dict[str, Any]
    stock: int | None
    category: CategoryReference | None
    options: list[str] | None
    tags: list[str] | None
    attributes: dict[str, str]
    translations: dict[str, dict[str, Any]] = field(default_factory=dict)
    """The texts in further languages, by language."""
    collections: list[CategoryReference] = field(default_factory=list)
    variants: list[VariantRecord] = field(default_factory=list)
    images: list[ImageRecord] = field(default_factory=list)
    errors: list[RowError] = field(default_factory=list)
    warnings: list[RowError] = field(default_factory=list)
    rows: int = 1
    _folded_name: str | None = None
    _base_slug: str | None = None

    def folded_name(self) -> str:
        """Return the name in the form in which names are compared."""
        if self._folded_name is None:
            self._folded_name = fold_name(self.values.get("name", ""))
        return self._folded_name

    def is_found_by_name(self) -> bool:
        """Return whether the product is found by its name, as it has neither a slug nor a SKU."""
        return not self.slug and not self.sold.get("sku")

    def base_slug(self) -> str:
        """Return the slug that is made from the name. Products may share it."""
        if self._base_slug is None:
            self._base_slug = base_slug(self.values.get("name", ""))
        return self._base_slug

    def findings(self) -> Findings:
        """Return the errors and warnings, to which others can be added."""
        return Findings(self.errors, self.warnings)

    def warn(self, warning: RowError) -> None:
        """Add a warning once, although a product is planned twice."""
        if warning not in self.warnings:
            self.warnings.append(warning)

    def skus(self) -> list[tuple[Row, str]]:
        """Return the SKUs with their rows."""
        rows = [(self.row, self.sold), *((v.row, v.values) for v in self.variants)]
        return [(row, values["sku"]) for row, values in rows if values.get("sku")]

    def has_tax_class(self) -> bool:
        """Return whether the product or a variant has the code of a tax class."""
        rows = [self.sold, *(variant.values for variant in self.variants)]
        return any(values.get("tax_class") or values.get("tax_code") for values in rows)

    def title(self) -> str:
        """Return a name of the product for people."""
        return self.slug or str(self.values.get("name") or self.sold.get("sku") or "a product")


Record = ProductRecord | Definition


def group_rows(rows: Rows) -> Iterator[Record]:
    """Yield a record for each product, and for each category, attribute and tax class."""
    product: ProductRecord | None = None
    for row in rows:
        if row.kind in {Kind.VARIANT, Kind.IMAGE} and product is not None:
            _add(product, row)
            continue
        if product is not None:
            yield _finish(product)
            product = None
        if row.kind in DEFINED:
            yield read_definition(row)
        else:
            product = _read_product(row)
    if product is not None:
        yield _finish(product)


def _read_product(row: Row) -> ProductRecord:
    found = row.findings()
    if row.kind != Kind.PRODUCT:
        found.errors.append(row.error("row", f"There is no product above this {row.kind}."))
    columns = values.read_cells(row, values.PRODUCT, found)
    others = values.read_cells(row, _OTHERS, found)
    record = ProductRecord(
        row=row,
        slug=others.get("slug", ""),
        values=columns,
        sold=values.read_cells(row, _SOLD, found),
        stock=others.get("stock"),
        category=read_category_reference(row, found),
        options=lists.read_options(row, found, distinct=True),
        tags=lists.read_tags(row, found),
        collections=lists.read_collections(row, found),
        attributes=_read_attributes(row, found),
        translations=read_translations(row, found) if row.kind == Kind.PRODUCT else {},
        errors=found.errors,
        warnings=found.warnings,
    )
    errors = record.errors
    if not errors and not (record.slug or record.sold.get("sku") or columns.get("name")):
        errors.append(row.error("slug", "The row has neither a slug, nor a SKU, nor a name."))
    return record


def _read_attributes(row: Row, found: Findings) -> dict[str, str]:
    names = [name for name in row.cells if name.startswith(ATTRIBUTE)]
    fields = dict.fromkeys(names, values.OF_ATTRIBUTE)
    return values.read_cells(row, fields, found) if names else {}


def _add(product: ProductRecord, row: Row) -> None:
    """Add a variant or an image to a product."""
    product.rows += 1
    if product.rows > _MAX_ROWS:
        return
    product.errors += row.errors
    if normalize_slug(row.text("slug")) not in {"", product.slug}:
        product.errors.append(row.error("slug", "The slug differs from that of the product above."))
    product.warnings += row.warnings
    if row.kind == Kind.VARIANT:
        product.variants.append(_read_variant(row, product.findings()))
    else:
        _add_image(product, row)


def _add_image(product: ProductRecord, row: Row) -> None:
    """Add an image to a product or to its last variant, unless there are too many."""
    images = (product.variants[-1] if product.variants else product).images
    if len(images) == MAX_IMAGES:
        reason = f"Images after the first {MAX_IMAGES} were left out."
        product.warn(row.error("picture", reason))
    elif image := _read_image(row, len(images), product.findings()):
        images.append(image)


def _finish(product: ProductRecord) -> ProductRecord:
    """Check a product whose rows have all been read, add its errors, and return it."""
    if len(product.variants) > MAX_VARIANTS:
        reason = f"The product has more than {MAX_VARIANTS} variants."
        product.errors.append(product.row.error("options", reason))
    if product.rows > _MAX_ROWS:
        reason = f"The product has more than {_MAX_ROWS:,} rows."
        product.errors.append(product.row.error("picture", reason))
    if product.variants and product.options == []:
        row = product.variants[0].row
        product.errors.append(row.error("options", "The product has no options."))
    lines: dict[tuple[str, ...], int] = {}
    for variant in product.variants:
        options = tuple(variant.options or ())
        if options and options in lines:
            reason = f"Line {lines[options]} has the same options."
            product.errors.append(variant.row.error("options", reason))
        lines[options] = variant.row.line
    return product


def _read_variant(row: Row, found: Findings) -> VariantRecord:
    columns = values.read_cells(row, _VARIANT, found)
    stock = values.read_cells(row, values.STOCK, found).get("stock")
    options = lists.read_options(row, found, distinct=False)
    if not options and not columns.get("sku"):
        found.errors.append(row.error("options", "The row has neither options nor a SKU."))
    return VariantRecord(row, columns, stock, options)


def _read_image(row: Row, number: int, found: Findings) -> ImageRecord | None:
    """Return an image, or None if it has no valid address."""
    columns = values.read_cells(row, values.IMAGE, found)
    columns.setdefault("position", number)
    texts_of_image = read_short_translations(row, IMAGE_MEMBERS, found)
    large, small = row.text("picture"), row.text("picture_small")
    if _STORED_FILE.fullmatch(large) and _STORED_FILE.fullmatch(small):
        return ImageRecord(row, "", large, small, columns, texts_of_image)
    try:
        address = texts.url(large)
    except texts.InvalidValue as error:
        found.warnings.append(row.error("picture", f"{error} The image was left out."))
        return None
    if isinstance(address, texts.Corrected):
        found.warnings.append(row.error("picture", address.reason))
        address = str(address.value)
    return ImageRecord(row, address, "", "", columns, texts_of_image)
