"""Rounding and splitting with whole numbers."""

from fractions import Fraction
from typing import Any

Case = dict[str, Any]


def nearest(value: Fraction) -> int:
    """Return the nearest whole number; of two, the larger."""
    below = value.numerator // value.denominator
    return below if value - below < below + 1 - value else below + 1


def hand_out(
    amount: int, shares: dict[Any, Fraction], limits: dict[Any, int] | None = None
) -> dict[Any, int]:
    """Split an amount: each unit goes to the one who lacks most, among equals to the first."""
    total = sum(shares.values())
    if not total:
        return dict.fromkeys(shares, 0)
    due = {key: amount * share / total for key, share in shares.items()}
    given = {key: int(value) for key, value in due.items()}
    for _ in range(amount - sum(given.values())):
        open_keys = [key for key in given if not limits or given[key] < limits[key]]
        given[max(open_keys, key=lambda key: due[key] - given[key])] += 1
    return given
