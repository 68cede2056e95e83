"""Errors about products and variants."""

from shop.core.errors import Conflict


class SkuTaken(Conflict):
    """409. Facts: sku."""

    code = "sku_taken"
    message = "Another product has the SKU {sku}."
    example = {"sku": "TEA-1"}


class VariantExists(Conflict):
    """409. Facts: options, the values that another variant of the product has."""

    code = "variant_exists"
    message = "The product has a variant with these options already."
    example = {"options": ["S", "Red"]}


class VariantLimit(Conflict):
    """409. Facts: limit, variants that a product may have."""

    code = "variant_limit"
    message = "A product has at most {limit} variants."
    example = {"limit": 100}


class NoOptions(Conflict):
    """409. Facts: options, the names that the product's variants are chosen by."""

    code = "options_missing"
    message = "A variant has one value for each option of its product, which has {options}."
    example = {"options": ["Size", "Colour"]}


class OptionsInUse(Conflict):
    """409. Facts: variant_ids; none where the product has stock of its own."""

    code = "options_in_use"
    message = "Options change only while there is no variant, and no stock of the product's own."
    example = {"variant_ids": [8, 9]}


class SetOnVariants(Conflict):
    """409. Facts: fields."""

    code = "set_on_variants"
    message = "The product's variants have {fields}, each its own: change them there."
    example = {"fields": ["price"]}


class SetOnProduct(Conflict):
    """409. Facts: fields, product_id."""

    code = "set_on_product"
    message = "A variant follows product {product_id} in {fields}: change the product."
    example = {"fields": ["name"], "product_id": 7}


class PiecesOwed(Conflict):
    """409. Facts: owed, pieces sold beyond the stock."""

    code = "pieces_owed"
    message = "{owed} pieces are sold beyond the stock; backorders end once they are there."
    example = {"owed": 3}
