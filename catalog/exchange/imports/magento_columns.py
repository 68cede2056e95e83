"""The columns of Magento 2's product CSV, and the lists in them."""

import re
from collections.abc import Sequence

from catalog.exchange.imports.decimals import Numbers, numbers_of
from catalog.exchange.imports.reading import Choices
from shop.core.slugs import fold_name

IMAGES = ("base_image", "image", "additional_images")
LABELS = dict(zip(IMAGES, (*["base_image_label"] * 2, "additional_image_labels"), strict=True))
"""The column with the texts of the images in a column."""
KNOWN = frozenset(
    {
        "sku",
        "store_view_code",
        "product_type",
        "categories",
        "name",
        "description",
        "short_description",
        "weight",
        "product_online",
        "tax_class_name",
        "visibility",
        "price",
        "special_price",
        "special_price_from_date",
        "special_price_to_date",
        "url_key",
        "meta_title",
        "meta_description",
        *IMAGES,
        *LABELS.values(),
        "additional_attributes",
        "qty",
        "allow_backorders",
        "use_config_backorders",
        "is_in_stock",
        "manage_stock",
        "use_config_manage_stock",
        "notify_on_stock_below",
        "use_config_notify_stock_qty",
        "configurable_variations",
        "configurable_variation_labels",
        "associated_skus",
        "cost",
        "msrp_price",
    }
)
OF_MAGENTO = frozenset(
    {"attribute_set_code", "product_websites", "store_view_code", "url_key", "visibility"}
)
AMOUNTS = frozenset({"price", "special_price", "weight", "cost", "msrp_price"})
WHOLE = frozenset({"qty", "notify_on_stock_below"})
# A pair in additional_attributes or configurable_variations. Values may contain commas.
PAIR = re.compile(
    r"(?:^|,)\s*([A-Za-z][A-Za-z0-9_]*)=(.*?)(?=,\s*[A-Za-z][A-Za-z0-9_]*=|$)", re.DOTALL
)
# A comma between paths is followed by a name, or by a space and a path from the usual root.
PATHS = re.compile(r",(?=\S)|,\s+(?=default category)", re.IGNORECASE)
BELOW = re.compile(r"(?<!\\)/")
ROOT = "default category"
INTERNAL = frozenset({"has_options", "required_options", "shipment_type", "samples_title"})
BRANDS, CODES = ("brand", "manufacturer"), ("ean", "gtin", "upc", "barcode", "isbn")
NOT_TAXED, STANDARD = ("none", "0"), ("", "taxable goods", "2")


def is_magento(header: Sequence[str]) -> bool:
    """Return whether the header is that of Magento's product CSV."""
    names = {_fold(title) for title in header}
    return {"sku", "product_type"} <= names and bool(names & OF_MAGENTO)


def numbers(_header: Sequence[str], _choices: Choices) -> Numbers:
    """Return the function that returns what the numbers of a column are."""
    return numbers_of(_fold, AMOUNTS, WHOLE)


def _fold(title: str) -> str:
    return fold_name(title).replace(" ", "_")


def canonical(title: str) -> str:
    """Return the name of a column, or "" if it is not read."""
    name = _fold(title)
    return name if name in KNOWN else ""
