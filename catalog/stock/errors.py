"""Errors about stock."""

from django.utils.translation import gettext_lazy as _

from shop.core.errors import Conflict


class StockLimit(Conflict):
    """409. Facts: limit, the number of units of a product that may be in stock."""

    code = "stock_limit"
    field = "stock"
    message = _("A product may have at most {limit} units in stock.")
    example = {"limit": 1_000_000_000}
