"""The configuration that pricing uses: what is read, when it is read again, and what is refused."""

from datetime import UTC, date, datetime
from decimal import Decimal
from functools import partial

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from cart import configuration
from cart.configuration import configuration_of, current_configuration
from cart.pricing import Destination, Rate, VoucherReason
from cart.promotions.factories import create_promotion, create_voucher
from cart.promotions.models import Promotion, PromotionKind, PromotionScope
from cart.shipping.errors import RatesOverlap
from cart.shipping.factories import create_method
from cart.shipping.models import ShippingMethod, ShippingRate
from cart.taxes.factories import create_tax_rate
from cart.taxes.models import ShippingTax, TaxRate
from catalog.factories import CategoryFactory, ProductFactory
from catalog.models import TaxClass
from shop.core.configuration import current_revision
from shop.core.errors import InvalidField
from shop.core.models import ConfigurationRevision
from shop.testing.races import at_once

D = Decimal


def revision():
    return ConfigurationRevision.objects.values_list(current_revision(), flat=True).first()


def rate_of(country, tax_class="", region=""):
    found = current_configuration().pricing.taxes.rate(Destination(country, "", region), tax_class)
    return found and (found.rate, found.name)


# -- What is read --------------------------------------------------------------------------------


def test_a_shop_without_configuration_prices_plainly_and_reads_nothing(db):
    with CaptureQueriesContext(connection) as queries:
        found = configuration_of(None)
    assert len(queries) == 0
    assert found.pricing.is_plain
    assert (found.countries, found.with_code) == ((), {})
    assert found.pricing.settings.prices_include_tax is True


def test_methods_with_their_rates_in_sort_order(db):
    books = TaxClass.objects.create(code="books", name="Books")
    create_method("slow", prices={"DE AT": "4.90", "CH": "12"}, position=2, latest_days=9)
    create_method("fast", prices={"DE": "9.90"}, position=1, free_from=D(50), tax_class=books)
    create_method("old", prices={"FR": "1"}, is_active=False)
    fast, slow = current_configuration().pricing.shipping_methods
    assert (fast.code, fast.name, fast.type, fast.tax_class) == ("fast", "Fast", "parcel", "books")
    assert (fast.free_from, slow.free_from, slow.tax_class) == (D(50), None, "")
    assert (slow.days_min, slow.days_max) == (1, 9)
    assert slow.rates == (
        Rate(D("4.90"), countries=frozenset({"DE", "AT"})),
        Rate(D(12), countries=frozenset({"CH"})),
    )
    assert current_configuration().countries == ("AT", "CH", "DE")


def test_promotions_with_and_without_a_code(db):
    tea = ProductFactory()
    drinks = CategoryFactory()
    second = create_promotion("Second", position=2, minimum_total=D(20), first_order_only=True)
    first = create_promotion("First", position=1, scope=PromotionScope.SELECTION)
    first.products.add(tea)
    first.categories.add(drinks)
    create_promotion("Nothing", position=3, scope=PromotionScope.SELECTION)
    create_promotion("Gone", is_active=False)
    code = create_promotion("Code", kind=PromotionKind.FREE_SHIPPING, needs_code=True)
    found = current_configuration()
    names = [promotion.name for promotion in found.pricing.promotions]
    assert names == ["First", "Second", "Nothing"]
    of_tea, of_all, of_nothing = found.pricing.promotions
    assert (of_tea.product_ids, of_tea.category_ids) == ({tea.pk}, {drinks.pk})
    assert (of_all.product_ids, of_all.category_ids) == (frozenset(), frozenset())
    assert of_nothing.product_ids == {0}  # an empty selection, not the whole cart
    assert (of_all.minimum_total, of_all.first_order_only) == (D(20), True)
    assert {pk: p.kind for pk, p in found.with_code.items()} == {code.pk: "free_shipping"}
    first.categories.clear()
    first.products.clear()
    assert current_configuration().pricing.promotions[0].product_ids == {0}
    assert second.pk == of_all.id


def test_a_tax_rate_applies_from_its_first_day_on_in_the_time_zone_of_the_shop(
    db, settings, monkeypatch
):
    settings.TIME_ZONE = "Europe/Berlin"
    create_tax_rate("DE", "19")
    create_tax_rate("DE", "7", tax_class="books")
    create_tax_rate("DE", "16", valid_from=date(2030, 7, 1))
    create_tax_rate("DE", "19", valid_from=date(2031, 1, 1), name="New VAT")
    create_tax_rate("US", "0", region="california", name="Sales tax", reason="exempt")
    monkeypatch.setattr(timezone, "now", lambda: datetime(2030, 6, 30, 21, 59, tzinfo=UTC))
    assert rate_of("DE") == (19, "VAT")
    monkeypatch.setattr(timezone, "now", lambda: datetime(2030, 6, 30, 22, 0, tzinfo=UTC))
    assert rate_of("DE") == (16, "VAT")
    assert rate_of("DE", "books") == (7, "VAT")
    assert rate_of("US") is None
    assert rate_of("US", "books", "CA") == (0, "Sales tax")
    monkeypatch.setattr(timezone, "now", lambda: datetime(2031, 1, 1, tzinfo=UTC))
    assert rate_of("DE") == (19, "New VAT")


def test_tax_on_shipping_by_country(db):
    ShippingTax.objects.create(country="de", rule="proportional")
    taxes = current_configuration().pricing.taxes
    assert (taxes.shipping_tax("DE"), taxes.shipping_tax("AT")) == ("proportional", "class")


def test_settings_are_part_of_it(db, settings):
    settings.PRICES_INCLUDE_TAX, settings.TAX_ROUNDING = False, "item"
    settings.PRICES_ABROAD, settings.HOME_COUNTRY = "restate", "AT"
    settings.VOUCHERS_AT_ONCE, settings.REQUIRE_SHIPPING = 3, True
    settings.TIME_ZONE = "Asia/Tokyo"
    found = current_configuration().pricing.settings
    assert (found.prices_include_tax, found.tax_rounding, found.prices_abroad) == (
        False,
        "item",
        "restate",
    )
    assert (found.home_country, found.vouchers_at_once, found.require_shipping) == ("AT", 3, True)
    assert str(found.time_zone) == "Asia/Tokyo"


# -- Vouchers that a buyer enters ----------------------------------------------------------------


def reasons(*codes, **buyer):
    found = current_configuration().vouchers(codes, **{"user_id": None, "email": ""} | buyer)
    return [(voucher.code, voucher.reason and str(voucher.reason)) for voucher in found]


def test_codes_are_resolved_in_one_statement(db, ada):
    first = create_promotion("First order", first_order_only=True, needs_code=True)
    create_voucher("NEW", promotion=first)
    create_voucher("ONCE", promotion=first, max_uses_per_customer=1)
    create_voucher("GONE", promotion=first, max_uses=2, used=2)
    create_voucher("OFF", promotion=first, is_active=False)
    create_voucher("AUTOMATIC", promotion=create_promotion())
    codes = ["once", "NONE", "new", "GONE", "OFF", "AUTOMATIC"]
    found = current_configuration()
    with CaptureQueriesContext(connection) as queries:
        vouchers = found.vouchers(codes, user_id=ada.user.pk, email="ada@example.com")
    assert len(queries) == 1
    assert [(voucher.code, voucher.reason) for voucher in vouchers] == [
        ("ONCE", None),
        ("NONE", VoucherReason.UNKNOWN),
        ("NEW", None),
        ("GONE", VoucherReason.USED_UP),
        ("OFF", VoucherReason.UNKNOWN),
        ("AUTOMATIC", VoucherReason.UNKNOWN),
    ]
    assert vouchers[0].promotion == found.with_code[first.pk]
    assert found.asks_for_first_order(vouchers)
    assert not found.asks_for_first_order(())
    with CaptureQueriesContext(connection) as queries:
        assert found.vouchers([], user_id=ada.user.pk, email="") == ()
    assert len(queries) == 0


def test_a_customer_is_known_by_account_or_address(db, ada, bob):
    voucher = create_voucher(max_uses_per_customer=1)
    voucher.redemptions.create(order_id=1, user=ada.user, email_key="ada@example.com")
    assert reasons("WELCOME", user_id=ada.user.pk) == [("WELCOME", "used_up")]
    assert reasons("WELCOME", email="Ada@EXAMPLE.com") == [("WELCOME", "used_up")]
    assert reasons("WELCOME", user_id=bob.user.pk, email="bob@example.com") == [("WELCOME", None)]
    assert reasons("WELCOME") == [("WELCOME", None)]


# -- When it is read again -----------------------------------------------------------------------


def create_everything():
    method = create_method(prices={"DE": "4.90"})
    promotion = create_promotion(scope=PromotionScope.SELECTION)
    tax = create_tax_rate("DE", "19")
    return method, promotion, tax


WRITES = {
    "save": lambda method, promotion, tax: method.save(),
    "update": lambda method, promotion, tax: ShippingRate.objects.update(price=5),
    "delete": lambda method, promotion, tax: method.delete(),
    "delete many": lambda method, promotion, tax: ShippingRate.objects.all().delete(),
    "add a product": lambda method, promotion, tax: promotion.products.add(ProductFactory()),
    "set categories": lambda method, promotion, tax: promotion.categories.set([CategoryFactory()]),
    "update a promotion": lambda method, promotion, tax: Promotion.objects.update(is_active=False),
    "a tax rate": lambda method, promotion, tax: TaxRate.objects.filter(pk=tax.pk).delete(),
    "tax on shipping": lambda method, promotion, tax: ShippingTax.objects.create(
        country="DE", rule="none"
    ),
    "insert many": lambda method, promotion, tax: ShippingTax.objects.bulk_create(
        [ShippingTax(country="AT", rule="none")]
    ),
    "rename a tax class": lambda method, promotion, tax: TaxClass.objects.create(
        code="books", name="Books"
    ),
}


@pytest.mark.parametrize("write", WRITES.values(), ids=WRITES)
def test_each_write_of_configuration_sets_a_new_revision(db, write):
    rows = create_everything()
    before = revision()
    write(*rows)
    assert revision() != before


def test_it_is_read_once_for_each_revision(db):
    create_everything()
    found = current_configuration()
    with CaptureQueriesContext(connection) as queries:
        assert configuration_of(revision()) is found
    assert len(queries) == 1  # the revision
    ShippingRate.objects.update(price=D("5.90"))
    (rate,) = current_configuration().pricing.shipping_methods[0].rates
    assert rate.price == D("5.90")


def test_what_a_rolled_back_transaction_has_read_is_not_used(db):
    method, _, _ = create_everything()
    with transaction.atomic():
        method.name = "Never"
        method.save()
        assert current_configuration().pricing.shipping_methods[0].name == "Never"
        transaction.set_rollback(True)
    assert current_configuration().pricing.shipping_methods[0].name == "Standard"


def test_a_change_while_it_is_read_is_noticed(db, monkeypatch):
    """Otherwise the rows of two revisions would be kept under one of them."""
    create_everything()
    read = configuration._read_rows
    calls = []

    def read_and_change():
        rows = read()
        calls.append(rows)
        if len(calls) == 1:
            ShippingMethod.objects.update(name="Changed")
        return rows

    monkeypatch.setattr(configuration, "_read_rows", read_and_change)
    assert current_configuration().pricing.shipping_methods[0].name == "Changed"
    assert len(calls) == 2


# -- What is refused -----------------------------------------------------------------------------


def rate(method, price="1", **fields):
    return ShippingRate.objects.create(
        method=method, price=D(price), **{"countries": ["DE"]} | fields
    )


def test_overlapping_rates_are_refused(db):
    method = create_method(prices={})
    other = create_method("other", prices={})
    rate(method, total_below=D(50), countries=["DE", "AT"])
    rate(method, total_from=D(50))
    rate(method, regions=["BY"], weight_below=1000)
    rate(method, regions=["BY"], weight_from=1000)
    rate(method, postal_prefixes=["35", "38"], countries=["ES"])
    rate(method, postal_prefixes=["3"], countries=["ES"])
    rate(other)
    for fields, place in (
        ({"total_from": D("49.99"), "countries": ["FR", "AT"]}, "AT"),
        ({}, "DE"),
        ({"regions": [" BY"], "weight_below": 1}, "DE BY"),
        ({"postal_prefixes": ["3 8"], "countries": ["ES"], "total_below": D(1)}, "ES 38…"),
    ):
        with pytest.raises(RatesOverlap) as error, transaction.atomic():
            rate(method, **fields)
        assert error.value.facts["place"] == place
    assert str(error.value) == (
        "The method already has a rate for ES 38…, any total and weight. Change its band, or name "
        "regions or postal codes in one of the two."
    )
    assert ShippingRate.objects.count() == 7
    rate(method, total_from=D(50), countries=["AT"]).save()  # itself is no overlap


@pytest.mark.parametrize(
    "fields",
    [
        {"countries": ["XX"]},
        {"countries": ["Germany"]},
        {"countries": ["DE", "AT"], "regions": ["BY"]},
        {"countries": ["DE", "AT"], "postal_prefixes": ["1"]},
        {"regions": [""]},
    ],
)
def test_places_that_do_not_exist_are_refused(db, fields):
    method = create_method(prices={})
    before = revision()
    with pytest.raises(InvalidField):
        rate(method, **fields)
    with pytest.raises(InvalidField):
        create_tax_rate("XX", "19")
    assert not ShippingRate.objects.exists()
    assert not TaxRate.objects.exists()
    assert revision() == before


REFUSED = {
    "no country": lambda: rate(create_method(prices={}), countries=[]),
    "two kinds of places": lambda: rate(
        create_method(prices={}), regions=["BY"], postal_prefixes=["8"]
    ),
    "an empty band": lambda: rate(create_method(prices={}), total_from=D(5), total_below=D(5)),
    "a negative price": lambda: rate(create_method(prices={}), "-1"),
    "arrival before departure": lambda: create_method(prices={}, earliest_days=4, latest_days=3),
    "a rate over 100": lambda: create_tax_rate("DE", "100.1"),
    "a rate without a source": lambda: create_tax_rate("DE", "19", source=""),
    "two standard rates": lambda: [create_tax_rate("DE", "19"), create_tax_rate("de", "7")],
    "two rates of a class": lambda: [
        create_tax_rate("DE", "7", tax_class="books"),
        create_tax_rate("DE", "5", tax_class="books"),
    ],
    "more than all": lambda: create_promotion(value=D(101)),
    "nothing off": lambda: create_promotion(value=D(0)),
    "free units without a number": lambda: create_promotion(kind="buy_x_get_y", buy_quantity=2),
    "an end before the start": lambda: create_promotion(
        starts_on=date(2030, 1, 2), ends_on=date(2030, 1, 1)
    ),
    "no kind": lambda: create_promotion(kind="", value=D(1)),
}


@pytest.mark.parametrize("write", REFUSED.values(), ids=REFUSED)
def test_the_database_refuses(db, write):
    before = Promotion.objects.count() + TaxRate.objects.count()
    with pytest.raises(IntegrityError), transaction.atomic():
        write()
    assert Promotion.objects.count() + TaxRate.objects.count() == before


@pytest.mark.django_db(transaction=True)
def test_two_rates_that_are_added_at_once_do_not_overlap():
    method = create_method(prices={})

    def add(countries):
        try:
            rate(method, countries=countries)
        except RatesOverlap:
            return "refused"
        return "added"

    results = at_once(*[partial(add, ["DE", code]) for code in ("AT", "FR", "IT", "CH")])
    assert sorted(results) == ["added", "refused", "refused", "refused"]
    assert ShippingRate.objects.count() == 1
