"""The catalog's desk, a subject a module."""

from catalog.admin.categories import CategoryAdmin
from catalog.admin.products import ProductAdmin, StockMovementAdmin

__all__ = ["CategoryAdmin", "ProductAdmin", "StockMovementAdmin"]
