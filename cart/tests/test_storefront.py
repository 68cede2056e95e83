"""What a storefront reads before there is a cart: the shop, and the forms of addresses."""

from decimal import Decimal

import pytest

from cart.shipping.factories import create_method
from shop.core.postal_addresses import CompleteAddressSerializer
from shop.testing.budget import query_budget
from shop.testing.marks import on_one_database

COUNTRIES, SHOP = "/api/countries/", "/api/shop/"

pytestmark = [pytest.mark.django_db, on_one_database]


def forms(client, language="en"):
    """Return the fields of each country, by code."""
    response = client.get(COUNTRIES, headers={"Accept-Language": language})
    assert response.status_code == 200
    return {country["code"]: country for country in response.json()["countries"]}


def labels_of(country):
    return {field["name"]: field["label"] for field in country["fields"]}


def required_in(country):
    return [field["name"] for field in country["fields"] if field["required"]]


def test_a_shop_without_shipping_rates_lists_all_countries_by_name(anyone):
    codes = list(forms(anyone))
    assert len(codes) == 249
    assert codes[:3] == ["AF", "AX", "AL"]
    assert list(forms(anyone, "de"))[:3] == ["AF", "EG", "AX"]  # Afghanistan, Ägypten, Åland
    assert sorted(codes) == anyone.get(SHOP).json()["countries"]


def test_each_form_has_the_words_the_order_and_the_choices_of_its_country(anyone):
    found = forms(anyone)
    germany, usa, japan = found["DE"], found["US"], found["JP"]
    assert germany["name"] == "Germany"
    assert list(labels_of(germany).items()) == [
        ("name", "Name"),
        ("company", "Company"),
        ("line1", "Street and number"),
        ("line2", "Additional address line"),
        ("postal_code", "Postal code"),
        ("city", "City"),
        ("phone", "Phone number"),
        ("vat_number", "VAT number"),
    ]
    assert required_in(germany) == ["name", "line1", "postal_code", "city"]
    assert germany["fields"][4] == {
        "name": "postal_code",
        "label": "Postal code",
        "required": True,
        "max_length": 20,
        "example": "26133",
        "choices": [],
    }
    assert (labels_of(usa)["region"], labels_of(usa)["postal_code"]) == ("State", "ZIP code")
    regions = {field["name"]: field["choices"] for field in usa["fields"]}["region"]
    assert {"code": "CA", "name": "California"} in regions
    assert required_in(japan) == ["name", "line1", "region", "postal_code"]
    assert "city" not in labels_of(japan)
    tokyo = {field["name"]: field["choices"] for field in japan["fields"]}["region"][12]
    assert tokyo == {"code": "東京都", "name": "Tokyo"}


def test_a_form_that_is_filled_in_as_it_asks_is_a_complete_address(anyone):
    for country in forms(anyone).values():
        address = {"country": country["code"]}
        for field in country["fields"]:
            if field["required"]:
                choices = field["choices"]
                value = choices[0]["code"] if choices else field["example"] or "Anything"
                address[field["name"]] = value
        reader = CompleteAddressSerializer(data=address)
        assert reader.is_valid(), (country["code"], reader.errors)


def test_names_and_labels_are_in_the_language_of_the_request(anyone):
    response = anyone.get(COUNTRIES, headers={"Accept-Language": "de"})
    germany = next(c for c in response.json()["countries"] if c["code"] == "DE")
    assert germany["name"] == "Deutschland"
    assert labels_of(germany)["postal_code"] == "Postleitzahl"
    assert response["Content-Language"] == "de"
    assert "Accept-Language" in response["Vary"]


def test_only_countries_with_a_shipping_rate_are_listed(anyone):
    rate = create_method(prices={"AT DE": "5.00"}).rates.get()
    assert list(forms(anyone)) == ["AT", "DE"]
    assert anyone.get(SHOP).json()["countries"] == ["AT", "DE"]
    rate.countries = ["CH"]
    rate.save()
    assert list(forms(anyone)) == ["CH"]
    with query_budget(1):
        anyone.get(COUNTRIES)


@pytest.mark.parametrize("path", [COUNTRIES, SHOP])
def test_both_can_be_cached_and_revalidated(anyone, ada, path):
    first = anyone.get(path, headers={"Accept-Encoding": "gzip"})
    again = anyone.get(path, headers={"Accept-Encoding": "gzip", "If-None-Match": first["ETag"]})
    assert (first.status_code, again.status_code, again.content) == (200, 304, b"")
    assert first["Cache-Control"] == "no-cache"
    own = ada.get(path)
    assert (own["Cache-Control"], own.get("ETag")) == ("no-store", None)
    assert anyone.get(path, headers={"Authorization": "Bearer x"}).status_code == 401
    assert anyone.get(f"{path}?page=2").json()["code"] == "unknown_field"
    assert anyone.post(path, {}).status_code == 405


def test_each_language_has_an_etag(anyone):
    german = anyone.get(COUNTRIES, headers={"Accept-Language": "de"})["ETag"]
    assert anyone.get(COUNTRIES, headers={"If-None-Match": german}).status_code == 200


def test_the_shop_is_described(anyone, settings):
    settings.SHOP_NAME, settings.PAYMENT_METHODS = "Hearth & Co", ["stripe", "bank_transfer"]
    settings.STRIPE_SECRET_KEY, settings.STRIPE_PUBLISHABLE_KEY = "sk_test_1", "pk_test_2"
    settings.BANK_TRANSFER_MAXIMUM = Decimal(750)
    settings.SHOP_LINKS = {"terms": "https://www.example.com/terms"}
    settings.HOME_COUNTRY, settings.PRICES_INCLUDE_TAX = "AT", False
    response = anyone.get(SHOP)
    assert "sk_test" not in response.content.decode()
    shop = response.json()
    assert shop.pop("countries") == sorted(forms(anyone))
    assert shop == {
        "name": "Hearth & Co",
        "currency": "USD",
        "currency_exponent": 2,
        "prices_include_tax": False,
        "home_country": "AT",
        "require_shipping": False,
        "languages": [{"code": "en", "name": "English"}, {"code": "de", "name": "Deutsch"}],
        "limits": {
            "max_quantity": 999,
            "max_items": 100,
            "max_vouchers": 1,
            "max_open_orders": settings.MAX_OPEN_ORDERS,
            "max_units_held": settings.MAX_UNITS_HELD,
            "guest_cart_days": 30,
            "user_cart_days": 180,
        },
        "payment_methods": [
            {
                "code": "stripe",
                "name": "Card or wallet",
                "fee": "0.00",
                "maximum_total": None,
                "client": {"publishable_key": "pk_test_2"},
            },
            {
                "code": "bank_transfer",
                "name": "Bank transfer",
                "fee": "0.00",
                "maximum_total": "750.00",
                "client": {},
            },
        ],
        "payment_window": settings.ORDER_PAYMENT_WINDOW,
        "links": {"terms": "https://www.example.com/terms"},
    }
