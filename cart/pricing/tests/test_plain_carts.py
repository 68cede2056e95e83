"""Carts of a shop without promotions, shipping methods and taxes."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest

from cart.pricing import PLAIN, Context, Item, price
from shop.testing.marks import on_one_database

pytestmark = on_one_database

CONTEXT = Context(PLAIN, datetime(2026, 11, 26, tzinfo=UTC))


def item(pk, unit_price, quantity):
    return Item(pk, f"p{pk}", quantity, Decimal(unit_price), Decimal(unit_price))


def test_totals_are_exact_to_the_cent():
    totals = price([item(1, "0.10", 3), item(2, "19.99", 999)], CONTEXT)
    assert [line.line_total for line in totals.items] == [Decimal("0.30"), Decimal("19970.01")]
    assert str(totals.total) == "19970.31"
    assert str(price([], CONTEXT).total) == "0.00"


@pytest.mark.parametrize(
    ("unit_price", "quantity", "total"),
    [
        ("0.00", 999, "0.00"),
        ("0.01", 1, "0.01"),
        ("0.07", 999, "69.93"),
        ("1.15", 3, "3.45"),
        ("9999999999.99", 999, "9989999999990.01"),
    ],
)
def test_a_line_total_is_price_times_quantity(unit_price, quantity, total):
    one = item(1, unit_price, quantity)
    assert str(price([one], CONTEXT).items[0].line_total) == total
    assert str(price([one], CONTEXT).total) == total
    assert str(price([one, one], CONTEXT).total) == str(2 * Decimal(total))


def test_items_keep_their_order():
    items = [item(pk, "0.10", pk) for pk in (3, 1, 2)]
    totals = price(items, CONTEXT)
    assert [line.item for line in totals.items] == items
    assert totals.total == Decimal("0.60")
