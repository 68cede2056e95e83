"""Decodes HTML entities in names, which other shops write as they are in their pages."""

import re
from dataclasses import replace
from html import unescape

from catalog.exchange.imports.definition_records import CATEGORY_PATH
from catalog.exchange.imports.lists import FURTHER
from catalog.exchange.imports.rows import Cell, Row
from catalog.exchange.imports.shop import ATTRIBUTE

_ENTITY = re.compile(r"&(?:#[0-9]{1,7}|#x[0-9a-f]{1,6}|[a-z][a-z0-9]{1,31});", re.IGNORECASE)
_TEXTS = frozenset(
    {"name", "brand", "category", "category_name", CATEGORY_PATH, "collections", FURTHER, "tags"}
    | {"options", "seo_title", "seo_description", "alt"}
)
"""The columns with texts that are no HTML."""


def decoded(row: Row) -> Row:
    """Return a row whose names have the characters that entities such as ``&amp;`` stand for."""
    changed = {
        name: _without_entities(cell)
        for name, cell in row.cells.items()
        if (name in _TEXTS or name.startswith(ATTRIBUTE)) and _has_entity(cell)
    }
    return replace(row, cells={**row.cells, **changed}) if changed else row


def _has_entity(cell: Cell) -> bool:
    return any("&" in item for item in cell) if isinstance(cell, list) else "&" in cell


def _without_entities(cell: Cell) -> Cell:
    if isinstance(cell, list):
        return [_decode(item) for item in cell]
    return _decode(cell)


def _decode(text: str) -> str:
    return _ENTITY.sub(lambda found: unescape(found[0]), text)
