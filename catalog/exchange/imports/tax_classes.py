"""Sets the tax class of a product or a variant by the cells of its row."""

from collections.abc import Collection
from typing import Any

from catalog.exchange.imports.records import ProductRecord
from catalog.exchange.imports.rows import Row, quote
from catalog.products.models import Product
from catalog.tax_classes.services import normalize_code, unknown_tax_class


def set_tax_class(
    record: ProductRecord,
    row: Row,
    product: Product,
    values: dict[str, Any],
    known: Collection[str],
) -> None:
    """Set the tax class by the cells ``tax_class`` and ``tax_code``. ``known`` are all codes.

    The latter is the code of another shop. If it is unknown, it is left out with a warning.
    """
    code = values.get("tax_class")
    if code is not None and code not in known:
        record.errors.append(row.error("tax_class", unknown_tax_class()))
    elif "tax_class" in values:
        product.tax_class_id = code
    elif "tax_code" in values:
        code = normalize_code(values["tax_code"])
        if code in known:
            product.tax_class_id = code
            return
        reason = f"{quote(values['tax_code'])} is not the code of a tax class. It was left out."
        record.warn(row.error("tax_code", reason))
