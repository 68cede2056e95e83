"""Confirmed VAT numbers, whose holders owe the tax abroad themselves."""

from decimal import Decimal

import pytest
from django.utils import timezone

from cart import extensions
from cart.configuration import current_configuration
from cart.factories import fill_cart
from cart.pricing import Context, Destination, Item, price
from cart.taxes.factories import create_tax_rate
from cart.taxes.vat_numbers import VatNumber, confirm_vat_number
from catalog.factories import ProductFactory
from shop.core.errors import InvalidField
from shop.testing.pages import submit

NUMBER = "FR40303265045"
CART = "/api/cart/"
ADD = "/admin/cart/vatnumber/add/"


@pytest.fixture(autouse=True)
def reverse_charge(settings, db):
    settings.REVERSE_CHARGE = True
    settings.HOME_COUNTRY = "DE"
    create_tax_rate("DE", "19")
    create_tax_rate("FR", "20")


def is_confirmed(number):
    return current_configuration().is_reverse_charge(number)


def test_staff_confirm_a_number_that_is_stored_as_addresses_have_it(admin_browser):
    assert not is_confirmed(NUMBER)
    submit(admin_browser, admin_browser.get(ADD), number=" fr 40 303 265 045", source="VIES")
    assert VatNumber.objects.get().number == NUMBER
    assert is_confirmed(NUMBER)
    page = submit(admin_browser, admin_browser.get(ADD), number=NUMBER, source="Again")
    assert "This VAT number is confirmed already." in page.content.decode()
    page = submit(admin_browser, admin_browser.get(ADD), number="FR40303265046", source="VIES")
    assert "Please check the VAT number" in page.content.decode()
    assert VatNumber.objects.count() == 1


def test_a_confirmed_number_abroad_has_net_prices_and_no_tax():
    confirm_vat_number(number=NUMBER, source="VIES")
    configuration = current_configuration()
    totals = price(
        [Item(1, "Pot", 1, Decimal("11.90"), Decimal("11.90"))],
        Context(
            configuration.pricing,
            timezone.now(),
            destination=Destination("FR"),
            is_reverse_charge=configuration.is_reverse_charge(NUMBER),
        ),
    )
    assert (str(totals.total), str(totals.tax_total)) == ("10.00", "0.00")
    assert (totals.prices_include_tax, totals.taxes[0].reason) == (False, "reverse_charge")


def test_a_number_does_not_count_at_home_or_while_it_is_off_or_deleted(settings):
    german = confirm_vat_number(number="DE136695976", source="VIES")
    assert not is_confirmed(german.number)
    french = confirm_vat_number(number=NUMBER, source="VIES")
    assert not is_confirmed("")
    settings.REVERSE_CHARGE = False
    assert not is_confirmed(NUMBER)
    settings.REVERSE_CHARGE = True
    assert is_confirmed(NUMBER)
    french.delete()
    assert not is_confirmed(NUMBER)


def test_confirming_twice_stores_one_row():
    first = confirm_vat_number(number="FR 40303265045", source="VIES")
    assert confirm_vat_number(number=NUMBER, source="Another") == first
    assert VatNumber.objects.get().source == "VIES"
    with pytest.raises(InvalidField):
        confirm_vat_number(number="FR1", source="VIES")


def test_an_extension_confirms_numbers(monkeypatch):
    monkeypatch.setattr(extensions, "_checkers", [])
    extensions.register_vat_number_checker(lambda number: number == NUMBER)
    assert is_confirmed(NUMBER)
    assert not is_confirmed("FR23334175221")


def test_a_cart_of_a_business_abroad_has_net_prices(ada):
    confirm_vat_number(number=NUMBER, source="VIES")
    fill_cart(ada.user, ProductFactory(price="11.90"))
    address = {
        "name": "Ada Lovelace",
        "line1": "1 rue de la Paix",
        "postal_code": "75002",
        "city": "Paris",
        "country": "FR",
    }
    of_business = address | {"company": "Analytique", "vat_number": "40 303 265 045"}
    cart = ada.patch(CART, {"shipping_address": address}).json()
    assert (cart["total"], cart["tax_total"], cart["prices_include_tax"]) == ("11.90", "1.98", True)
    cart = ada.patch(CART, {"billing_address": of_business}).json()
    assert cart["billing_address"]["vat_number"] == NUMBER
    assert (cart["total"], cart["tax_total"], cart["prices_include_tax"]) == (
        "10.00",
        "0.00",
        False,
    )
    assert cart["cart_items"][0]["unit_price"] == "10.00"
    assert [row["reason"] for row in cart["taxes"]] == ["reverse_charge"]
