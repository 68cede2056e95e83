"""Builds the rows of a product with its variants, for formats that have them in any order."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from catalog.attributes.models import AttributeKind
from catalog.exchange.imports.definition_records import ONLY_NEW
from catalog.exchange.imports.rows import Cell, Kind, Row, RowError
from catalog.exchange.imports.tables import TableRow
from catalog.limits import ATTRIBUTE_NAME_LENGTH

_ITEM = "Product"
"""The option of a group of products, which customers choose one of."""


Images = Mapping[str, str]
"""The alternative texts of images by their addresses."""


@dataclass(slots=True)
class Family:
    """A product with its variants, each with its options and images."""

    line: int
    cells: dict[str, Cell]
    titles: Mapping[str, str] = field(default_factory=dict)
    images: Images = field(default_factory=dict)
    variants: list[tuple[TableRow, dict[str, Cell], Images]] = field(default_factory=list)
    options: list[str] = field(default_factory=list)
    errors: list[RowError] = field(default_factory=list)
    warnings: list[RowError] = field(default_factory=list)

    def add_variant(
        self, row: TableRow, options: Mapping[str, str], cells: dict[str, Cell], images: Images
    ) -> None:
        """Add a variant, whose ``options`` have a value for each option of the product."""
        self.options = list(options)
        self.errors += row.errors
        self.variants.append((row, {**cells, "options": list(options.values())}, images))


def attribute_rows(names: Mapping[str, str]) -> Iterator[Row]:
    """Yield the definitions of attributes, by their slugs, that exist only if they are missing."""
    for slug, name in names.items():
        cells: dict[str, Cell] = {"slug": slug, "name": name[:ATTRIBUTE_NAME_LENGTH]}
        cells |= {"kind": AttributeKind.TEXT.value, ONLY_NEW: "true"}
        yield Row(Kind.ATTRIBUTE, 1, cells)


def family_rows(family: Family) -> Iterator[Row]:
    """Yield the rows of a product, its images, and its variants with theirs."""
    cells = {**family.cells, "options": family.options}
    errors, warnings = tuple(family.errors), tuple(family.warnings)
    yield Row(Kind.PRODUCT, family.line, cells, family.titles, errors, warnings)
    yield from _images(family.line, family.images, family.titles)
    for row, variant, images in family.variants:
        yield Row(Kind.VARIANT, row.line, variant, family.titles)
        yield from _images(row.line, images, family.titles)


def _images(line: int, images: Images, titles: Mapping[str, str]) -> Iterator[Row]:
    for url, text in images.items():
        cells: dict[str, Cell] = {"picture": url, **({"alt": text} if text else {})}
        yield Row(Kind.IMAGE, line, cells, titles)


def grouped_variants(
    family: Family, items: list[tuple[str, dict[str, Cell], list[RowError]]], expected: int
) -> None:
    """Add a variant for each product of a group, by its name.

    A group is sold as one of its products, at the price of this. The stock of a product is kept in
    one place only, so that a variant of a product whose stock is tracked is sold out.
    """
    seen: set[str] = set()
    for name, cells, warnings in items:
        option = name if name.casefold() not in seen else f"{name} ({cells.get('sku', '')})"
        seen.add(name.casefold())
        sold = {n: c for n, c in cells.items() if n not in {"sku", "barcode"}}
        if not sold.get("price"):
            continue
        if sold.get("track_stock") != "false":
            reason = f"{name} keeps its stock itself. In the group it is sold out."
            family.warnings.append(RowError(family.line, "", reason))
            sold |= {"track_stock": "true", "backorder": "false", "stock": "0"}
        family.warnings += warnings
        family.add_variant(TableRow(family.line, {}), {_ITEM: option}, sold, {})
    if len(family.variants) < expected:
        number = expected - len(family.variants)
        reason = f"{number} products of the group are not in the file, or have no price."
        family.warnings.append(RowError(family.line, "", reason))
