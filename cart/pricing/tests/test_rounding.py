"""Rounding, and the split of a rounded amount."""

from decimal import Decimal
from fractions import Fraction

import pytest

from cart.pricing import round_half_up, split
from shop.testing.marks import on_one_database

pytestmark = on_one_database


@pytest.mark.parametrize(
    ("amount", "exponent", "rounded"),
    [
        ("0", 2, "0.00"),
        ("1.004999", 2, "1.00"),
        ("1.005", 2, "1.01"),
        ("2.675", 2, "2.68"),
        ("0.5", 0, "1"),
        ("1.5", 0, "2"),
        ("2.4999", 0, "2"),
        ("1200.00", 0, "1200"),
        ("99999999999999.995", 2, "100000000000000.00"),
    ],
)
def test_a_half_is_rounded_up(amount, exponent, rounded):
    assert str(round_half_up(Decimal(amount), exponent)) == rounded
    assert str(round_half_up(Fraction(amount), exponent)) == rounded


def test_a_quotient_is_rounded_exactly():
    # 19/119 of 0.03 is 0.00478…, and a third of 0.015 is exactly a half of a cent.
    assert str(round_half_up(Fraction(3, 100) * Fraction(19, 119), 2)) == "0.00"
    assert str(round_half_up(Fraction(15, 1000) / 3, 2)) == "0.01"


@pytest.mark.parametrize(
    ("amount", "weights", "exponent", "parts"),
    [
        # 100 units for three equals: 33 each, and the missing one for the first.
        ("1.00", ("1", "1", "1"), 2, ["0.34", "0.33", "0.33"]),
        # 1.00 × 1/6, 2/6, 3/6 = 16.67, 33.33, 50: the missing unit goes to the first.
        ("1.00", ("1", "2", "3"), 2, ["0.17", "0.33", "0.50"]),
        # 10 × 2/7, 2/7, 3/7 = 2.86, 2.86, 4.29: two are missing.
        ("10", ("2", "2", "3"), 0, ["3", "3", "4"]),
        # 1 unit, remainders 1/3 and 2/3.
        ("0.01", ("5.00", "10.00"), 2, ["0.00", "0.01"]),
        ("5.00", ("0", "2.50", "0"), 2, ["0.00", "5.00", "0.00"]),
        ("0.00", ("1", "2"), 2, ["0.00", "0.00"]),
    ],
)
def test_missing_units_go_to_the_largest_remainders(amount, weights, exponent, parts):
    weights = [Decimal(weight) for weight in weights]
    assert [str(part) for part in split(Decimal(amount), weights, exponent)] == parts


def test_no_part_exceeds_its_limit():
    # 9.47, 0.26 and 0.26 of 10 units: the first has the largest remainder, but its limit is 9.
    weights = [Fraction(9), Fraction(1, 4), Fraction(1, 4)]
    limits = [Decimal(9), Decimal(1), Decimal(1)]
    assert split(Decimal(10), weights, 0) == [10, 0, 0]
    assert split(Decimal(10), weights, 0, limits) == [9, 1, 0]
