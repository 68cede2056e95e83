"""The only rounding of pricing, and the split of a rounded amount."""

from collections.abc import Sequence
from decimal import Decimal
from fractions import Fraction
from math import lcm

Exact = Decimal | Fraction
"""An amount that is not rounded yet, in the shop's currency."""


def round_half_up(amount: Exact, exponent: int) -> Decimal:
    """Round an amount, 0 or more, to a number of decimals. A half is rounded up."""
    numerator, denominator = amount.as_integer_ratio()
    units = (2 * numerator * 10**exponent + denominator) // (2 * denominator)
    return Decimal(units).scaleb(-exponent)


def split(
    amount: Decimal, weights: Sequence[Exact], exponent: int, limits: Sequence[Decimal] = ()
) -> list[Decimal]:
    """Split a rounded amount in proportion to weights, so that the sum of the parts is the amount.

    Each part is rounded down first. Then the smallest units that are missing go to the parts with
    the largest remainders, among equals to the first. ``limits`` are rounded amounts that no part
    may exceed; they must be at least the amount together. At least one weight must be above 0.
    """
    units = int(amount.scaleb(exponent))
    whole = _as_integers(weights)
    total = sum(whole)
    parts = [units * weight // total for weight in whole]
    remainders = [units * weight % total for weight in whole]
    missing = units - sum(parts)
    for index in sorted(range(len(parts)), key=lambda i: -remainders[i]):
        if missing and not (limits and parts[index] >= limits[index].scaleb(exponent)):
            parts[index] += 1
            missing -= 1
    return [Decimal(part).scaleb(-exponent) for part in parts]


def _as_integers(weights: Sequence[Exact]) -> list[int]:
    """Return integers in the same proportions."""
    ratios = [weight.as_integer_ratio() for weight in weights]
    denominator = lcm(*(below for _, below in ratios))
    return [above * (denominator // below) for above, below in ratios]
