"""What orders refuse."""

from shop.core.errors import Conflict, NotFound


class CartNotFound(NotFound):
    """404: no such cart, or another's."""

    code = "cart_not_found"
    message = "You have no cart with this id."


class CartEmpty(Conflict):
    """409: nothing to order."""

    code = "cart_empty"
    message = "The cart is empty; add something first."


class CartNotOpen(Conflict):
    """409. Facts: order_id, what the cart became."""

    code = "cart_not_open"
    message = "This cart became order {order_id} already."
    example = {"order_id": 42}


class TotalChanged(Conflict):
    """409. Facts: total, expected; amounts in the shop's currency."""

    code = "total_changed"
    message = "The total is now {total}; the request expected {expected}."
    example = {"total": "9.99", "expected": "8.99"}


class TotalLimit(Conflict):
    """409. Facts: limit, an amount in the shop's currency."""

    code = "total_limit"
    message = "An order's total is at most {limit}; order fewer pieces."
    example = {"limit": "9999999999.99"}


class IllegalTransition(Conflict):
    """409. Facts: order_status, wanted."""

    code = "illegal_transition"
    message = "An order that is {order_status} cannot become {wanted}."
    example = {"order_status": "shipped", "wanted": "cancelled"}
