"""The amounts of refunded and cancelled units (orders/refunding.py)."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orders.refunding import (
    Part,
    cancellation_of,
    divide,
    item_total,
    reduce_to,
    refund_of,
    shipping_part,
    tax_of_cancellation,
    tax_of_refund,
)
from shop.testing.marks import on_one_database

pytestmark = on_one_database


def money(units, exponent=2):
    return Decimal(units).scaleb(-exponent)


def after(part, *, refunded=0, amount=Decimal(0), cancelled=0):
    return Part(
        part.total,
        part.tax,
        part.quantity,
        part.units_cancelled + cancelled,
        part.units_refunded + refunded,
        part.amount_refunded + amount,
    )


def test_three_units_of_twenty_are_refunded_one_by_one():
    """3 × 10.00 with a discount of 10.00: 6.67, 6.66 and 6.67; the tax of 3.19 follows."""
    total = item_total(Decimal("30.00"), Decimal("10.00"), Decimal("3.19"), includes_tax=True)
    part, steps = Part(total, Decimal("3.19"), 3), []
    for _ in range(3):
        amount = refund_of(part, 1, 2)
        steps.append((str(amount), str(tax_of_refund(part, amount, 2))))
        part = after(part, refunded=1, amount=amount)
    assert steps == [("6.67", "1.06"), ("6.66", "1.07"), ("6.67", "1.06")]
    assert part.units_left == 0


def test_net_prices_are_refunded_with_their_tax():
    """3 × 10.00 plus a tax of 5.70 is 35.70. In a currency without decimals, 3 × 10 plus 1 is 31."""
    total = item_total(Decimal("30.00"), None, Decimal("5.70"), includes_tax=False)
    part = Part(total, Decimal("5.70"), 3)
    assert (refund_of(part, 2, 2), tax_of_refund(part, Decimal("23.80"), 2)) == (
        Decimal("23.80"),
        Decimal("3.80"),
    )
    whole = Part(Decimal(31), Decimal(1), 3)
    steps = []
    for _ in range(3):
        steps.append(int(refund_of(whole, 1, 0)))
        whole = after(whole, refunded=1, amount=Decimal(steps[-1]))
    assert steps == [10, 11, 10]


def test_cancelled_units_are_the_last_ones():
    """Of 20.00 for three units, the last one is worth 6.67 and the first two 13.33."""
    part = Part(Decimal("20.00"), Decimal("3.19"), 3)
    assert (cancellation_of(part, 1, 2), tax_of_cancellation(part, 1, 2)) == (
        Decimal("6.67"),
        Decimal("1.06"),
    )
    rest = after(part, cancelled=1)
    assert (rest.units_left, refund_of(rest, 2, 2)) == (2, Decimal("13.33"))
    assert tax_of_refund(rest, Decimal("13.33"), 2) == Decimal("2.13")


def test_what_was_refunded_without_its_unit_is_not_refunded_again():
    part = Part(Decimal("11.90"), amount_refunded=Decimal("1.90"))
    assert refund_of(part, 1, 2) == Decimal("10.00")


@pytest.mark.parametrize(
    ("includes_tax", "fee", "total", "tax"),
    [
        (True, "0.00", "4.90", "0.78"),
        (False, "0.00", "5.68", "0.78"),
        (True, "4.90", "4.90", "0.39"),
        (False, "4.90", "5.29", "0.39"),
    ],
)
def test_the_tax_that_no_item_has_is_on_shipping_and_fee(includes_tax, fee, total, tax):
    part = shipping_part(
        Decimal("4.90"),
        Decimal(fee),
        Decimal("0.78"),
        includes_tax=includes_tax,
        exponent=2,
    )
    assert (str(part.total), str(part.tax)) == (total, tax)


def test_a_smaller_amount_is_divided_among_the_items_and_among_the_payments():
    amounts = [Decimal("10.00"), Decimal("5.00"), Decimal("0.00")]
    reduced = reduce_to(amounts, Decimal("10.00"), 2)
    assert [str(each) for each in reduced] == ["6.67", "3.33", "0.00"]
    shares = divide(reduced, [Decimal("8.00"), Decimal("2.00")])
    assert [[str(each) for each in row] for row in shares] == [
        ["6.67", "1.33", "0.00"],
        ["0.00", "2.00", "0.00"],
    ]


@given(
    exponent=st.sampled_from([0, 2]),
    total=st.integers(0, 10**9),
    rate=st.integers(0, 30),
    quantity=st.integers(1, 999),
    steps=st.lists(st.tuples(st.booleans(), st.integers(1, 400), st.booleans()), max_size=12),
)
def test_shares_never_exceed_the_amount_and_add_up_to_it(exponent, total, rate, quantity, steps):
    """Compared with integers: the worth of the first n units is (2·total·n + q) // 2q."""
    tax = total * rate // (100 + rate)
    part = Part(money(total, exponent), money(tax, exponent), quantity)
    worth = [(2 * total * n + quantity) // (2 * quantity) for n in range(quantity + 1)]
    refunded = cancelled = taxes = 0
    is_reduced = False
    for is_refund, wanted, reduces in [*steps, (True, quantity, False)]:
        units = min(wanted, part.units_left)
        first, last = part.units_refunded, quantity - part.units_cancelled
        if is_refund:
            amount = refund_of(part, units, exponent)
            assert amount == money(worth[first + units] - worth[first], exponent)
            if reduces:
                is_reduced, amount = True, amount // 2
            taxes += int(tax_of_refund(part, amount, exponent).scaleb(exponent))
            part = after(part, refunded=units, amount=amount)
            refunded += int(amount.scaleb(exponent))
        else:
            amount = cancellation_of(part, units, exponent)
            assert amount == money(worth[last] - worth[last - units], exponent)
            taxes += int(tax_of_cancellation(part, units, exponent).scaleb(exponent))
            part = after(part, cancelled=units)
            cancelled += int(amount.scaleb(exponent))
        assert 0 <= refunded + cancelled <= total
        assert 0 <= taxes <= refunded + cancelled
    assert part.units_left == 0
    if not is_reduced:
        assert (refunded + cancelled, taxes) == (total, tax)
