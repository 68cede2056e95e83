"""Tax, calculated by hand."""

from decimal import Decimal

import pytest

from cart.pricing import Destination, TaxRate, TaxTable
from cart.pricing.tests.carts import BERLIN, PARIS, cost, item, method, promotion, taxes, texts
from shop.testing.marks import on_one_database

pytestmark = on_one_database

TABLE = taxes("DE 19", "DE reduced 7", "FR 20", "FR reduced 5.5", "CH 0")
BOOK = item(1, "10.70", tax_class="reduced")
MUG = item(2, "11.90")


def rows(totals):
    return [texts(row.rate, row.base, row.amount) for row in totals.taxes]


def test_tax_is_taken_out_of_gross_prices():
    totals = cost([BOOK, MUG], table=TABLE, context={"destination": BERLIN})
    assert rows(totals) == [["19", "10.00", "1.90"], ["7", "10.00", "0.70"]]
    assert texts(totals.tax_total, totals.total) == ["2.60", "22.60"]
    assert [texts(line.tax_rate, line.tax) for line in totals.items] == [
        ["7", "0.70"],
        ["19", "1.90"],
    ]
    assert {row.reason for row in totals.taxes} == {"home_country"}


def test_tax_is_added_to_net_prices():
    items = [item(1, "10.00", tax_class="reduced"), item(2, "10.00")]
    totals = cost(items, table=TABLE, context={"destination": BERLIN}, prices_include_tax=False)
    assert rows(totals) == [["19", "10.00", "1.90"], ["7", "10.00", "0.70"]]
    assert texts(totals.subtotal, totals.tax_total, totals.total) == ["20.00", "2.60", "22.60"]
    assert not totals.prices_include_tax


@pytest.mark.parametrize(
    ("rounding", "includes_tax", "parts", "total"),
    [
        # 3 × 0.50 net at 7 %: 0.035 each, 0.105 together.
        ("rate", False, ["0.04", "0.04", "0.03"], "1.61"),
        ("item", False, ["0.04", "0.04", "0.04"], "1.62"),
        # 3 × 0.50 gross: 0.50 × 7/107 = 0.0327 each, 0.0981 together.
        ("rate", True, ["0.04", "0.03", "0.03"], "1.50"),
        ("item", True, ["0.03", "0.03", "0.03"], "1.50"),
    ],
)
def test_tax_is_rounded_for_each_rate_or_for_each_item(rounding, includes_tax, parts, total):
    items = [item(pk, "0.50", tax_class="reduced") for pk in (1, 2, 3)]
    totals = cost(items, table=TABLE, tax_rounding=rounding, prices_include_tax=includes_tax)
    assert [str(line.tax) for line in totals.items] == parts
    assert str(totals.taxes[0].base + (totals.tax_total if includes_tax else 0)) == "1.50"
    assert str(totals.total) == total


def test_tax_is_on_what_discounts_leave():
    # 25 % of 11.90 is 2.975, so 2.98. 8.92 × 19/119 = 1.4242.
    totals = cost([MUG], table=TABLE, promotions=[promotion("percent", "25")])
    assert rows(totals) == [["19", "7.50", "1.42"]]
    assert str(totals.total) == "8.92"


def test_shipping_and_fee_are_taxed_with_the_items_of_their_rate():
    # 11.90 + 4.90 + 2.00 = 18.80; × 19/119 = 3.0017. Shares: 1.9000, 0.7823, 0.3193.
    context = {"destination": BERLIN, "fee": Decimal("2.00")}
    totals = cost([MUG], table=TABLE, methods=[method("post", "4.90")], context=context)
    assert rows(totals) == [["19", "15.80", "3.00"]]
    assert texts(totals.items[0].tax, totals.shipping_tax, totals.fee_tax) == [
        "1.90",
        "0.78",
        "0.32",
    ]
    assert str(totals.total) == "18.80"


def test_a_fee_is_taxed_at_the_standard_rate():
    context = {"destination": BERLIN, "fee": Decimal("2.00")}
    totals = cost([BOOK], table=TABLE, context=context, prices_include_tax=False)
    assert rows(totals) == [["19", "2.00", "0.38"], ["7", "10.70", "0.75"]]
    assert texts(totals.fee_total, totals.fee_tax, totals.total) == ["2.00", "0.38", "13.83"]


@pytest.mark.parametrize(
    ("how", "expected"),
    [
        # Net prices: a book of 30.00 at 7 %, a mug of 10.00 at 19 %, shipping 5.00.
        ("class", [["19", "15.00", "2.85"], ["7", "30.00", "2.10"]]),
        # 5.00 is divided 3 : 1.
        ("proportional", [["19", "11.25", "2.14"], ["7", "33.75", "2.36"]]),
        ("highest", [["19", "15.00", "2.85"], ["7", "30.00", "2.10"]]),
        ("none", [["19", "10.00", "1.90"], ["7", "30.00", "2.10"], ["0", "5.00", "0.00"]]),
    ],
)
def test_shipping_is_taxed_as_the_country_does(how, expected):
    table = taxes("DE 19", "DE reduced 7", shipping={"DE": how})
    items = [item(1, "30.00", tax_class="reduced"), item(2, "10.00")]
    totals = cost(
        items,
        table=table,
        methods=[method("post", "5.00")],
        context={"destination": BERLIN},
        prices_include_tax=False,
    )
    assert rows(totals) == expected
    if how == "none":
        assert totals.taxes[-1].reason == "shipping_not_taxed"


def test_the_highest_rate_is_that_of_the_items_that_are_shipped():
    table = taxes("DE 19", "DE reduced 7", shipping={"DE": "highest"})
    book = item(1, "10.70", tax_class="reduced")
    file = item(2, "11.90", requires_shipping=False)
    context = {"destination": BERLIN}
    totals = cost([book, file], table=table, methods=[method("post", "5.35")], context=context)
    assert rows(totals) == [["19", "10.00", "1.90"], ["7", "15.00", "1.05"]]


def test_shipping_of_free_items_is_taxed_by_its_class():
    table = taxes("DE 19", "DE reduced 7", shipping={"DE": "proportional"})
    totals = cost(
        [BOOK],
        table=table,
        methods=[method("post", "1.19")],
        promotions=[promotion("percent", "100")],
        context={"destination": BERLIN},
    )
    assert rows(totals) == [["19", "1.00", "0.19"], ["7", "0.00", "0.00"]]
    assert str(totals.shipping_tax) == "0.19"


def test_no_tax_on_shipping_that_is_free():
    totals = cost(
        [BOOK],
        table=TABLE,
        methods=[method("post", "4.90")],
        promotions=[promotion("free_shipping")],
        context={"destination": BERLIN},
    )
    assert rows(totals) == [["7", "10.00", "0.70"]]


def test_without_an_address_the_tax_of_the_home_country_is_assumed():
    totals = cost([MUG], table=TABLE)
    assert [(row.country, row.reason) for row in totals.taxes] == [("DE", "address_missing")]
    assert [(one.member, one.reason) for one in totals.estimated] == [("taxes", "address_missing")]
    assert not cost([MUG], table=TABLE, context={"destination": BERLIN}).estimated


@pytest.mark.parametrize(
    ("place", "policy", "unit_price", "row"),
    [
        # 11.90 without 19 % is 10.00.
        (PARIS, "keep", "11.90", ["20", "9.92", "1.98"]),
        (PARIS, "restate", "12.00", ["20", "10.00", "2.00"]),
        (BERLIN, "restate", "11.90", ["19", "10.00", "1.90"]),
        (Destination("CH"), "keep", "11.90", ["0", "11.90", "0.00"]),
        (Destination("CH"), "restate", "10.00", ["0", "10.00", "0.00"]),
        (Destination("JP"), "restate", "10.00", ["0", "10.00", "0.00"]),
    ],
)
def test_prices_abroad_are_kept_or_restated(place, policy, unit_price, row):
    totals = cost([MUG], table=TABLE, context={"destination": place}, prices_abroad=policy)
    assert (str(totals.items[0].unit_price), rows(totals)) == (unit_price, [row])
    assert str(totals.total) == unit_price
    assert totals.prices_include_tax


def test_net_prices_are_the_same_abroad():
    for policy in ("keep", "restate"):
        totals = cost(
            [MUG],
            table=TABLE,
            context={"destination": PARIS},
            prices_abroad=policy,
            prices_include_tax=False,
        )
        assert texts(totals.subtotal, totals.total) == ["11.90", "14.28"]


def test_shipping_fee_and_regular_prices_are_restated_too():
    # 1.19 × 120/119 = 1.20, and 2.38 × 120/119 = 2.40. A threshold is not restated.
    sold = item(1, "11.90", 2, regular_unit_price=Decimal("23.80"))
    totals = cost(
        [sold],
        table=TABLE,
        methods=[method("post", "1.19", free_from=Decimal("30.00"))],
        context={"destination": PARIS, "fee": Decimal("2.38")},
        prices_abroad="restate",
    )
    assert texts(totals.items[0].regular_unit_price, totals.subtotal) == ["24.00", "24.00"]
    assert texts(totals.shipping_total, totals.fee_total, totals.total) == ["1.20", "2.40", "27.60"]
    assert str(totals.shipping_method.missing_for_free) == "6.00"
    assert rows(totals) == [["20", "23.00", "4.60"]]


def test_proportional_shipping_is_restated_for_each_item():
    # Half of 10.00 is at 7 % and half at 19 %: 5.00 × 105.5/107 + 5.00 × 120/119 = 9.9719.
    table = taxes(
        "DE 19",
        "DE reduced 7",
        "FR 20",
        "FR reduced 5.5",
        shipping=dict.fromkeys(("DE", "FR"), "proportional"),
    )
    items = [item(1, "10.70", 12, tax_class="reduced"), item(2, "10.55", 12)]
    settings = {"table": table, "methods": [method("post", "10.00")], "prices_abroad": "restate"}
    # 10.70 → 10.55 and 10.55 → 10.64 (10.6387), so the shares are 10.55 and 10.64.
    totals = cost(items, context={"destination": PARIS}, **settings)
    assert [str(line.unit_price) for line in totals.items] == ["10.55", "10.64"]
    assert str(totals.shipping_total) == "9.97"
    assert str(cost(items, context={"destination": BERLIN}, **settings).shipping_total) == "10.00"


def test_a_reverse_charge_has_net_prices_and_no_tax():
    context = {"destination": PARIS, "is_reverse_charge": True, "fee": Decimal("1.19")}
    totals = cost([BOOK, MUG], table=TABLE, methods=[method("post", "2.38")], context=context)
    assert [str(line.unit_price) for line in totals.items] == ["10.00", "10.00"]
    assert texts(totals.shipping_total, totals.fee_total, totals.total) == ["2.00", "1.00", "23.00"]
    assert rows(totals) == [["0", "23.00", "0.00"]]
    assert totals.taxes[0].reason == "reverse_charge"
    assert not totals.prices_include_tax
    context |= {"destination": BERLIN}
    totals = cost([MUG], table=TABLE, context=context)
    assert (totals.prices_include_tax, rows(totals)) == (True, [["19", "11.00", "2.09"]])


def test_a_net_price_is_not_reduced_for_a_reverse_charge():
    context = {"destination": PARIS, "is_reverse_charge": True}
    totals = cost([MUG], table=TABLE, context=context, prices_include_tax=False)
    assert texts(totals.subtotal, totals.tax_total, totals.total) == ["11.90", "0.00", "11.90"]


def test_a_country_without_a_rate_has_a_row_with_the_reason():
    totals = cost([MUG], table=TABLE, context={"destination": Destination("JP")})
    assert rows(totals) == [["0", "11.90", "0.00"]]
    assert (totals.taxes[0].country, totals.taxes[0].reason) == ("JP", "no_rate")


def test_a_rate_of_zero_may_state_why():
    table = TaxTable(
        {
            ("DE", "", ""): TaxRate("DE", Decimal(19), "VAT"),
            ("DE", "", "books"): TaxRate("DE", Decimal(0), "VAT", "books", reason="exempt"),
            ("DE", "", "solar"): TaxRate("DE", Decimal(0), "VAT", "solar"),
        }
    )
    items = [item(pk, "1.00", tax_class=name) for pk, name in enumerate(("books", "solar"))]
    totals = cost(items, table=table, context={"destination": BERLIN})
    assert [row.reason for row in totals.taxes] == ["exempt", "home_country"]


@pytest.mark.parametrize(
    ("place", "tax_class", "rate"),
    [
        (Destination("US", "", "CA"), "", "7.25"),
        (Destination("US", "", "CA"), "food", "1"),
        (Destination("US", "", "NY"), "food", "2"),
        (Destination("US", "", "NY"), "", "0"),
        (Destination("US"), "unknown", "0"),
        (Destination("US", "", "CA"), "unknown", "7.25"),
    ],
)
def test_a_class_goes_before_a_region_and_a_region_before_its_country(place, tax_class, rate):
    table = TaxTable(
        {
            ("US", "", ""): TaxRate("US", Decimal(0), "Sales tax"),
            ("US", "CA", ""): TaxRate("US", Decimal("7.25"), "Sales tax", region="CA"),
            ("US", "CA", "food"): TaxRate("US", Decimal(1), "Sales tax", "food", "CA"),
            ("US", "", "food"): TaxRate("US", Decimal(2), "Sales tax", "food"),
        }
    )
    items = [item(1, "100.00", tax_class=tax_class)]
    totals = cost(items, table=table, context={"destination": place}, prices_include_tax=False)
    assert str(totals.taxes[0].rate) == rate


def test_amounts_of_a_currency_without_decimals_are_whole():
    # 10 % of 3 × 333 = 999 is 99.9, so 100. 899 × 10/110 = 81.7. Shares of 82: 27.27, 27.36, 27.36.
    items = [item(pk, "333.00") for pk in (1, 2, 3)]
    totals = cost(
        items,
        promotions=[promotion("percent", "10")],
        table=taxes("JP 10"),
        home_country="JP",
        currency="JPY",
        exponent=0,
    )
    assert [str(line.discount) for line in totals.items] == ["34", "33", "33"]
    assert texts(totals.subtotal, totals.discount_total, totals.total) == ["999", "100", "899"]
    assert rows(totals) == [["10", "817", "82"]]
    assert [str(line.tax) for line in totals.items] == ["27", "28", "27"]


def test_a_plain_cart_in_a_currency_without_decimals_is_whole():
    totals = cost([item(1, "1200.00", 2)], currency="JPY", exponent=0)
    assert texts(totals.total, totals.tax_total, totals.items[0].line_total) == [
        "2400",
        "0",
        "2400",
    ]
