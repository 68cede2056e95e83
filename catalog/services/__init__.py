"""Every write of the catalog, a subject a module; other floors call these."""

from catalog.services.categories import create_category, delete_category, update_category
from catalog.services.products import (
    ProductChanges,
    adjust_stock,
    archive_product,
    create_product,
    return_stock,
    take_stock,
    update_product,
)

__all__ = [
    "ProductChanges",
    "adjust_stock",
    "archive_product",
    "create_category",
    "create_product",
    "delete_category",
    "return_stock",
    "take_stock",
    "update_category",
    "update_product",
]
