"""Reads the shop's own table (CSV or XLSX), which ``docs/imports.md`` documents.

It has rows for products, variants, images, categories and attributes. Without the column ``row``,
all rows are products. The columns of other tables are guessed or chosen (``mapping``).
"""

import csv
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import count
from typing import Any

from django.conf import settings

from catalog.exchange.imports.columns import NotRead, find_columns
from catalog.exchange.imports.conversions import in_grams, split_paths, split_urls
from catalog.exchange.imports.decimals import Numbers, numbers_of
from catalog.exchange.imports.definition_records import CATEGORY_PATH
from catalog.exchange.imports.groups import Groups, is_grouped
from catalog.exchange.imports.mapping import (
    COST,
    CURRENCY,
    IMAGES,
    OPTION,
    OPTION_VALUE,
    PARENT,
    WEIGHTS,
    guess,
    guess_option,
    is_further_image,
)
from catalog.exchange.imports.reading import Choices, Reading
from catalog.exchange.imports.rows import Cell, FileError, Kind, Row, RowError, Rows, quote
from catalog.exchange.imports.stock_words import AVAILABILITY, set_stock
from catalog.exchange.imports.tables import Table, TableRow, unescape_formula
from catalog.exchange.imports.translations import (
    is_translation,
    translated_column,
    translated_columns,
)
from catalog.limits import MAX_OPTIONS
from catalog.products.fields import FIELDS, Owner, members_of
from shop.core.slugs import fold_name, normalize_slug

ATTRIBUTE = "attr."
METADATA = "metadata."
PRIVATE_METADATA = "private_metadata."
OPTIONS = tuple(f"option{n}" for n in range(1, MAX_OPTIONS + 1))
_COLUMNS = (
    "row",
    "slug",
    "name",
    "description",
    "category",
    "brand",
    "tags",
    *OPTIONS,
    "sku",
    "price",
    "compare_at_price",
    "stock",
    "backorder",
    "low_stock_threshold",
    "is_published",
    "publish_at",
    "position",
    "picture",
    "picture_small",
    "alt",
    "kind",
    "choices",
)
# The order of columns is fixed, because spreadsheets may rely on it. New columns come last.
_MEMBERS = (field.member for field in FIELDS.values() if field.name != "category_id")
COLUMNS = (*_COLUMNS, *(n for n in _MEMBERS if n not in _COLUMNS), "collections", "rule")
TARGETS = (IMAGES, CATEGORY_PATH, *WEIGHTS, AVAILABILITY, COST, "tax_code", CURRENCY, PARENT)
"""More columns that those of another table can be read as."""
_AMOUNTS = frozenset({"price", "compare_at_price", COST, *WEIGHTS})
_WHOLE = frozenset({"stock", "low_stock_threshold", "weight"})
_INSTEAD = {
    "category": (CATEGORY_PATH,),
    "weight": tuple(WEIGHTS),
    "picture": (IMAGES,),
    "stock": (AVAILABILITY,),
}
"""Columns of another table that are not guessed if the table has the shop's own one."""
_WITH_METADATA = (Kind.PRODUCT, Kind.VARIANT)
_KINDS = frozenset(Kind)
_LISTS = ("tags", "choices", "collections")
_OF_SOLD = {*members_of(Owner.SOLD, Owner.EACH), "stock", "slug", "options", *OPTIONS}
_OF_SOLD |= {*WEIGHTS, AVAILABILITY, CURRENCY}
_USED: dict[Kind, set[str]] = {
    Kind.PRODUCT: _OF_SOLD
    | {*members_of(Owner.PRODUCT), "category", "collections", "tags", *TARGETS},
    Kind.VARIANT: _OF_SOLD | {*members_of(Owner.VARIANT)},
    Kind.IMAGE: {"slug", "picture", "picture_small", "alt", "position"},
    Kind.CATEGORY: {
        "slug",
        "name",
        "category",
        "position",
        "is_published",
        "seo_title",
        "seo_description",
    },
    Kind.ATTRIBUTE: {"slug", "name", "kind", "choices"},
    Kind.TAX_CLASS: {"slug", "name"},
    Kind.COLLECTION: {"slug", "name", "description", "position", "is_published", "rule"},
    Kind.OPTION: {"name"},
}
"""The columns that rows of each kind have."""


def numbers(header: Sequence[str], choices: Choices) -> Numbers:
    """Return the function that returns what the numbers of a column are."""
    columns = columns_of(header, choices)
    return numbers_of(lambda title: columns[title], _AMOUNTS, _WHOLE)


def columns_of(header: Sequence[str], choices: Choices) -> dict[str, str]:
    """Return the column of the shop for each one of a file, or "".

    The names of the shop's own columns are known, those of others are chosen or guessed. Raises
    FileError for a choice that is impossible.
    """
    _check_choices(header, choices)
    known = {title: _canonical(title) for title in header}
    taken = {*known.values(), *choices.columns.values()}
    taken |= {other for name in _INSTEAD.keys() & taken for other in _INSTEAD[name]}
    guessed = {
        title: found
        for title in header
        if not known[title] and (found := guess(title)) and found not in taken
    }
    chosen = {title: _canonical_target(name) for title, name in choices.columns.items()}
    # The first of several columns that look like the same one, and all with further images.
    first = {found: title for title, found in reversed(guessed.items())}
    images = {title: IMAGES for title in header if not known[title] and is_further_image(title)}
    columns = known | {title: found for found, title in first.items()}
    return _with_options(columns | ({} if "picture" in taken else images) | chosen, choices)


def _with_options(found: dict[str, str], choices: Choices) -> dict[str, str]:
    """Guess the options of variants, if a column names their product. Else there is no such one."""
    names = {*found.values()}
    if "row" in names or not {PARENT, "slug"} & names:
        return found
    free = [title for title, name in found.items() if not name and title not in choices.columns]
    options = {title: name for title in free if (name := guess_option(title))}
    if any(name.startswith((OPTION, OPTION_VALUE)) for name in {*options.values(), *names}):
        return found | options
    if names.isdisjoint(OPTIONS):
        return {title: "" if name == PARENT else name for title, name in found.items()}
    return found


def _check_choices(header: Sequence[str], choices: Choices) -> None:
    for title, name in choices.columns.items():
        if title not in header:
            raise FileError(f"The file has no column {quote(title)}.")
        if name and not _canonical_target(name):
            known = ", ".join((*COLUMNS, *TARGETS, *translated_columns()))
            raise FileError(f"There is no column {quote(name)}. Choose one of {known}.")


def _canonical_target(name: str) -> str:
    is_option = name.startswith(OPTION) and name != OPTION
    return name if name in TARGETS or is_option else _canonical(name)


def read_shop(table: Table, reading: Reading, choices: Choices) -> Rows:
    """Yield the rows of a table. Raises FileError if it has no column that identifies products."""
    not_read, found = reading.not_read, columns_of(table.header, choices)
    reading.columns = {title: name for title, name in found.items() if _canonical(title) != name}
    known = (*COLUMNS, *translated_columns())
    columns = find_columns(table.header, _numbered(found), known, not_read)
    if not {"slug", "sku", "name"}.intersection(columns.names):
        reason = "At least one of the columns slug, sku and name is required."
        names = ", ".join((*known, f"{ATTRIBUTE}SLUG"))
        raise FileError(f"{reason} Known columns: {names}.", line=1)
    titles = dict(zip(columns.names, columns.header, strict=True))
    options = (n for n in titles if n in OPTIONS or n.startswith((OPTION, OPTION_VALUE)))
    titles["options"] = titles.get(next(options, ""), OPTIONS[0])

    def read(row: TableRow) -> tuple[Row, list[Row]]:
        found = _read_row(row, titles, not_read, is_csv=table.is_csv)
        return found, list(_images(found, choices.images_from))

    if is_grouped(columns.names):
        groups = Groups(read, titles, not_read, _USED[Kind.VARIANT])
        yield from groups.rows(columns.rows(table))
        return
    for row in columns.rows(table):
        product, images = read(row)
        yield product
        yield from images


def _numbered(found: Mapping[str, str]) -> Callable[[str], str]:
    """Return the function that names columns. Further ones with images are numbered."""
    numbers_of_images = count(1)

    def name_of(title: str) -> str:
        is_image = found[title] == IMAGES
        number = next(numbers_of_images) if is_image else 1
        return found[title] if number == 1 else f"{IMAGES}.{number}"

    return name_of


def _has_images(name: str) -> bool:
    return name.partition(".")[0] == IMAGES


def _canonical(title: str) -> str:
    """Return the name of a column, or "" if it is unknown: "Compare at price" is as good."""
    prefix, dot, rest = title.partition(".")
    if dot and fold_name(prefix) + dot == ATTRIBUTE:
        return ATTRIBUTE + normalize_slug(rest.strip())
    if dot and prefix + dot in {METADATA, PRIVATE_METADATA}:
        return title
    name = fold_name(title).replace(" ", "_")
    return name if name in COLUMNS else translated_column(title)


def _unescaped(cells: Mapping[str, str]) -> dict[str, Cell]:
    escaped = {name: unescape_formula(cell) for name, cell in cells.items() if cell[:1] == "'"}
    return {**cells, **escaped}


def _read_row(row: TableRow, titles: Mapping[str, str], not_read: NotRead, *, is_csv: bool) -> Row:
    cells: dict[str, Cell] = _unescaped(row.cells) if is_csv else {**row.cells}
    kind = str(cells.pop("row", "")).strip().lower() or Kind.PRODUCT.value
    errors = list(row.errors)
    if kind not in _KINDS:
        reason = f"{quote(kind)} must be one of {', '.join(Kind)}."
        errors.append(RowError(row.line, "row", reason))
        kind = Kind.PRODUCT.value
    for name in unused_columns(Kind(kind), cells):
        not_read.add(f"{name} of {kind} rows")
    options = [str_of(cells.pop(name)) for name in OPTIONS if name in cells]
    if options:
        while options and not options[-1].strip():
            options.pop()
        cells["options"] = options
    for name in _LISTS:
        if name in cells:
            cells[name] = split(str(cells[name]))
    if CATEGORY_PATH in cells:
        _set_categories(cells)
    reasons = filter(None, [other_currency_in(cells)])
    errors += (RowError(row.line, titles[CURRENCY], reason) for reason in reasons)
    for name, unit in WEIGHTS.items():
        if name in cells:
            cells["weight"] = in_grams(str(cells.pop(name)), unit)
    warnings = [RowError(row.line, titles[n], reason) for n, reason in set_stock(cells)]
    return Row(Kind(kind), row.line, cells, titles, tuple(errors), tuple(warnings))


def other_currency_in(cells: dict[str, Cell]) -> str:
    """Take the currency out of a row. Return why its price is refused, or ""."""
    currency = str_of(cells.pop(CURRENCY, "")).strip().upper()
    if currency in {"", settings.SHOP_CURRENCY} or not str_of(cells.get("price", "")).strip():
        return ""
    return f"{quote(currency)} is not the currency of the shop, {settings.SHOP_CURRENCY}."


def _set_categories(cells: dict[str, Cell]) -> None:
    """Set the category of a product, and the collections that its other categories become."""
    first, *others = split_paths(str(cells[CATEGORY_PATH])) or [[]]
    cells[CATEGORY_PATH] = first
    if others:
        cells["collections"] = [*cells.get("collections", []), *(path[-1] for path in others)]


def _images(row: Row, images_from: str) -> Iterator[Row]:
    """Yield a row for each image of a product in its cells, each of which may have several.

    An image that is in two columns is one.
    """
    seen: set[str] = set()
    for name in filter(_has_images, row.cells if row.kind == Kind.PRODUCT else ()):
        for url in split_urls(str(row.cells[name]), images_from):
            if url not in seen:
                yield Row(Kind.IMAGE, row.line, {"picture": url}, {"picture": row.names[name]})
            seen.add(url)


def unused_columns(kind: Kind, cells: Mapping[str, Cell]) -> list[str]:
    """Return the columns with a value that rows of this kind do not have."""
    used = _USED[kind]
    if used.issuperset(cells):
        return []
    return [
        name
        for name, cell in cells.items()
        if name not in used
        and not (kind == Kind.PRODUCT and name.startswith(ATTRIBUTE))
        and not (kind == Kind.PRODUCT and _has_images(name))
        and not is_translation(kind, name)
        and not (kind in _WITH_METADATA and name.startswith((METADATA, PRIVATE_METADATA)))
        and (cell.strip() if isinstance(cell, str) else cell)
    ]


def str_of(cell: Cell) -> str:
    """Return a cell as one text."""
    return cell if isinstance(cell, str) else " ".join(cell)


def split(cell: str) -> list[str]:
    """Return the items of a cell that contains a line of CSV, such as ``blue,"red, dark"``."""
    lines: Any = csv.reader(cell.splitlines() or [""], skipinitialspace=True)
    return [item.strip() for line in lines for item in line if item.strip()]
