"""Rows of the catalog, a subject a module."""

from catalog.models.attributes import Attribute, AttributeKind, ProductAttribute, ProductTag
from catalog.models.categories import MAX_DEPTH, Category, CategoryLink, CategoryQuerySet
from catalog.models.pictures import MAX_PICTURES, ProductImage
from catalog.models.prices import PriceChange, Sale, SaleKind, SaleQuerySet
from catalog.models.products import (
    MAX_OPTIONS,
    MAX_STOCK,
    MAX_TAGS,
    MAX_VARIANTS,
    NAME_LENGTH,
    Product,
    ProductQuerySet,
    ProductStatus,
    for_sale,
    sees_all,
    sees_all_products,
)
from catalog.models.revision import CatalogRevision
from catalog.models.stock import MovementKind, Quantities, StockMovement

__all__ = [
    "MAX_DEPTH",
    "MAX_OPTIONS",
    "MAX_PICTURES",
    "MAX_STOCK",
    "MAX_TAGS",
    "MAX_VARIANTS",
    "NAME_LENGTH",
    "Attribute",
    "AttributeKind",
    "CatalogRevision",
    "Category",
    "CategoryLink",
    "CategoryQuerySet",
    "MovementKind",
    "PriceChange",
    "Product",
    "ProductAttribute",
    "ProductImage",
    "ProductQuerySet",
    "ProductStatus",
    "ProductTag",
    "Quantities",
    "Sale",
    "SaleKind",
    "SaleQuerySet",
    "StockMovement",
    "for_sale",
    "sees_all",
    "sees_all_products",
]
