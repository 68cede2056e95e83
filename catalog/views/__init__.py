"""The catalog's verbs, a resource a module."""

from catalog.views.attributes import AttributeViewSet
from catalog.views.categories import CategoryViewSet
from catalog.views.pictures import PictureViewSet, show_file
from catalog.views.products import ProductViewSet
from catalog.views.sales import SaleViewSet

__all__ = [
    "AttributeViewSet",
    "CategoryViewSet",
    "PictureViewSet",
    "ProductViewSet",
    "SaleViewSet",
    "show_file",
]
