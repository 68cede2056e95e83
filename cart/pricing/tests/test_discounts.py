"""Promotions and vouchers, calculated by hand."""

from datetime import UTC, date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from cart.pricing import Voucher, VoucherReason
from cart.pricing.tests.carts import (
    BERLIN,
    cost,
    item,
    method,
    promotion,
    shares,
    taxes,
    texts,
    voucher,
)
from shop.testing.marks import on_one_database

pytestmark = on_one_database


def test_a_percentage_is_rounded_once_and_split_by_totals():
    # 10 % of 9.99 + 5.01 + 3.33 = 18.33 is 1.833. The shares of 1.83 are 0.9974, 0.5002 and 0.3325.
    totals = cost(
        [item(3, "3.33"), item(1, "9.99"), item(2, "5.01")], promotions=[promotion("percent", "10")]
    )
    assert shares(totals.discounts[0]) == {1: "1.00", 2: "0.50", 3: "0.33"}
    assert texts(totals.subtotal, totals.discount_total, totals.total) == ["18.33", "1.83", "16.50"]
    assert [str(line.discount) for line in totals.items] == ["0.33", "1.00", "0.50"]


def test_equal_remainders_go_to_the_lowest_product_id():
    # 50 % of 3 × 0.33 is 0.495, so 0.50: 0.1667 each, and two units are missing.
    items = [item(pk, "0.33") for pk in (7, 5, 9)]
    totals = cost(items, promotions=[promotion("percent", "50")])
    assert shares(totals.discounts[0]) == {5: "0.17", 7: "0.17", 9: "0.16"}
    assert list(shares(totals.discounts[0])) == [5, 7, 9]


def test_half_a_cent_is_rounded_up():
    # 5 % of 0.10 is 0.005.
    assert str(cost([item(1, "0.10")], promotions=[promotion("percent", "5")]).total) == "0.09"


def test_an_amount_is_never_more_than_what_it_applies_to():
    tea, cup = item(1, "4.00", 2), item(2, "30.00")
    totals = cost([tea, cup], promotions=[promotion("fixed_amount", "50.00")])
    assert shares(totals.discounts[0]) == {1: "8.00", 2: "30.00"}
    assert str(totals.total) == "0.00"
    on_tea = promotion("fixed_amount", "50.00", product_ids=frozenset({1}))
    totals = cost([tea, cup], promotions=[on_tea])
    assert shares(totals.discounts[0]) == {1: "8.00"}
    assert str(totals.total) == "30.00"


def test_an_amount_is_split_by_totals():
    # 5.00 of 10.00 + 20.00: 1.666… and 3.333…
    totals = cost(
        [item(1, "10.00"), item(2, "10.00", 2)], promotions=[promotion("fixed_amount", "5.00")]
    )
    assert shares(totals.discounts[0]) == {1: "1.67", 2: "3.33"}


def test_a_fixed_price_is_for_each_unit_and_raises_no_price():
    items = [item(1, "9.99", 3), item(2, "4.00", 2), item(3, "5.00")]
    totals = cost(items, promotions=[promotion("fixed_price", "5.00")])
    assert shares(totals.discounts[0]) == {1: "14.97"}
    assert str(totals.total) == "28.00"


def test_one_discount_after_another_applies_to_what_is_left():
    # 20 % of 50.00 leaves 40.00. 5.00 off leaves 35.00. 10 % of that is 3.50.
    totals = cost(
        [item(1, "20.00"), item(2, "30.00")],
        promotions=[promotion("percent", "20"), promotion("fixed_amount", "5.00", pk=2)],
        context={"vouchers": (voucher("percent", "10"),)},
    )
    assert [str(discount.amount) for discount in totals.discounts] == ["10.00", "5.00", "3.50"]
    assert [shares(discount) for discount in totals.discounts] == [
        {1: "4.00", 2: "6.00"},
        {1: "2.00", 2: "3.00"},
        {1: "1.40", 2: "2.10"},
    ]
    assert [discount.code for discount in totals.discounts] == [None, None, "CODE"]
    assert texts(totals.discount_total, totals.total) == ["18.50", "31.50"]


def test_nothing_is_negative_when_everything_is_free():
    totals = cost(
        [item(1, "9.99", 3), item(2, "0.00")],
        promotions=[promotion("percent", "100"), promotion("fixed_amount", "5.00", pk=2)],
        table=taxes("DE 19"),
        context={"vouchers": (voucher("percent", "10"),), "destination": BERLIN},
    )
    assert texts(totals.discount_total, totals.tax_total, totals.total) == ["29.97", "0.00", "0.00"]
    assert texts(totals.taxes[0].base, totals.taxes[0].amount) == ["0.00", "0.00"]
    assert totals.vouchers[0].reason == VoucherReason.NOT_FOR_THESE_ITEMS


def test_scopes_include_variants_and_overlapping_categories():
    items = [
        item(1, "10.00", category_ids=frozenset({5, 6})),
        item(2, "10.00", category_ids=frozenset({6})),
        item(3, "10.00", parent_id=30),
        item(4, "10.00", category_ids=frozenset({7})),
    ]
    rule = promotion(
        "percent", "10", product_ids=frozenset({1, 30}), category_ids=frozenset({5, 6})
    )
    assert shares(cost(items, promotions=[rule]).discounts[0]) == {1: "1.00", 2: "1.00", 3: "1.00"}


# -- Buy X get Y ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("buy", "free", "quantities", "discount"),
    [
        # Units: 8.00, 5.00 and 3.00, in these quantities. The cheapest are free.
        (2, 1, (1, 1, 0), None),
        (2, 1, (1, 1, 1), {3: "3.00"}),
        (2, 1, (2, 1, 2), {3: "3.00"}),
        (2, 1, (2, 2, 2), {3: "6.00"}),
        (2, 1, (5, 4, 1), {2: "10.00", 3: "3.00"}),
        (1, 1, (2, 0, 0), {1: "8.00"}),
        (1, 1, (1, 1, 2), {3: "6.00"}),
        (3, 2, (1, 1, 2), None),
        (3, 2, (3, 1, 1), {2: "5.00", 3: "3.00"}),
    ],
)
def test_the_cheapest_units_of_each_complete_group_are_free(buy, free, quantities, discount):
    prices = ("8.00", "5.00", "3.00")
    items = [item(pk, prices[pk - 1], n) for pk, n in enumerate(quantities, 1) if n]
    rule = promotion("buy_x_get_y", buy_quantity=buy, free_quantity=free)
    found = cost(items, promotions=[rule]).discounts
    assert (shares(found[0]) if found else None) == discount


def test_units_of_overlapping_categories_are_counted_once():
    # Five eligible units (9.00, 4.00 × 3, 2.50): one complete group of 3, so one unit is free.
    rule = promotion("buy_x_get_y", category_ids=frozenset({5, 6}), buy_quantity=2, free_quantity=1)
    items = [
        item(1, "9.00", category_ids=frozenset({5})),
        item(2, "4.00", 3, category_ids=frozenset({5, 6})),
        item(3, "2.50", category_ids=frozenset({6})),
        item(4, "1.00", category_ids=frozenset({7})),
    ]
    assert shares(cost(items, promotions=[rule]).discounts[0]) == {3: "2.50"}


def test_a_free_unit_is_worth_what_earlier_discounts_left():
    # 10 % of 3 × 3.33 is 1.00; each of the three units costs 8.99/3 = 2.9967 then.
    rules = [
        promotion("percent", "10"),
        promotion("buy_x_get_y", pk=2, buy_quantity=2, free_quantity=1),
    ]
    totals = cost([item(1, "3.33", 3)], promotions=rules)
    assert [str(discount.amount) for discount in totals.discounts] == ["1.00", "3.00"]
    assert str(totals.total) == "5.99"


def test_the_cheapest_unit_is_the_one_that_costs_least_after_earlier_discounts():
    half = promotion("percent", "50", product_ids=frozenset({1}))
    rule = promotion("buy_x_get_y", pk=2, buy_quantity=1, free_quantity=1)
    totals = cost([item(1, "10.00"), item(2, "8.00")], promotions=[half, rule])
    assert [shares(one) for one in totals.discounts] == [{1: "5.00"}, {1: "5.00"}]


# -- Conditions ----------------------------------------------------------------------------------


def refused(items, code, **values):
    """Return the voucher's result after checking that it changed nothing."""
    plain = cost(items, **values)
    context = values.pop("context", {}) | {"vouchers": (code,)}
    totals = cost(items, context=context, **values)
    assert totals.total == plain.total
    assert totals.discounts == plain.discounts
    (result,) = totals.vouchers
    assert not result.is_applied
    (problem,) = totals.problems
    assert problem.code == "voucher_not_applicable"
    assert (problem.facts["code"], problem.facts["reason"]) == (code.code, result.reason)
    return result


def test_the_minimum_total_is_after_earlier_discounts():
    items = [item(1, "60.00")]
    code = voucher("fixed_amount", "5.00", minimum_total=Decimal("50.00"))
    totals = cost(
        items, promotions=[promotion("fixed_amount", "10")], context={"vouchers": (code,)}
    )
    assert str(totals.total) == "45.00"
    result = refused(items, code, promotions=[promotion("fixed_amount", "10.01")])
    assert (result.reason, str(result.missing)) == (VoucherReason.MINIMUM_TOTAL, "0.01")


def test_minimums_count_what_the_promotion_applies_to():
    items = [item(1, "20.00", 2), item(2, "90.00", 5)]
    ids = frozenset({1})
    code = voucher("percent", "10", product_ids=ids, minimum_total=Decimal("45.00"))
    assert str(refused(items, code).missing) == "5.00"
    code = voucher("percent", "10", product_ids=ids, minimum_quantity=3)
    result = refused(items, code)
    assert (result.reason, result.missing_quantity) == (VoucherReason.NOT_FOR_THESE_ITEMS, 1)
    code = voucher("percent", "10", product_ids=ids, minimum_quantity=2)
    assert str(cost(items, context={"vouchers": (code,)}).discount_total) == "4.00"


@pytest.mark.parametrize(
    ("now", "reason"),
    [
        # In Berlin the days begin at 23:00 UTC.
        (datetime(2026, 11, 25, 22, 59, tzinfo=UTC), VoucherReason.NOT_STARTED),
        (datetime(2026, 11, 25, 23, 0, tzinfo=UTC), None),
        (datetime(2026, 11, 27, 22, 59, tzinfo=UTC), None),
        (datetime(2026, 11, 27, 23, 0, tzinfo=UTC), VoucherReason.EXPIRED),
    ],
)
def test_dates_are_whole_days_in_the_time_zone_of_the_shop(now, reason):
    days = {"starts_on": date(2026, 11, 26), "ends_on": date(2026, 11, 27)}
    zone = {"time_zone": ZoneInfo("Europe/Berlin")}
    code = voucher("percent", "10", **days)
    totals = cost([item(1, "10.00")], context={"vouchers": (code,), "now": now}, **zone)
    assert totals.vouchers[0].reason == reason
    totals = cost(
        [item(1, "10.00")],
        promotions=[promotion("percent", "10", **days)],
        context={"now": now},
        **zone,
    )
    assert str(totals.total) == ("10.00" if reason else "9.00")


def test_a_promotion_for_first_orders_is_an_estimate_for_an_unknown_buyer():
    items = [item(1, "10.00")]
    code = voucher("percent", "10", first_order_only=True)
    result = refused(items, code, context={"is_first_order": False})
    assert result.reason == VoucherReason.NOT_FOR_YOU
    for is_first, estimated in ((True, []), (None, [("discounts", "buyer_unknown")])):
        context = {"vouchers": (code,), "is_first_order": is_first}
        totals = cost(items, context=context)
        assert str(totals.total) == "9.00"
        assert [(one.member, one.reason) for one in totals.estimated] == estimated


def test_what_the_database_says_against_a_code_is_the_reason():
    items = [item(1, "10.00")]
    assert refused(items, Voucher("NOPE", None)).reason == VoucherReason.UNKNOWN
    code = Voucher("CODE", promotion("percent", "10"), VoucherReason.USED_UP)
    assert refused(items, code).reason == VoucherReason.USED_UP
    code = voucher("percent", "10", product_ids=frozenset({9}))
    assert refused(items, code).reason == VoucherReason.NOT_FOR_THESE_ITEMS


def test_only_as_many_vouchers_apply_as_the_setting_allows():
    unknown = Voucher("NOPE", None)
    first = voucher("percent", "10", code="FIRST")
    second = voucher("percent", "10", code="SECOND", pk=101)
    context = {"vouchers": (unknown, first, second)}
    totals = cost([item(1, "10.00")], context=context)
    assert [one.is_applied for one in totals.vouchers] == [False, True, False]
    assert totals.vouchers[2].reason == VoucherReason.NOT_COMBINABLE
    assert totals.vouchers[2].combined_with == ("FIRST",)
    assert totals.problems[1].facts["with"] == ["FIRST"]
    assert str(totals.total) == "9.00"
    totals = cost([item(1, "10.00")], context=context, vouchers_at_once=2)
    assert [str(one.amount) for one in totals.vouchers] == ["0.00", "1.00", "0.90"]


# -- Free shipping -------------------------------------------------------------------------------


def test_free_shipping_reduces_shipping_and_not_the_items():
    context = {"vouchers": (voucher("free_shipping"),), "destination": BERLIN}
    totals = cost([item(1, "10.00")], methods=[method("post", "4.90")], context=context)
    assert texts(totals.shipping_price, totals.shipping_total) == ["4.90", "0.00"]
    assert texts(totals.discount_total, totals.total) == ["0.00", "10.00"]
    (discount,) = totals.discounts
    assert (discount.target, shares(discount)) == ("shipping", {None: "4.90"})
    assert str(totals.vouchers[0].amount) == "4.90"


def test_free_shipping_needs_something_to_ship():
    digital = [item(1, "10.00", requires_shipping=False)]
    result = refused(digital, voucher("free_shipping"), methods=[method("post", "4.90")])
    assert result.reason == VoucherReason.NOT_FOR_THESE_ITEMS


def test_a_code_for_free_shipping_is_not_spent_where_shipping_is_free():
    result = refused(
        [item(1, "10.00")],
        voucher("free_shipping"),
        promotions=[promotion("free_shipping", name="Summer")],
        methods=[method("post", "4.90")],
        context={"destination": BERLIN},
    )
    assert (result.reason, result.combined_with) == (VoucherReason.NOT_COMBINABLE, ("Summer",))


def test_a_rule_of_an_extension_is_limited_to_the_lines():
    def half_of_the_first(promotion, lines):
        return [lines[0].total / 2, *(Decimal(-1) for _ in lines[1:])]

    items = [item(2, "5.00"), item(1, "0.99")]
    rules = {"first": half_of_the_first}
    totals = cost(items, promotions=[promotion("first")], rules=rules)
    assert shares(totals.discounts[0]) == {1: "0.50"}
    totals = cost(items, promotions=[promotion("all")], rules={"all": lambda _, lines: [99, 99]})
    assert str(totals.total) == "0.00"
