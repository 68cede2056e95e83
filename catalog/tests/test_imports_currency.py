"""Imports of tables with amounts in another currency than that of the shop."""

import json

import pytest

from catalog.models import Product
from catalog.services import create_product
from catalog.tests.exchange import errors_of, import_content, notices_of
from shop.testing.marks import on_one_engine

pytestmark = [pytest.mark.django_db, on_one_engine]


@pytest.mark.parametrize(
    ("title", "code"),
    [
        ("Preis (EUR)", "EUR"),
        ("Preis €", "EUR"),
        ("VK-Preis in EUR", "EUR"),
        ("Price [GBP]", "GBP"),
        ("Verkaufspreis CHF", "CHF"),
    ],
)
def test_amounts_in_another_currency_are_not_read_and_named(title, code):
    table = f"sku;name;{title};stock\nA;Tea;5,00;1\n"
    assert notices_of(table)[-1] == (
        f"not read: {title}, 1 row (amounts in {code}; the currency of the shop is USD)"
    )
    assert errors_of(import_content(table)[1]) == ["line 2, price: A new product needs a price."]
    create_product(name="Tea", sku="A", price="4.00")
    import_content(table)
    assert str(Product.objects.get().price) == "4.00"


def test_the_column_in_the_shops_own_currency_is_the_price(settings):
    table = "sku,name,Price (EUR),Price (USD)\nA,Tea,5.00,6.00\n"
    import_content(table)
    settings.SHOP_CURRENCY = "EUR"
    import_content(table.replace("A,Tea", "B,Tea"))
    assert [str(p.price) for p in Product.objects.order_by("sku")] == ["6.00", "5.00"]


@pytest.mark.parametrize(("currency", "title"), [("CAD", "Price ($)"), ("SEK", "Pris; Price kr")])
def test_a_sign_of_several_currencies_is_that_of_the_shop(currency, title, settings):
    settings.SHOP_CURRENCY = currency
    import_content(f"sku\tname\t{title.rpartition('; ')[2]}\nA\tTea\t5.00\n")
    assert str(Product.objects.get().price) == "5.00"


def test_a_column_with_another_currency_refuses_the_price():
    table = "sku,name,price,Währung\nA,Tea,5.00,EUR\nB,Cup,8.00,usd\nC,Pot,9.00,\n"
    counts, results = import_content(table)
    assert counts == (2, 0, 0, 1)
    assert errors_of(results) == [
        'line 2, Währung: "EUR" is not the currency of the shop, USD.',
    ]
    feed = [{"title": "Jug", "price": "7.00", "currency": "EUR"}]
    assert errors_of(import_content(json.dumps(feed), "feed.json")[1]) == [
        'line 1, currency: "EUR" is not the currency of the shop, USD.'
    ]
    assert {p.sku for p in Product.objects.all()} == {"B", "C"}
