"""What the columns of recognized formats are read as, for people."""

from collections.abc import Callable, Mapping, Sequence

from catalog.exchange.imports import magento_columns, shopify_columns
from catalog.exchange.imports.reading import Choices
from catalog.exchange.imports.shopify_columns import OF_IMAGE, OF_PRODUCT, OF_VARIANT, OPTIONS

ReadAs = Callable[[Sequence[str], Choices], Mapping[str, str]]
"""Returns what each column of a header is read as, or "" if it is not read."""

_PARENT, _KIND = "the product of a variant", "kind of product"

SHOPIFY = {
    **{theirs: ours for of in (OF_PRODUCT, OF_VARIANT, OF_IMAGE) for ours, theirs in of.items()},
    **{name: name.split()[0].lower() for name in OPTIONS},
    "Type": "category",
    "Variant Image": "picture",
    shopify_columns.UNIT: "weight",
    shopify_columns.WEIGHT: "weight",
    shopify_columns.TAXABLE: "tax_class",
    "Variant Tax Code": "tax_class",
    "Status": "is_published",
    shopify_columns.CATEGORY: "category_path",
    "Collection": "collections",
}
WOOCOMMERCE = {
    "id": _PARENT,
    "parent": _PARENT,
    "type": _KIND,
    "published": "is_published",
    "visibility": "is_published",
    "short_description": "metadata.short_description",
    "starts": "price",
    "ends": "price",
    "sale_price": "price",
    "regular_price": "price",
    "tax_status": "tax_class",
    "in_stock": "stock",
    "low_stock": "low_stock_threshold",
    "categories": "category_path",
    "grouped": "variants",
    "external_url": "metadata.external_url",
    "button_text": "metadata.button_text",
    "length": "metadata.length",
    "width": "metadata.width",
    "height": "metadata.height",
}
MAGENTO = {
    "store_view_code": "store view",
    "product_type": _KIND,
    "url_key": "slug",
    "short_description": "metadata.short_description",
    "meta_title": "seo_title",
    "meta_description": "seo_description",
    "categories": "category_path",
    "product_online": "is_published",
    "visibility": "is_published",
    "tax_class_name": "tax_class",
    "special_price": "price",
    "special_price_from_date": "price",
    "special_price_to_date": "price",
    "msrp_price": "compare_at_price",
    "cost": "private_metadata.cost",
    "additional_attributes": "attributes",
    "qty": "stock",
    "is_in_stock": "stock",
    "manage_stock": "track_stock",
    "use_config_manage_stock": "track_stock",
    "allow_backorders": "backorder",
    "use_config_backorders": "backorder",
    "notify_on_stock_below": "low_stock_threshold",
    "use_config_notify_stock_qty": "low_stock_threshold",
    "configurable_variations": "variants",
    "configurable_variation_labels": "options",
    "associated_skus": "variants",
    **dict.fromkeys(magento_columns.IMAGES, "images"),
    **dict.fromkeys(magento_columns.LABELS.values(), "alt"),
}
"""Ours by the canonical names of columns. Those that are missing have the same name."""


def _ours(name: str, ours: Mapping[str, str]) -> str:
    is_attribute = name.startswith(("name.", "values."))
    return "attributes" if is_attribute else ours.get(name, name)


def read_as(canonical: Callable[[str], str], ours: Mapping[str, str]) -> ReadAs:
    """Return the function for a format, by the canonical names of its columns."""

    def name_all(header: Sequence[str], _choices: Choices) -> Mapping[str, str]:
        names = {title: canonical(title) for title in header}
        # Of several titles for one column the first one is read.
        first = {name: title for title, name in reversed(names.items())}
        return {title: _ours(name, ours) for name, title in first.items() if name}

    return name_all
