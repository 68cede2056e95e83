"""What the cart refuses."""

from shop.core.errors import Conflict, NotFound


class QuantityLimit(Conflict):
    """409. Facts: limit, in_cart."""

    code = "quantity_limit"
    message = "A line holds at most {limit} pieces; {in_cart} are in the cart already."
    example = {"limit": 999, "in_cart": 998}


class CartFull(Conflict):
    """409. Facts: limit."""

    code = "cart_full"
    message = "A cart holds at most {limit} lines."
    example = {"limit": 100}


class ItemNotFound(NotFound):
    """404: the cart has no line of this product."""

    code = "item_not_found"
    message = "This product is not in your cart."
