"""The verbs of the catalog, a resource a module."""

from catalog.views.categories import CategoryViewSet
from catalog.views.products import ProductViewSet

__all__ = ["CategoryViewSet", "ProductViewSet"]
