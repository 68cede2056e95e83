"""The errors of carts."""

from django.utils.translation import gettext_lazy as _

from shop.core.errors import Conflict, NotFound


class QuantityLimit(Conflict):
    """409: too many units of a product. Facts: limit, in_cart; numbers of units."""

    code = "quantity_limit"
    field = "quantity"
    message = _(
        "You can order at most {limit} units of a product. Your cart has {in_cart} already."
    )
    example = {"limit": 999, "in_cart": 998}


class CartFull(Conflict):
    """409: too many products. Facts: limit, the number of items."""

    code = "cart_full"
    message = _("A cart can hold at most {limit} different products.")
    example = {"limit": 100}


class ItemNotFound(NotFound):
    """404: the cart has no item of this product."""

    code = "item_not_found"
    message = _("This product is not in your cart.")
