"""Rows of the catalog, a subject a module."""

from catalog.models.categories import MAX_DEPTH, Category, CategoryLink, CategoryQuerySet
from catalog.models.products import (
    MAX_STOCK,
    CatalogRevision,
    MovementKind,
    Product,
    ProductQuerySet,
    Quantities,
    StockMovement,
)

__all__ = [
    "MAX_DEPTH",
    "MAX_STOCK",
    "CatalogRevision",
    "Category",
    "CategoryLink",
    "CategoryQuerySet",
    "MovementKind",
    "Product",
    "ProductQuerySet",
    "Quantities",
    "StockMovement",
]
