"""Reads the cells with lists: tags, collections, and the options of products."""

from catalog.exchange.imports.categories import CategoryReference
from catalog.exchange.imports.rows import Findings, Row, quote
from catalog.exchange.imports.texts import (
    Corrected,
    InvalidValue,
    as_shown,
    exact_line,
    value_of,
)
from catalog.limits import COLLECTION_NAME_LENGTH, MAX_OPTIONS, MAX_TAGS, OPTION_LENGTH, TAG_LENGTH
from shop.core.slugs import fold_name

FURTHER = "further_categories"
"""The cell with the names of a product's categories after the first, which become collections."""


def read_tags(row: Row, found: Findings) -> list[str] | None:
    """Return the tags of a row, or None if the column is missing. Some are left out with a warning.

    These are empty, duplicate or too long ones, and those beyond the limit.
    """
    if "tags" not in row.cells:
        return None
    kept: dict[str, str] = {}
    for item in _items(row, "tags"):
        try:
            read = exact_line(TAG_LENGTH)(item.strip())
        except InvalidValue as error:
            found.warnings.append(row.error("tags", f"{error} The tag was left out."))
            continue
        tag = value_of(read)
        if isinstance(read, Corrected):
            found.warnings.append(row.error("tags", read.reason))
        if fold_name(tag) in kept:
            reason = f"The list contains {quote(tag)} twice. It is used once."
            found.warnings.append(row.error("tags", reason))
        elif tag:
            kept[fold_name(tag)] = tag
    tags = list(kept.values())
    if len(tags) > MAX_TAGS:
        reason = f"The list has {len(tags)} tags. Those after the first {MAX_TAGS} were left out."
        found.warnings.append(row.error("tags", reason))
    return tags[:MAX_TAGS]


def read_collections(row: Row, found: Findings) -> list[CategoryReference]:
    """Return the collections that a product is added to, each once.

    The shop's own table has slugs or names, other formats have names.
    """
    is_name = FURTHER in row.cells
    column = FURTHER if is_name else "collections"
    kept: dict[str, CategoryReference] = {}
    for item in _items(row, column):
        try:
            name = value_of(exact_line(COLLECTION_NAME_LENGTH)(item.strip()))
        except InvalidValue as error:
            found.warnings.append(row.error(column, f"{error} The collection was left out."))
            continue
        if name:
            kept.setdefault(fold_name(name), CategoryReference(name, is_name=is_name))
    return list(kept.values())


def _items(row: Row, column: str) -> list[str]:
    cell = row.cells.get(column, [])
    return cell if isinstance(cell, list) else [cell]


def read_options(row: Row, found: Findings, *, distinct: bool) -> list[str] | None:
    """Return the options of a product or the option values of a variant, or None."""
    cell = row.cells.get("options")
    if cell is None:
        return None
    items = []
    for item in cell if isinstance(cell, list) else [cell]:
        try:
            read = exact_line(OPTION_LENGTH)(as_shown(item).strip())
            if isinstance(read, Corrected):
                found.warnings.append(row.error("options", read.reason))
            items.append(value_of(read))
        except InvalidValue as error:
            found.errors.append(row.error("options", str(error)))
            items.append(str(item))
    folded = [fold_name(item) for item in items]
    if distinct and len(set(folded)) < len(items):
        duplicate = next(item for item in items if folded.count(fold_name(item)) > 1)
        found.errors.append(row.error("options", f"The list contains {quote(duplicate)} twice."))
    if len(items) > MAX_OPTIONS:
        reason = f"The list has {len(items)} items, at most {MAX_OPTIONS} are allowed."
        found.errors.append(row.error("options", reason))
    if "" in items:
        found.errors.append(row.error("options", "The list contains an empty item."))
    return items
