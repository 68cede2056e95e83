"""Records of the categories, attributes and other things that a file defines."""

from dataclasses import dataclass
from typing import Any

from catalog.attributes.models import ATTRIBUTE_MEMBERS, AttributeKind
from catalog.collections.models import COLLECTION_MEMBERS
from catalog.exchange.imports import values
from catalog.exchange.imports.categories import CategoryReference
from catalog.exchange.imports.rows import Findings, Kind, Row, RowError
from catalog.exchange.imports.translations import read_short_translations, read_translations
from catalog.limits import CATEGORY_NAME_LENGTH, MAX_CATEGORY_DEPTH
from catalog.options.models import OPTION_MEMBERS
from shop.core.lines import without_invisible

CATEGORY_PATH = "category_path"
"""The cell with the names of a category and its ancestors, the root first."""
ONLY_NEW = "only_new"
"""The cell of an attribute that says whether an existing one must not be changed."""


@dataclass(slots=True)
class CategoryRecord:
    """A category. ``parent`` has no text for a root, and is None if the column is missing.

    ``translations`` are texts by language.
    """

    row: Row
    values: dict[str, Any]
    parent: CategoryReference | None
    translations: dict[str, dict[str, Any]]
    errors: list[RowError]
    warnings: list[RowError]


@dataclass(slots=True)
class AttributeRecord:
    """An attribute. One that ``is_only_new`` does not change an existing attribute."""

    row: Row
    values: dict[str, Any]
    choices: list[str]
    translations: dict[str, dict[str, Any]]
    errors: list[RowError]
    warnings: list[RowError]
    is_only_new: bool = False


@dataclass(slots=True)
class TaxClassRecord:
    """A tax class, whose code is in the column of slugs."""

    row: Row
    values: dict[str, Any]
    errors: list[RowError]
    warnings: list[RowError]


@dataclass(slots=True)
class CollectionRecord:
    """A collection."""

    row: Row
    values: dict[str, Any]
    translations: dict[str, dict[str, Any]]
    errors: list[RowError]
    warnings: list[RowError]


@dataclass(slots=True)
class OptionRecord:
    """The translations of an option and its values, for all products that have it."""

    row: Row
    values: dict[str, Any]
    translations: dict[str, dict[str, Any]]
    errors: list[RowError]
    warnings: list[RowError]


Definition = CategoryRecord | AttributeRecord | TaxClassRecord | CollectionRecord | OptionRecord

DEFINED = (Kind.CATEGORY, Kind.ATTRIBUTE, Kind.TAX_CLASS, Kind.COLLECTION, Kind.OPTION)
"""The kinds of rows that define something."""


def read_definition(row: Row) -> Definition:
    """Return the record of a row that defines something."""
    if row.kind == Kind.CATEGORY:
        return _read_category(row)
    if row.kind == Kind.COLLECTION:
        return _read_collection(row)
    if row.kind == Kind.OPTION:
        return _read_option(row)
    return _read_attribute(row) if row.kind == Kind.ATTRIBUTE else _read_tax_class(row)


def read_category_reference(row: Row, found: Findings) -> CategoryReference | None:
    """Return the category of a product or the parent of a category, or None without a column."""
    path = row.cells.get(CATEGORY_PATH)
    if isinstance(path, list):
        return _read_path(row, path, found)
    read = values.read_cells(row, values.IN_CATEGORY, found)
    for name, text in read.items():
        return CategoryReference(text, is_name=name == "category_name")
    return None


def _read_path(row: Row, path: list[str], found: Findings) -> CategoryReference | None:
    """Return the category at the end of a path of names, of which an empty one is no category."""
    path = [without_invisible(name) for name in path]
    if any(len(name) > CATEGORY_NAME_LENGTH for name in path):
        reason = f"A category has a name of more than {CATEGORY_NAME_LENGTH} characters."
        found.warnings.append(row.error(CATEGORY_PATH, f"{reason} It was left out."))
        return None
    *parents, name = path[-MAX_CATEGORY_DEPTH:] or [""]
    return CategoryReference(name, is_name=True, parents=tuple(parents))


def _read_category(row: Row) -> CategoryRecord:
    found = row.findings()
    columns = values.read_cells(row, values.CATEGORY, found)
    parent = read_category_reference(row, found)
    translations = read_translations(row, found)
    if "slug" not in columns and not found.errors:
        found.errors.append(row.error("slug", "A category needs a slug."))
    return CategoryRecord(row, columns, parent, translations, found.errors, found.warnings)


def _read_collection(row: Row) -> CollectionRecord:
    found = row.findings()
    columns = values.read_cells(row, values.COLLECTION, found)
    if not found.errors and not {"slug", "name"} <= columns.keys():
        found.errors.append(row.error("slug", "A collection needs a slug and a name."))
    translations = read_short_translations(row, COLLECTION_MEMBERS, found)
    return CollectionRecord(row, columns, translations, found.errors, found.warnings)


def _read_option(row: Row) -> OptionRecord:
    found = row.findings()
    columns = values.read_cells(row, values.OPTION, found)
    if not found.errors and not columns:
        found.errors.append(row.error("name", "An option needs a name."))
    translations = read_short_translations(row, OPTION_MEMBERS, found)
    return OptionRecord(row, columns, translations, found.errors, found.warnings)


def _read_attribute(row: Row) -> AttributeRecord:
    found = row.findings()
    errors = found.errors
    columns = values.read_cells(row, values.ATTRIBUTE, found)
    if not errors and columns.get("kind") not in AttributeKind.values:
        reason = f"The value must be one of {', '.join(AttributeKind.values)}."
        errors.append(row.error("kind", reason))
    if not errors and not {"slug", "name"} <= columns.keys():
        errors.append(row.error("slug", "An attribute needs a slug and a name."))
    cell = row.cells.get("choices", [])
    choices = cell if isinstance(cell, list) else []
    is_only_new = row.text(ONLY_NEW) == "true"
    translations = read_short_translations(row, ATTRIBUTE_MEMBERS, found)
    return AttributeRecord(row, columns, choices, translations, errors, found.warnings, is_only_new)


def _read_tax_class(row: Row) -> TaxClassRecord:
    found = row.findings()
    columns = values.read_cells(row, values.TAX_CLASS, found)
    if not found.errors and not {"slug", "name"} <= columns.keys():
        found.errors.append(row.error("slug", "A tax class needs a slug and a name."))
    return TaxClassRecord(row, columns, found.errors, found.warnings)
