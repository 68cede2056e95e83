"""What a cart costs: all steps in their order."""

from collections.abc import Sequence
from decimal import Decimal

from cart.pricing.context import Context
from cart.pricing.results import PricedItem, Totals
from cart.pricing.types import ZERO, Item


def price(items: Sequence[Item], context: Context) -> Totals:
    """Return what the items cost."""
    return _price_plain(items, context)


def _price_plain(items: Sequence[Item], context: Context) -> Totals:
    """Return the sum of the items, where nothing is added or taken off."""
    settings = context.configuration.settings
    zero = Decimal(0).scaleb(-settings.exponent)
    priced = []
    subtotal = zero
    for item in items:
        line = item.line_total
        subtotal += line
        priced.append(
            PricedItem(item, item.unit_price, item.regular_unit_price, line, zero, ZERO, zero)
        )
    return Totals(
        items=tuple(priced),
        subtotal=subtotal,
        total=subtotal,
        discount_total=zero,
        shipping_price=zero,
        shipping_total=zero,
        fee_total=zero,
        tax_total=zero,
        prices_include_tax=settings.prices_include_tax,
        requires_shipping=any(item.requires_shipping for item in items),
    )
