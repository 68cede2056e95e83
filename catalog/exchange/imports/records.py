"""What the rows of a file say of one product, category or attribute, with what is wrong in it."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from django.utils.text import slugify

from catalog.attributes.models import AttributeKind
from catalog.exchange.imports import values
from catalog.exchange.imports.rows import Fault, Kind, Row, Rows, quote
from catalog.exchange.imports.shop import ATTRIBUTE
from catalog.limits import CATEGORY_NAME_LENGTH, MAX_IMAGES, MAX_VARIANTS, PRODUCT_NAME_LENGTH

# A file of ours, as pictures are named when they are uploaded; nothing outside their folder.
_OURS = re.compile(r"products/(?:[0-9a-f]{2}/)?[A-Za-z0-9_-]+\.webp", re.ASCII)
_MAX_ROWS = (1 + MAX_VARIANTS) * (1 + MAX_IMAGES)


@dataclass(slots=True)
class ImageRecord:
    """An image on another host by its ``url``, or two files in the media storage."""

    row: Row
    url: str
    large: str
    small: str
    values: dict[str, Any]


@dataclass(slots=True)
class VariantRecord:
    """A variant: ``options`` are its values, None where the file does not tell."""

    row: Row
    values: dict[str, Any]
    stock: int | None
    options: list[str] | None
    images: list[ImageRecord] = field(default_factory=list)


@dataclass(slots=True)
class ProductRecord:
    """A product with all that belongs to it; None is what the file does not tell."""

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
    faults: list[Fault] = field(default_factory=list)
    rows: int = 1

    def key(self) -> str:
        """Return the slug that finds it, its own or its name's; "" where its SKU does."""
        return self.slug or ("" if self.sold.get("sku") else self.base_slug())

    def base_slug(self) -> str:
        """Return the slug that its name makes."""
        return slugify(self.values.get("name", ""))[: PRODUCT_NAME_LENGTH - 30] or "product"

    def skus(self) -> list[tuple[Row, str]]:
        """Return the SKUs that it names, each with its row."""
        named = [(self.row, self.sold), *((v.row, v.values) for v in self.variants)]
        return [(row, said["sku"]) for row, said in named if said.get("sku")]

    def title(self) -> str:
        """Name it for people."""
        return self.slug or str(self.values.get("name") or self.sold.get("sku") or "a product")


@dataclass(slots=True)
class CategoryRecord:
    """A category; ``parent`` is a slug, "" for a root, None where the file does not tell."""

    row: Row
    values: dict[str, Any]
    parent: str | None
    faults: list[Fault]


@dataclass(slots=True)
class AttributeRecord:
    """What products may have beside the fixed columns."""

    row: Row
    values: dict[str, Any]
    choices: list[str]
    faults: list[Fault]


Record = ProductRecord | CategoryRecord | AttributeRecord


def gather(rows: Rows) -> Iterator[Record]:
    """Yield a record for each product with its rows, each category and each attribute."""
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
    """Return the slug of a category that a file calls by slug or by name."""
    return slugify(name)[:CATEGORY_NAME_LENGTH]


def _read_product(row: Row) -> ProductRecord:
    faults = list(row.faults)
    if row.kind != Kind.PRODUCT:
        faults.append(row.fault("row", f"No product is above this {row.kind}."))
    said = values.read_cells(row, values.PRODUCT, faults)
    found = values.read_cells(row, {**values.SLUG, **values.STOCK, **values.IN_CATEGORY}, faults)
    record = ProductRecord(
        row=row,
        slug=found.get("slug", ""),
        values=said,
        sold=values.read_cells(row, values.SOLD, faults),
        stock=found.get("stock"),
        category=found.get("category"),
        options=values.read_list(row, "options", faults, distinct=True),
        tags=values.read_list(row, "tags", faults, distinct=True),
        attributes=_read_attributes(row, faults),
        faults=faults,
    )
    if record.category and not category_slug(record.category):
        faults.append(row.fault("category", f"{quote(record.category)} makes no slug."))
    if not faults and not (record.slug or record.sold.get("sku") or said.get("name")):
        faults.append(row.fault("slug", "Nothing says which product this is."))
    return record


def _read_attributes(row: Row, faults: list[Fault]) -> dict[str, str]:
    names = [name for name in row.cells if name.startswith(ATTRIBUTE)]
    return values.read_cells(row, dict.fromkeys(names, values.OF_ATTRIBUTE), faults)


def _add(product: ProductRecord, row: Row) -> None:
    """Add a variant or a picture to the product that is read."""
    product.rows += 1
    if product.rows > _MAX_ROWS:
        return
    product.faults += row.faults
    if row.text("slug") not in {"", product.slug}:
        product.faults.append(row.fault("slug", "It is not that of the product above."))
    if row.kind == Kind.VARIANT:
        product.variants.append(_read_variant(row, product.faults))
    else:
        last = product.variants[-1] if product.variants else product
        last.images.append(_read_image(row, len(last.images), product.faults))


def _finish(product: ProductRecord) -> ProductRecord:
    """Check what only the whole of a product shows."""
    if len(product.variants) > MAX_VARIANTS:
        reason = f"It has {len(product.variants)} variants, more than {MAX_VARIANTS}."
        product.faults.append(product.row.fault("options", reason))
    if product.rows > _MAX_ROWS or len(product.images) > MAX_IMAGES:
        reason = f"It has too many pictures: at most {MAX_IMAGES} each."
        product.faults.append(product.row.fault("picture", reason))
    if product.variants and not product.options and product.options is not None:
        row = product.variants[0].row
        product.faults.append(row.fault("options", "Its product has no options."))
    lines: dict[tuple[str, ...], int] = {}
    for variant in product.variants:
        options = tuple(variant.options or ())
        if options and options in lines:
            reason = f"Line {lines[options]} has these options too."
            product.faults.append(variant.row.fault("options", reason))
        lines[options] = variant.row.line
    return product


def _read_variant(row: Row, faults: list[Fault]) -> VariantRecord:
    said = values.read_cells(row, values.VARIANT, faults)
    stock = values.read_cells(row, values.STOCK, faults).get("stock")
    options = values.read_list(row, "options", faults, distinct=False)
    if not options and not said.get("sku"):
        faults.append(row.fault("options", "Neither options nor a SKU say which variant it is."))
    return VariantRecord(row, said, stock, options)


def _read_image(row: Row, number: int, faults: list[Fault]) -> ImageRecord:
    said = values.read_cells(row, values.IMAGE, faults)
    said.setdefault("position", number)
    named, small = row.text("picture"), row.text("picture_small")
    if _OURS.fullmatch(named) and _OURS.fullmatch(small):
        return ImageRecord(row, "", named, small, said)
    try:
        values.url(named)
    except values.Unfit as unfit:
        faults.append(row.fault("picture", str(unfit)))
    return ImageRecord(row, named, "", "", said)


def _read_category(row: Row) -> CategoryRecord:
    faults = list(row.faults)
    said = values.read_cells(row, values.CATEGORY, faults)
    parent = values.read_cells(row, values.IN_CATEGORY, faults).get("category")
    if "slug" not in said and not faults:
        faults.append(row.fault("slug", "It is empty."))
    return CategoryRecord(row, said, parent, faults)


def _read_attribute(row: Row) -> AttributeRecord:
    faults = list(row.faults)
    said = values.read_cells(row, values.ATTRIBUTE, faults)
    if not faults and said.get("kind") not in AttributeKind.values:
        reason = f"It is one of {', '.join(AttributeKind.values)}."
        faults.append(row.fault("kind", reason))
    if not faults and not {"slug", "name"} <= said.keys():
        faults.append(row.fault("slug", "An attribute has a slug and a name."))
    choices = row.cells.get("choices", [])
    return AttributeRecord(row, said, choices if isinstance(choices, list) else [], faults)
