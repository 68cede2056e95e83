"""Errors about stock."""

from shop.core.errors import Conflict


class StockLimit(Conflict):
    """409. Facts: limit, the number of units of a product that may be in stock."""

    code = "stock_limit"
    field = "stock"
    message = "A product may have at most {limit} units in stock."
    example = {"limit": 1_000_000_000}
