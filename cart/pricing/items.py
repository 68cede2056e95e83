"""The first step: the lines of a cart at the prices that hold at the destination."""

from collections.abc import Sequence
from decimal import Decimal
from fractions import Fraction

from cart.pricing.charges import price_factor
from cart.pricing.context import Context
from cart.pricing.rounding import round_half_up
from cart.pricing.types import Item, Line


def lines_of(items: Sequence[Item], context: Context) -> list[Line]:
    """Return the lines by ascending product id.

    Where prices are restated, each price of a unit is rounded once.
    """
    exponent = context.configuration.settings.exponent

    def restate(price: Decimal, tax_class: str) -> Decimal:
        return round_half_up(Fraction(price) * price_factor(tax_class, context), exponent)

    lines = []
    for item in sorted(items, key=lambda item: item.product_id):
        unit_price = restate(item.unit_price, item.tax_class)
        regular = restate(item.regular_unit_price, item.tax_class)
        lines.append(Line(item, unit_price, regular, unit_price * item.quantity))
    return lines
