"""Errors about sales."""

from shop.core.errors import Conflict, NotFound


class SaleNotFound(NotFound):
    """404: no such sale."""

    code = "sale_not_found"
    message = "No such sale; GET /api/sales/ lists them."


class SaleBegun(Conflict):
    """409: what a sale did to prices is history, which the lowest price of 30 days is read from."""

    code = "sale_begun"
    message = "The sale has begun: only its name and its end may change, the end to a time to come."
