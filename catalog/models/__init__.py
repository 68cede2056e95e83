"""All models of the catalog. Django and other apps import them from here."""

from catalog.attributes.models import Attribute, AttributeKind, ProductAttribute, ProductTag
from catalog.categories.models import Category, CategoryLink
from catalog.history.models import ProductChange
from catalog.images.models import ProductImage
from catalog.models.revision import CatalogRevision
from catalog.prices.models import PriceChange, Sale, SaleKind
from catalog.products.models import Product, ProductQuerySet, for_sale
from catalog.slugs.models import EarlierSlug
from catalog.stock.models import MovementKind, StockMovement
from catalog.tax_classes.models import TaxClass

__all__ = [
    "Attribute",
    "AttributeKind",
    "CatalogRevision",
    "Category",
    "CategoryLink",
    "EarlierSlug",
    "MovementKind",
    "PriceChange",
    "Product",
    "ProductAttribute",
    "ProductChange",
    "ProductImage",
    "ProductQuerySet",
    "ProductTag",
    "Sale",
    "SaleKind",
    "StockMovement",
    "TaxClass",
    "for_sale",
]
