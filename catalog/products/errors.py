"""Errors about products and variants."""

from django.utils.translation import gettext_lazy as _

from shop.core.errors import Conflict


class SkuTaken(Conflict):
    """409. Facts: sku."""

    code = "sku_taken"
    field = "sku"
    message = _("The SKU “{sku}” is already in use. Please choose another.")
    example = {"sku": "TEA-1"}


class VariantExists(Conflict):
    """409. Facts: options, the option values that another variant of the product has."""

    code = "variant_exists"
    field = "choice"
    message = _("The product already has a variant with the options {options}.")
    example = {"options": ["S", "Red"]}


class VariantLimit(Conflict):
    """409. Facts: limit, the number of variants that a product may have."""

    code = "variant_limit"
    message = _("A product may have at most {limit} variants.")
    example = {"limit": 100}


class OptionsMissing(Conflict):
    """409: option values do not match the product's options. Facts: options, their names."""

    code = "options_missing"
    field = "choice"
    message = _("A variant needs one value for each option of its product: {options}.")
    example = {"options": ["Size", "Colour"]}


class OptionsInUse(Conflict):
    """409. Facts: variant_ids, empty if the product itself has stock."""

    code = "options_in_use"
    field = "options"
    message = _(
        "Options can only be added or removed while the product has neither variants nor stock."
    )
    example = {"variant_ids": [8, 9]}


class SetOnVariants(Conflict):
    """409. Facts: fields that only variants have."""

    code = "set_on_variants"
    message = _("Each variant has its own values of {fields}. Please change the variants.")
    example = {"fields": ["price"]}


class SetOnProduct(Conflict):
    """409. Facts: fields that a variant shares with its product, and its product_id and name."""

    code = "set_on_product"
    message = _("A variant shares {fields} with “{name}”. Please change that product.")
    example = {"fields": ["name"], "product_id": 7, "name": "Shirt"}


class StockUntracked(Conflict):
    """409: backorder cannot be unset while the stock is not tracked."""

    code = "stock_untracked"
    message = _(
        "The stock of this product is not tracked, so it can always be ordered. "
        "To end backorders, set track_stock to true as well."
    )


class UnfilledBackorders(Conflict):
    """409. Facts: owed, the units that are sold on backorder."""

    code = "pieces_owed"
    field = "backorder"
    message = _("Units sold on backorder: {owed}. Add them to the stock before you end backorders.")
    example = {"owed": 3}
