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
    factors = {item.tax_class: price_factor(item.tax_class, context) for item in items}
    return [
        _line(item, factors[item.tax_class], context.configuration.settings.exponent)
        for item in sorted(items, key=lambda item: item.product_id)
    ]


def _line(item: Item, factor: Fraction, exponent: int) -> Line:
    unit_price = _restate(item.unit_price, factor, exponent)
    regular = _restate(item.regular_unit_price, factor, exponent)
    return Line(item, unit_price, regular, unit_price * item.quantity)


def _restate(price: Decimal, factor: Fraction, exponent: int) -> Decimal:
    exact = price if factor == 1 else Fraction(price) * factor
    return round_half_up(exact, exponent)
