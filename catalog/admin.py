"""The catalog's admin. Each package registers its own models."""

from catalog.attributes.admin import AttributeAdmin
from catalog.categories.admin import CategoryAdmin
from catalog.collections.admin import CollectionAdmin
from catalog.history.admin import ProductChangeAdmin
from catalog.images.admin import ImageAdmin
from catalog.images.download_admin import ImageDownloadAdmin
from catalog.options.admin import OptionTranslationAdmin
from catalog.prices.admin import SaleAdmin
from catalog.products.admin.products import ProductAdmin
from catalog.search.admin import SynonymAdmin
from catalog.stock.admin import StockMovementAdmin
from catalog.tax_classes.admin import TaxClassAdmin

__all__ = [
    "AttributeAdmin",
    "CategoryAdmin",
    "CollectionAdmin",
    "ImageAdmin",
    "ImageDownloadAdmin",
    "OptionTranslationAdmin",
    "ProductAdmin",
    "ProductChangeAdmin",
    "SaleAdmin",
    "StockMovementAdmin",
    "SynonymAdmin",
    "TaxClassAdmin",
]
