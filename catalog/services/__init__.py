"""Every write of the catalog, a subject a module; other floors call these."""

from catalog.services.attributes import (
    AttributeChanges,
    create_attribute,
    delete_attribute,
    update_attribute,
)
from catalog.services.categories import create_category, delete_category, update_category
from catalog.services.pictures import (
    PictureChanges,
    add_picture,
    delete_picture,
    update_picture,
)
from catalog.services.products import (
    ProductChanges,
    archive_product,
    create_product,
    update_product,
)
from catalog.services.ranking import is_ranking_due, rank_products
from catalog.services.sales import SaleChanges, create_sale, end_sale, update_sale
from catalog.services.stock import (
    LockedProduct,
    adjust_stock,
    choose_variant,
    return_stock,
    take_stock,
)
from catalog.services.variants import NewVariant, create_variant

__all__ = [
    "AttributeChanges",
    "LockedProduct",
    "NewVariant",
    "PictureChanges",
    "ProductChanges",
    "SaleChanges",
    "add_picture",
    "adjust_stock",
    "archive_product",
    "choose_variant",
    "create_attribute",
    "create_category",
    "create_product",
    "create_sale",
    "create_variant",
    "delete_attribute",
    "delete_category",
    "delete_picture",
    "end_sale",
    "is_ranking_due",
    "rank_products",
    "return_stock",
    "take_stock",
    "update_attribute",
    "update_category",
    "update_picture",
    "update_product",
    "update_sale",
]
