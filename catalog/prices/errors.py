"""Errors about sales."""

from shop.core.errors import Conflict, NotFound


class SaleNotFound(NotFound):
    """404: the sale does not exist."""

    code = "sale_not_found"
    message = "This sale does not exist. GET /api/sales/ lists all sales."


class SaleStarted(Conflict):
    """409: the change would alter past prices, from which the lowest price of 30 days follows."""

    code = "sale_begun"
    field = "ends_at"
    message = (
        "The sale has started. Only its name and its end can change, the end to a future time."
    )
