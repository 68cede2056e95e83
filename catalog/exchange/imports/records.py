"""Records: the rows of a file that describe one product, category or attribute, with its errors."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from django.utils.text import slugify

from catalog.attributes.models import AttributeKind
from catalog.exchange.imports import values
from catalog.exchange.imports.rows import Kind, Row, RowError, Rows, quote
from catalog.exchange.imports.shop import ATTRIBUTE
from catalog.limits import CATEGORY_NAME_LENGTH, MAX_IMAGES, MAX_VARIANTS, PRODUCT_NAME_LENGTH

# The names of image files in the media storage. Others must not be imported.
_STORED_FILE = re.compile(r"products/(?:[0-9a-f]{2}/)?[A-Za-z0-9_-]+\.webp", re.ASCII)
_MAX_ROWS = (1 + MAX_VARIANTS) * (1 + MAX_IMAGES)


@dataclass(slots=True)
class ImageRecord:
    """An image: the ``url`` of a file on another host, or two files in the media storage."""

    row: Row
    url: str
    large: str
    small: str
    values: dict[str, Any]


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
    category: str | None
    options: list[str] | None
    tags: list[str] | None
    attributes: dict[str, str]
    variants: list[VariantRecord] = field(default_factory=list)
    images: list[ImageRecord] = field(default_factory=list)
    errors: list[RowError] = field(default_factory=list)
    rows: int = 1

    def key(self) -> str:
        """Return the slug by which the product is found, or "" if it is found by its SKU."""
        return self.slug or ("" if self.sold.get("sku") else self.base_slug())

    def base_slug(self) -> str:
        """Return the slug that is made from the name."""
        return slugify(self.values.get("name", ""))[: PRODUCT_NAME_LENGTH - 30] or "product"

    def skus(self) -> list[tuple[Row, str]]:
        """Return the SKUs with their rows."""
        rows = [(self.row, self.sold), *((v.row, v.values) for v in self.variants)]
        return [(row, values["sku"]) for row, values in rows if values.get("sku")]

    def title(self) -> str:
        """Return a name of the product for people."""
        return self.slug or str(self.values.get("name") or self.sold.get("sku") or "a product")


@dataclass(slots=True)
class CategoryRecord:
    """A category. ``parent`` is a slug, "" for a root, or None if the column is missing."""

    row: Row
    values: dict[str, Any]
    parent: str | None
    errors: list[RowError]


@dataclass(slots=True)
class AttributeRecord:
    """An attribute."""

    row: Row
    values: dict[str, Any]
    choices: list[str]
    errors: list[RowError]


Record = ProductRecord | CategoryRecord | AttributeRecord


def group_rows(rows: Rows) -> Iterator[Record]:
    """Yield a record for each product, category and attribute."""
    product: ProductRecord | None = None
    for row in rows:
        if row.kind in {Kind.VARIANT, Kind.IMAGE} and product is not None:
            _add(product, row)
            continue
        if product is not None:
            yield _finish(product)
            product = None
        if row.kind == Kind.CATEGORY:
            yield _read_category(row)
        elif row.kind == Kind.ATTRIBUTE:
            yield _read_attribute(row)
        else:
            product = _read_product(row)
    if product is not None:
        yield _finish(product)


def category_slug(name: str) -> str:
    """Return the slug of a category from its slug or name."""
    return slugify(name)[:CATEGORY_NAME_LENGTH]


def _read_product(row: Row) -> ProductRecord:
    errors = list(row.errors)
    if row.kind != Kind.PRODUCT:
        errors.append(row.error("row", f"There is no product above this {row.kind}."))
    columns = values.read_cells(row, values.PRODUCT, errors)
    others = values.read_cells(row, {**values.SLUG, **values.STOCK, **values.IN_CATEGORY}, errors)
    record = ProductRecord(
        row=row,
        slug=others.get("slug", ""),
        values=columns,
        sold=values.read_cells(row, values.SOLD, errors),
        stock=others.get("stock"),
        category=others.get("category"),
        options=values.read_list(row, "options", errors, distinct=True),
        tags=values.read_list(row, "tags", errors, distinct=True),
        attributes=_read_attributes(row, errors),
        errors=errors,
    )
    if record.category and not category_slug(record.category):
        reason = f"{quote(record.category)} contains no character for a slug."
        errors.append(row.error("category", reason))
    if not errors and not (record.slug or record.sold.get("sku") or columns.get("name")):
        errors.append(row.error("slug", "The row has neither a slug, nor a SKU, nor a name."))
    return record


def _read_attributes(row: Row, errors: list[RowError]) -> dict[str, str]:
    names = [name for name in row.cells if name.startswith(ATTRIBUTE)]
    return values.read_cells(row, dict.fromkeys(names, values.OF_ATTRIBUTE), errors)


def _add(product: ProductRecord, row: Row) -> None:
    """Add a variant or an image to a product."""
    product.rows += 1
    if product.rows > _MAX_ROWS:
        return
    product.errors += row.errors
    if row.text("slug") not in {"", product.slug}:
        product.errors.append(row.error("slug", "The slug differs from that of the product above."))
    if row.kind == Kind.VARIANT:
        product.variants.append(_read_variant(row, product.errors))
    else:
        last = product.variants[-1] if product.variants else product
        last.images.append(_read_image(row, len(last.images), product.errors))


def _finish(product: ProductRecord) -> ProductRecord:
    """Check a product whose rows have all been read, add its errors, and return it."""
    if len(product.variants) > MAX_VARIANTS:
        reason = f"The product has more than {MAX_VARIANTS} variants."
        product.errors.append(product.row.error("options", reason))
    if product.rows > _MAX_ROWS or len(product.images) > MAX_IMAGES:
        reason = f"The product or a variant has more than {MAX_IMAGES} images."
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


def _read_variant(row: Row, errors: list[RowError]) -> VariantRecord:
    columns = values.read_cells(row, values.VARIANT, errors)
    stock = values.read_cells(row, values.STOCK, errors).get("stock")
    options = values.read_list(row, "options", errors, distinct=False)
    if not options and not columns.get("sku"):
        errors.append(row.error("options", "The row has neither options nor a SKU."))
    return VariantRecord(row, columns, stock, options)


def _read_image(row: Row, number: int, errors: list[RowError]) -> ImageRecord:
    columns = values.read_cells(row, values.IMAGE, errors)
    columns.setdefault("position", number)
    large, small = row.text("picture"), row.text("picture_small")
    if _STORED_FILE.fullmatch(large) and _STORED_FILE.fullmatch(small):
        return ImageRecord(row, "", large, small, columns)
    try:
        values.url(large)
    except values.InvalidValue as error:
        errors.append(row.error("picture", str(error)))
    return ImageRecord(row, large, "", "", columns)


def _read_category(row: Row) -> CategoryRecord:
    errors = list(row.errors)
    columns = values.read_cells(row, values.CATEGORY, errors)
    parent = values.read_cells(row, values.IN_CATEGORY, errors).get("category")
    if "slug" not in columns and not errors:
        errors.append(row.error("slug", "A category needs a slug."))
    return CategoryRecord(row, columns, parent, errors)


def _read_attribute(row: Row) -> AttributeRecord:
    errors = list(row.errors)
    columns = values.read_cells(row, values.ATTRIBUTE, errors)
    if not errors and columns.get("kind") not in AttributeKind.values:
        reason = f"The value must be one of {', '.join(AttributeKind.values)}."
        errors.append(row.error("kind", reason))
    if not errors and not {"slug", "name"} <= columns.keys():
        errors.append(row.error("slug", "An attribute needs a slug and a name."))
    choices = row.cells.get("choices", [])
    return AttributeRecord(row, columns, choices if isinstance(choices, list) else [], errors)
