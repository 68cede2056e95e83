"""Errors about stock."""

from shop.core.errors import Conflict


class StockLimit(Conflict):
    """409. Facts: limit, pieces that one product may have."""

    code = "stock_limit"
    message = "A product has at most {limit} pieces in stock."
    example = {"limit": 1_000_000_000}
