"""Adds single keys of metadata to a product. A column ``metadata`` replaces all keys instead."""

from django.core.exceptions import ValidationError

from catalog.exchange.imports.records import ProductRecord
from catalog.exchange.imports.rows import Row
from catalog.exchange.imports.shop import METADATA, PRIVATE_METADATA
from catalog.products.models import Product
from shop.core.metadata import validate_metadata

_COLUMNS = {METADATA: "metadata", PRIVATE_METADATA: "private_metadata"}
_PREFIXES = tuple(_COLUMNS)


def add_metadata(record: ProductRecord, row: Row, product: Product) -> None:
    """Add the keys in cells such as ``metadata.material``. An empty cell removes its key.

    A value that does not fit is left out with a warning.
    """
    names = [name for name in row.cells if name.startswith(_PREFIXES)]
    if not names:
        return
    for prefix, column in _COLUMNS.items():
        given = {name: row.text(name) for name in names if name.startswith(prefix)}
        existing = getattr(product, column)
        if not any(given.values()) and not existing:
            continue
        merged = dict(existing)
        for name, text in given.items():
            _set(merged, name.removeprefix(prefix), text)
            reason = _reason(merged)
            if reason:
                record.warn(row.error(name, f"{reason} It was left out."))
                _set(merged, name.removeprefix(prefix), existing.get(name.removeprefix(prefix), ""))
        setattr(product, column, merged)


def _set(values: dict[str, str], key: str, text: str) -> None:
    if text:
        values[key] = text
    else:
        values.pop(key, None)


def _reason(values: dict[str, str]) -> str:
    """Return why the values are invalid, or ""."""
    try:
        validate_metadata(values)
    except ValidationError as error:
        return " ".join(error.messages)
    return ""
