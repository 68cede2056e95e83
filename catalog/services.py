"""The services of the catalog that other apps call. Each package has its own ``services``."""

from catalog.attributes.services import create_attribute, delete_attribute, update_attribute
from catalog.categories.services import create_category, delete_category, update_category
from catalog.collections.services import (
    create_collection,
    delete_collection,
    update_collection,
    update_collections,
)
from catalog.images.services import add_image, delete_image, update_image
from catalog.indexing.services import index_all, index_outdated
from catalog.options.services import follow_variants
from catalog.options.translating import (
    create_option_translation,
    delete_option_translation,
    update_option_translation,
)
from catalog.prices.services import create_sale, end_sale, update_sale
from catalog.products.completion import complete_highest_prices, complete_name_keys
from catalog.products.services import (
    archive_product,
    create_product,
    sanitize_descriptions,
    update_product,
)
from catalog.products.variants import create_variant
from catalog.related.services import relate_products
from catalog.search.ranking import is_ranking_due, rank_products
from catalog.search.services import create_synonym, delete_synonym, update_synonym
from catalog.spellings.services import follow_spellings
from catalog.stock.services import (
    LockedProduct,
    adjust_stock,
    put_back,
    return_stock,
    shortages,
    take_stock,
    variant_required,
)
from catalog.tax_classes.services import create_tax_class, delete_tax_class, rename_tax_class
from catalog.translations.completion import complete_translated_name_keys

__all__ = [
    "LockedProduct",
    "add_image",
    "adjust_stock",
    "archive_product",
    "complete_highest_prices",
    "complete_name_keys",
    "complete_translated_name_keys",
    "create_attribute",
    "create_category",
    "create_collection",
    "create_option_translation",
    "create_product",
    "create_sale",
    "create_synonym",
    "create_tax_class",
    "create_variant",
    "delete_attribute",
    "delete_category",
    "delete_collection",
    "delete_image",
    "delete_option_translation",
    "delete_synonym",
    "delete_tax_class",
    "end_sale",
    "follow_spellings",
    "follow_variants",
    "index_all",
    "index_outdated",
    "is_ranking_due",
    "put_back",
    "rank_products",
    "relate_products",
    "rename_tax_class",
    "return_stock",
    "sanitize_descriptions",
    "shortages",
    "take_stock",
    "update_attribute",
    "update_category",
    "update_collection",
    "update_collections",
    "update_image",
    "update_option_translation",
    "update_product",
    "update_sale",
    "update_synonym",
    "variant_required",
]
