"""The catalog's desk, a subject a module."""

from catalog.admin.attributes import AttributeAdmin
from catalog.admin.categories import CategoryAdmin
from catalog.admin.pictures import PictureAdmin
from catalog.admin.products import ProductAdmin
from catalog.admin.sales import SaleAdmin
from catalog.admin.stock import StockMovementAdmin

__all__ = [
    "AttributeAdmin",
    "CategoryAdmin",
    "PictureAdmin",
    "ProductAdmin",
    "SaleAdmin",
    "StockMovementAdmin",
]
