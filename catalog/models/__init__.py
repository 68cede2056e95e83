"""All models of the catalog. Django and other apps import them from here."""

from catalog.attributes.models import Attribute, AttributeKind, ProductAttribute, ProductTag
from catalog.categories.models import Category, CategoryLink
from catalog.collections.models import Collection, CollectionProduct
from catalog.history.models import ProductChange
from catalog.images.models import ImageDownload, ProductImage
from catalog.indexing.models import IndexedWord, ProductSearch
from catalog.models.progress import CatalogProgress
from catalog.models.revision import CatalogRevision
from catalog.options.models import (
    OptionSet,
    OptionSetValue,
    OptionTranslation,
    ProductOptionSet,
)
from catalog.prices.models import PriceChange, Sale, SaleKind
from catalog.products.models import Product, ProductQuerySet, for_sale
from catalog.related.models import RelatedProduct
from catalog.search.models import Synonym
from catalog.slugs.models import EarlierSlug
from catalog.spellings.models import Spelling, SpellingKind
from catalog.stock.models import MovementKind, StockMovement
from catalog.tax_classes.models import TaxClass
from catalog.translations.models import CategoryTranslation, ProductTranslation

__all__ = [
    "Attribute",
    "AttributeKind",
    "CatalogProgress",
    "CatalogRevision",
    "Category",
    "CategoryLink",
    "CategoryTranslation",
    "Collection",
    "CollectionProduct",
    "EarlierSlug",
    "ImageDownload",
    "IndexedWord",
    "MovementKind",
    "OptionSet",
    "OptionSetValue",
    "OptionTranslation",
    "PriceChange",
    "Product",
    "ProductAttribute",
    "ProductChange",
    "ProductImage",
    "ProductOptionSet",
    "ProductQuerySet",
    "ProductSearch",
    "ProductTag",
    "ProductTranslation",
    "RelatedProduct",
    "Sale",
    "SaleKind",
    "Spelling",
    "SpellingKind",
    "StockMovement",
    "Synonym",
    "TaxClass",
    "for_sale",
]
