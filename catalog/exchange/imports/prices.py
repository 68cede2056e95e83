"""Warns about prices that may be mistakes in the file."""

from collections.abc import Mapping
from typing import Any

from catalog.exchange.imports.records import ProductRecord
from catalog.exchange.imports.rows import Row
from catalog.products.writes import RowChanges


def check_price(
    record: ProductRecord, changes: RowChanges, row: Row, given: Mapping[str, Any]
) -> None:
    """Warn about a price that becomes 0, and about an empty cell, which changes no price."""
    price = changes.row.price
    if "price" in given:
        if not price and (changes.before is None or changes.before["price"]):
            record.warn(row.error("price", "The price is 0."))
    elif "price" in row.cells and not row.text("price") and price is not None:
        record.warn(row.error("price", f"The cell is empty. The price is {price}."))
