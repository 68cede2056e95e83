"""The errors of carts."""

from django.utils.translation import gettext_lazy as _

from shop.core.errors import Conflict, NotFound, Unauthorized


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


class DraftOrdered(Conflict):
    """409: the draft was sent, so that it is an order now."""

    code = "draft_ordered"
    message = _("This draft has been ordered. Change the order instead.")


class CartTokenInvalid(Unauthorized):
    """401: no cart has this token. The response does not say whether one ever had it."""

    code = "cart_token_invalid"
    message = _("The token of the cart is invalid or has expired. Add a product to get a new one.")


class GuestCartNotOpen(Conflict):
    """409: the cart of the token was ordered. Facts: cart_id."""

    code = "cart_not_open"
    schema_name = "GuestCartNotOpenProblem"
    message = _("This cart has already been ordered. Add a product to open a new one.")
    example = {"cart_id": 5}


class NoOpenCart(Exception):
    """The cart of a guest's token was ordered or merged. Views open another one, or raise an error.

    It is no response: an idempotency key must not store it.
    """
