"""The built-in rules of promotions: what each takes off each line, before rounding.

Each takes the eligible lines, by ascending product id, after earlier discounts. What it takes off
all lines is rounded once, and then split in proportion to what it returns.
"""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from fractions import Fraction

from cart.pricing.protocols import PromotionRule
from cart.pricing.rounding import Exact
from cart.pricing.types import ZERO, Line, Promotion, PromotionKind


def percent(promotion: Promotion, lines: Sequence[Line]) -> list[Exact]:
    """Take ``value`` percent off."""
    return [line.total * promotion.value / 100 for line in lines]


def fixed_amount(promotion: Promotion, lines: Sequence[Line]) -> list[Exact]:
    """Take ``value`` off all lines together, but never more than they cost."""
    total = add(lines)
    share = Fraction(min(promotion.value, total)) / Fraction(total) if total else Fraction(0)
    return [Fraction(line.total) * share for line in lines]


def fixed_price(promotion: Promotion, lines: Sequence[Line]) -> list[Exact]:
    """Let each unit cost ``value``. A unit that costs less keeps its price."""
    return [max(line.total - promotion.value * line.quantity, ZERO) for line in lines]


def buy_x_get_y(promotion: Promotion, lines: Sequence[Line]) -> list[Exact]:
    """Make the cheapest units free: ``free_quantity`` in each complete group of units.

    A group is ``buy_quantity`` and ``free_quantity`` units together. Among units that cost the
    same after earlier discounts, those of the lowest product id are free.
    """
    free, group = promotion.free_quantity, promotion.buy_quantity + promotion.free_quantity
    left = sum(line.quantity for line in lines) // group * free if group else 0
    prices = [Fraction(line.total) / line.quantity for line in lines]
    taken: list[Exact] = [Fraction(0)] * len(lines)
    for index in sorted(range(len(lines)), key=lambda i: prices[i]):
        units = min(left, lines[index].quantity)
        taken[index] = prices[index] * units
        left -= units
    return taken


def add(lines: Sequence[Line]) -> Decimal:
    """Return what the lines cost together, after the discounts so far."""
    return sum((line.total for line in lines), ZERO)


BUILT_IN: Mapping[str, PromotionRule] = {
    PromotionKind.PERCENT: percent,
    PromotionKind.FIXED_AMOUNT: fixed_amount,
    PromotionKind.FIXED_PRICE: fixed_price,
    PromotionKind.BUY_X_GET_Y: buy_x_get_y,
}
