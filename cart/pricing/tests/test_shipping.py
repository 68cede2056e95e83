"""Shipping methods and their prices."""

from datetime import date
from decimal import Decimal

import pytest

from cart.pricing import Destination, Rate, normalize_postal_code
from cart.pricing.tests.carts import BERLIN, PARIS, cost, item, method, promotion, texts
from shop.testing.marks import on_one_database

pytestmark = on_one_database

MUG = item(1, "10.00", weight=400)


def rate(price, **values):
    for name in ("countries", "regions"):
        values[name] = frozenset(values.get(name, "").split())
    return Rate(Decimal(price), **values)


SAN_FRANCISCO = rate("7.00", countries="US", postal_prefixes=("941",))
EVERYWHERE = rate("20.00")
GERMANY = rate("5.00", countries="DE AT")
CALIFORNIA = rate("9.00", countries="US", regions="CA")
BERLIN_CITY = rate("3.00", countries="DE", postal_prefixes=("10", "12"))
BERLIN_MITTE = rate("2.00", countries="DE", postal_prefixes=("1011",))


def ship(items, *methods, to=BERLIN, chosen="", **values):
    context = {"destination": to, "shipping_method": chosen}
    return cost(items, methods=methods, context=context, **values)


@pytest.mark.parametrize(
    ("place", "price"),
    [
        (Destination("JP"), "20.00"),
        (Destination("DE", "80331"), "5.00"),
        (Destination("AT", "1011"), "5.00"),
        (Destination("DE", "12345"), "3.00"),
        (Destination("DE", "1 0-115"), "2.00"),
        (Destination("DE"), "5.00"),
        (Destination("US", "94103", "CA"), "7.00"),
        (Destination("US", "90001", "CA"), "9.00"),
        (Destination("US", "10001", "NY"), "20.00"),
    ],
)
def test_the_most_specific_rate_applies(place, price):
    rates = (EVERYWHERE, GERMANY, CALIFORNIA, SAN_FRANCISCO, BERLIN_MITTE, BERLIN_CITY)
    for ordered in (rates, rates[::-1]):
        assert str(ship([MUG], method("post", *ordered), to=place).shipping_total) == price


@pytest.mark.parametrize(
    ("quantity", "off", "price"),
    [(4, "0.01", "5.00"), (5, "0.01", "5.00"), (5, "0", "3.00"), (10, "0.01", "3.00")],
)
def test_a_band_is_of_the_total_after_discounts(quantity, off, price):
    rates = (
        rate("5.00", total_below=Decimal(50)),
        rate("3.00", total_from=Decimal(50), total_below=Decimal(100)),
    )
    rules = [promotion("fixed_amount", off)] if Decimal(off) else []
    totals = ship([item(1, "10.00", quantity)], method("post", *rates), promotions=rules)
    assert str(totals.shipping_price) == price


def test_a_band_of_weight_counts_what_is_shipped():
    light, heavy = rate("4.00", weight_below=1000), rate("8.00", weight_from=1000)
    parcel = method("parcel", light, heavy)
    file = item(2, "5.00", 9, weight=500, requires_shipping=False)
    assert str(ship([item(1, "1.00", 2, weight=499), file], parcel).shipping_price) == "4.00"
    assert str(ship([item(1, "1.00", 2, weight=500), file], parcel).shipping_price) == "8.00"


def test_a_rate_whose_band_does_not_match_leaves_the_less_specific_one():
    rates = (GERMANY, rate("2.00", countries="DE", postal_prefixes=("10",), weight_below=400))
    assert str(ship([MUG], method("post", *rates)).shipping_price) == "5.00"


def test_a_method_is_free_from_its_total_on():
    post = method("post", "4.90", free_from=Decimal("30.00"))
    totals = ship([item(1, "10.00", 2)], post)
    assert texts(totals.shipping_price, totals.shipping_method.missing_for_free) == [
        "4.90",
        "10.00",
    ]
    totals = ship([item(1, "10.00", 3)], post)
    assert texts(totals.shipping_price, totals.shipping_method.missing_for_free) == ["0.00", "0.00"]
    totals = ship([item(1, "10.00", 3)], post, promotions=[promotion("fixed_amount", "0.01")])
    assert str(totals.shipping_method.missing_for_free) == "0.01"
    assert ship([MUG], method("post", "4.90")).shipping_method.missing_for_free is None


def test_the_cheapest_available_method_is_preselected():
    methods = (
        method("express", "12.00", days_min=1, days_max=1),
        method("post", "4.00", days_min=2, days_max=4),
        method("other", "4.00"),
        method("local", rate("1.00", countries="FR")),
    )
    totals = ship([MUG], *methods)
    assert [one.code for one in totals.shipping_methods] == ["express", "post", "other"]
    assert [one.preselected for one in totals.shipping_methods] == [False, True, False]
    selected = totals.shipping_method
    assert (selected.code, selected.preselected) == ("post", True)
    assert (selected.earliest, selected.latest) == (date(2026, 11, 28), date(2026, 11, 30))
    assert str(totals.total) == "14.00"
    totals = ship([MUG], *methods, chosen="express")
    assert str(totals.total) == "22.00"
    assert not any(one.preselected for one in totals.shipping_methods)


def test_a_method_that_is_not_available_is_reported_and_not_replaced():
    methods = (method("local", rate("1.00", countries="DE")), method("post", "4.00"))
    totals = ship([MUG], *methods, to=PARIS, chosen="local")
    assert totals.shipping_method is None
    assert [one.code for one in totals.shipping_methods] == ["post"]
    assert not totals.shipping_methods[0].preselected
    (problem,) = totals.problems
    assert (problem.code, problem.is_blocking) == ("shipping_method_unavailable", True)
    assert problem.facts == {"shipping_method": "local"}
    assert str(totals.total) == "10.00"
    assert [one.reason for one in totals.estimated] == ["shipping_method_unavailable"]


def test_a_place_that_no_method_reaches_is_reported():
    totals = ship([MUG], method("local", rate("1.00", countries="DE")), to=PARIS)
    assert [problem.code for problem in totals.problems] == ["shipping_method_unavailable"]
    assert ship([MUG], to=PARIS).problems == ()
    assert len(ship([MUG], to=PARIS, require_shipping=True).problems) == 1


def test_digital_items_need_no_shipping():
    file = item(1, "10.00", requires_shipping=False)
    totals = ship([file], method("post", "4.00"), chosen="gone", require_shipping=True)
    assert not totals.requires_shipping
    assert (totals.shipping_methods, totals.shipping_method, totals.problems) == ((), None, ())
    assert str(totals.total) == "10.00"
    totals = ship([file, item(2, "1.00")], method("post", "4.00"))
    assert totals.requires_shipping
    assert str(totals.total) == "15.00"


def test_without_an_address_shipping_is_not_known_yet():
    totals = ship([MUG], method("post", "4.00"), to=None, chosen="post")
    assert (totals.shipping_method, totals.shipping_methods, totals.problems) == (None, (), ())
    assert [(one.member, one.reason) for one in totals.estimated] == [
        ("shipping_total", "address_missing")
    ]
    assert str(totals.total) == "10.00"


def test_a_part_of_the_address_that_a_rate_needs_is_named():
    post = method("post", GERMANY, BERLIN_CITY, CALIFORNIA)
    assert [one.reason for one in ship([MUG], post, to=Destination("DE")).estimated] == [
        "postal_code_missing"
    ]
    places = (BERLIN, Destination("AT"), Destination("US", "", "CA"))
    assert all(not ship([MUG], post, to=place).estimated for place in places)


def test_postal_codes_are_compared_without_spaces_and_case():
    assert normalize_postal_code(" sw1a-1aa ") == "SW1A1AA"
