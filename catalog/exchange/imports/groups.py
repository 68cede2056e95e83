"""Reads tables of any form in which each variant is a row that names its product, its group.

The product may have a row too, to which those of its variants refer by its SKU or its slug. Rows
may be in any order.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass

from catalog.exchange.imports.columns import NotRead
from catalog.exchange.imports.conversions import limit_options
from catalog.exchange.imports.families import Family, Images, family_rows
from catalog.exchange.imports.mapping import OPTION, OPTION_NAME, OPTION_VALUE, PARENT
from catalog.exchange.imports.rows import FileError, Kind, Row, RowError, Rows, quote
from catalog.exchange.imports.stored_rows import StoredRows
from catalog.exchange.imports.tables import TableRow

_ANY = "Any"
_NUMBERED = ("option1", "option2", "option3")
_STOCK = ("stock", "backorder", "track_stock", "low_stock_threshold")
_OF_GROUP = (PARENT, *_NUMBERED)


def is_grouped(names: Collection[str]) -> bool:
    """Return whether a table with these columns has groups. Raises FileError without a key."""
    has_options = any(name.startswith((OPTION, OPTION_VALUE)) for name in names)
    if has_options and not {PARENT, "slug"}.intersection(names):
        raise FileError("Options of variants need a column that is read as parent or slug.", line=1)
    return "row" not in names and (
        has_options or (PARENT in names and not set(_NUMBERED).isdisjoint(names))
    )


@dataclass(frozen=True, slots=True)
class Groups:
    """Converts the rows of a table to products with variants.

    ``read`` converts a row as that of a product, and ``of_variants`` are the columns of a variant.
    """

    read: Callable[[TableRow], tuple[Row, list[Row]]]
    titles: Mapping[str, str]
    not_read: NotRead
    of_variants: Collection[str]

    def rows(self, table_rows: Iterator[TableRow]) -> Rows:
        """Yield the rows of each group where its first row is. Raises FileError."""
        with StoredRows() as stored:
            for row in stored.read(table_rows):
                stored.add(row, keys=self._keys(row), parent=self._parent(row))
            for row in stored:
                yield from self._rows(row, stored)
            stored.finish()

    def _keys(self, row: TableRow) -> list[str]:
        """Return what rows of variants may refer to."""
        names = ("sku", "slug") if PARENT in self.titles else ()
        return [row.cells[name].strip() for name in names if name in row.cells]

    def _parent(self, row: TableRow) -> str:
        return row.cells.get(PARENT if PARENT in self.titles else "slug", "").strip()

    def _rows(self, row: TableRow, stored: StoredRows) -> Iterator[Row]:
        parent, keys = self._parent(row), self._keys(row)
        if not parent:
            variants = [v for v in stored.children(keys) if v.line != row.line]
            yield from self._group(row, variants) if variants else self._product(row)
            return
        head = stored.find(parent)
        above = self._parent(head) if head is not None else parent
        if head is not None and not above:
            return  # it is read with its product
        if above not in {parent, *keys}:
            reason = f"The product {quote(parent)} is a variant of another one."
            error = RowError(row.line, self.titles[PARENT], reason)
            yield Row(Kind.PRODUCT, row.line, {}, self.titles, errors=(error,))
            return
        members = stored.children([parent])
        if members[0].line != row.line:
            return
        is_one = len(members) == 1 and PARENT not in self.titles
        yield from self._product(row) if is_one else self._group(None, members)

    def _group(self, head: TableRow | None, rows: list[TableRow]) -> Iterator[Row]:
        """Yield a product with its variants, or a product for each row if none has options."""
        options = [_options_of(row, head) for row in rows]
        used = [n for n in options[0] if any(values.get(n) for values in options)]
        used += [n for values in options[1:] for n, v in values.items() if v and n not in used]
        names = list(dict.fromkeys(used))
        if not names:
            for row in [head, *rows] if head else rows:
                yield from self._product(row)
            return
        found = [self._read(row) for row in rows]
        product, images = self._read(head) if head else found[0]
        family = Family(product.line, dict(product.cells), product.names, images)
        family.errors += product.errors
        family.warnings += product.warnings
        self._drop_cells_of_variants(family, is_variant=head is None)
        for (variant, own), values in zip(found, options, strict=True):
            chosen = {name: values.get(name) or _ANY for name in names}
            self._add_variant(family, variant, own, limit_options(chosen))
        yield from family_rows(family)

    def _add_variant(
        self, family: Family, row: Row, images: Images, options: Mapping[str, str]
    ) -> None:
        if row.line != family.line:
            family.errors += row.errors
            family.warnings += row.warnings
        cells = {name: cell for name, cell in row.cells.items() if name in self.of_variants}
        cells.pop("slug", None)
        others = {name: cell for name, cell in row.cells.items() if name not in cells}
        for name, cell in others.items():
            if cell and cell != family.cells.get(name):
                self.not_read.add(f"{self.titles.get(name, name)} of variants")
        further = {url: text for url, text in images.items() if url not in family.images}
        family.add_variant(TableRow(row.line, {}), options, cells, further)

    def _drop_cells_of_variants(self, family: Family, *, is_variant: bool) -> None:
        """Keep what a product with variants has itself, if it has a row of its own at all."""
        for name in [name for name in family.cells if name in self.of_variants]:
            if name != "slug" and (is_variant or name in _STOCK or not family.cells[name]):
                cell = family.cells.pop(name)
                if not is_variant and name == "stock" and cell not in {"", "0"}:
                    self.not_read.add(f"{self.titles.get(name, name)} of products with variants")

    def _product(self, row: TableRow) -> Iterator[Row]:
        """Yield a product without variants, and its images."""
        for name, cell in row.cells.items():
            if _is_of_group(name) and cell.strip():
                self.not_read.add(self.titles[name])
        read, images = self._read(row)
        cells = {name: cell for name, cell in read.cells.items() if name != "options"}
        family = Family(read.line, cells, read.names, images)
        family.errors += read.errors
        family.warnings += read.warnings
        yield from family_rows(family)

    def _read(self, row: TableRow) -> tuple[Row, Images]:
        """Return a row without the columns of groups, and its images."""
        cells = {name: cell for name, cell in row.cells.items() if not _is_of_group(name)}
        read, images = self.read(TableRow(row.line, cells, row.errors))
        return read, {image.text("picture"): "" for image in images}


def _is_of_group(name: str) -> bool:
    return name in _OF_GROUP or name.startswith((OPTION, OPTION_NAME, OPTION_VALUE))


def _options_of(row: TableRow, head: TableRow | None) -> dict[str, str]:
    """Return the option values of a row by the names of the options, "" for a missing one."""
    return {name: value.strip() for name, value in _pairs(row, head) if name}


def _pairs(row: TableRow, head: TableRow | None) -> Iterable[tuple[str, str]]:
    for name, cell in row.cells.items():
        if name.startswith(OPTION):
            yield name.removeprefix(OPTION), cell
        elif name.startswith(OPTION_VALUE):
            number = name.removeprefix(OPTION_VALUE)
            title = row.cells.get(f"{OPTION_NAME}{number}", "").strip()
            yield title or (f"Option {number}" if cell.strip() else ""), cell
        elif name in _NUMBERED:
            yield (head.cells.get(name, "").strip() if head else "") or f"Option {name[-1]}", cell
