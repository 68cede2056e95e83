"""A shop whose currency has no decimals, such as the yen."""

from decimal import Decimal

import pytest

from cart.factories import fill_cart
from catalog.factories import ProductFactory, SaleFactory
from catalog.models import Product, Sale
from catalog.tests.exchange import errors_of, export, import_content
from orders.models import Order
from shop.core.money import MAX_AMOUNT, quantize, show
from shop.testing.assertions import assert_audit_passes
from shop.testing.pages import submit

PRODUCTS, SALES, ORDERS = "/api/products/", "/api/sales/", "/api/orders/"


@pytest.fixture(autouse=True)
def yen(settings):
    settings.SHOP_CURRENCY = "JPY"


def test_amounts_are_whole():
    assert [str(quantize(Decimal(text))) for text in ("0.5", "1.49", "2.50")] == ["1", "1", "3"]
    assert [show(Decimal(text)) for text in ("0.00", "1250.00")] == ["0", "1250"]
    assert show(MAX_AMOUNT) == "9999999999"


def test_a_purchase_has_whole_amounts(ada, anyone):
    # 15 % of 1250 is 187.5, and 1062.5 is rounded up.
    teapot = ProductFactory(price="1250.00")
    SaleFactory(product_ids=[teapot.pk], value=Decimal(15))
    cart_id = fill_cart(ada.user, teapot, quantity=2)
    page = anyone.get(f"{PRODUCTS}{teapot.pk}/").json()
    assert (page["price"], page["compare_at_price"]) == ("1063", "1250")
    cart = ada.get("/api/cart/").json()
    assert (cart["cart_items"][0]["line_total"], cart["total"]) == ("2126", "2126")
    assert cart["currency"] == "JPY"
    order = ada.post(ORDERS, {"cart_id": cart_id, "expected_total": "2126"}).json()
    assert (order["total"], order["currency"]) == ("2126", "JPY")
    body = {"order_id": order["order_id"], "payment_method": "card", "payment_token": "demo_ok"}
    payment = ada.post("/api/payments/", body).json()
    assert (payment["status"], payment["amount"]) == ("succeeded", "2126")
    assert Order.objects.get().amount_paid == 2126
    assert_audit_passes()


def test_an_amount_with_decimals_is_refused(amy, ada, anyone):
    sentence = 'Write the amount as a string without decimals, such as "1250".'
    response = amy.post(PRODUCTS, {"name": "Cup", "price": "12.50", "stock": 1})
    assert response.status_code == 400
    assert response.json()["errors"][0]["detail"] == sentence
    assert not Product.objects.exists()
    assert (
        amy.post(PRODUCTS, {"name": "Cup", "price": "1250", "stock": 1}).json()["price"] == "1250"
    )
    hint = anyone.get(f"{PRODUCTS}?min_price=abc")
    assert "without decimals, such as 1250" in hint.json()["errors"][0]["detail"]


def test_a_sale_may_be_a_fraction_of_a_percent_but_not_of_a_yen(amy, anyone):
    teapot = ProductFactory(price="1250.00")
    sale = {"name": "Winter", "product_ids": [teapot.pk]}
    refused = amy.post(SALES, sale | {"kind": "fixed", "value": "12.50"})
    assert (refused.status_code, refused.json()["code"]) == (400, "invalid")
    assert not Sale.objects.exists()
    created = amy.post(SALES, sale | {"kind": "percent", "value": "12.5"})
    assert created.json()["value"] == "12.50"
    assert anyone.get(f"{PRODUCTS}{teapot.pk}/").json()["price"] == "1094"
    created = amy.post(SALES, sale | {"kind": "fixed", "value": "200"})
    assert created.json()["value"] == "200"
    assert anyone.get(f"{PRODUCTS}{teapot.pk}/").json()["price"] == "1050"


@pytest.mark.django_db
def test_exports_and_imports_have_whole_amounts():
    product = ProductFactory(sku="TEA-1", price="1250.00")
    table = export().decode()
    assert ",1250," in table
    assert ",1250.00," not in table
    counts, _ = import_content(table.replace(",1250,", ",1300,"))
    assert counts == (0, 1, 0, 0)
    _, results = import_content(table.replace(",1250,", ",9.50,"))
    assert "9.50" in errors_of(results)[0]
    product.refresh_from_db()
    assert product.price == 1300


def test_the_admin_refuses_decimals(admin_browser):
    pot = ProductFactory(price="1250.00")
    url = f"/admin/catalog/product/{pot.pk}/change/"
    page = submit(admin_browser, admin_browser.get(url), price="12.50")
    assert "The currency has no decimals." in page.content.decode()
    pot.refresh_from_db()
    assert pot.price == 1250
    submit(admin_browser, admin_browser.get(url), price="1300.00")
    pot.refresh_from_db()
    assert pot.price == 1300
