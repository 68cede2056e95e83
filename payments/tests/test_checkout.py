"""POST /api/checkout/: an order and its first payment in one request."""

from decimal import Decimal

import pytest

from cart.factories import fill_cart
from cart.shipping.factories import create_method
from cart.taxes.factories import create_tax_rate
from cart.taxes.vat_numbers import confirm_vat_number
from catalog.factories import ProductFactory
from catalog.models import Product
from orders.models import Order
from payments.models import Payment
from shop.testing.assertions import assert_audit_passes, statuses
from shop.testing.races import at_once

CART, CHECKOUT = "/api/cart/", "/api/checkout/"
ADDRESS = {
    "name": "Ada Lovelace",
    "line1": "Torstraße 1",
    "postal_code": "10119",
    "city": "Berlin",
    "country": "DE",
}


@pytest.fixture(autouse=True)
def _unthrottled(unthrottled):
    """Guests may order often."""


def check_out(caller, cart_id, total="9.00", method="card", headers=None, **more):
    body = {"cart_id": cart_id, "expected_total": total, "payment_method": method, **more}
    return caller.post(CHECKOUT, body, headers=headers or {})


def test_a_guest_buys_in_two_requests(anyone, tea):
    cart = {"email": "guest@example.com", "items": [{"product_id": tea.pk, "quantity": 2}]}
    opened = anyone.post(CART, cart).json()
    headers = {"X-Cart-Token": opened["cart_token"]}
    response = check_out(anyone, opened["cart_id"], opened["total"], headers=headers)
    body = response.json()
    order = Order.objects.get()
    assert (response.status_code, response["Location"]) == (201, f"/api/orders/{order.pk}/")
    assert (body["number"], body["status"], body["total"]) == (order.number, "paid", "9.00")
    assert body["payment"]["status"] == "succeeded"
    assert [payment["payment_id"] for payment in body["payments"]] == [
        body["payment"]["payment_id"]
    ]
    assert (body["next_action"]["type"], body["items"][0]["name"]) == ("none", "Tea")
    assert Product.objects.get().stock == 8
    assert_audit_passes()


def test_repeating_a_checkout_without_a_key_is_safe(ada, tea):
    cart_id = fill_cart(ada.user, tea, quantity=2)
    declined = check_out(ada, cart_id, payment_token="demo_decline").json()
    assert (declined["status"], declined["payment"]["status"]) == ("pending", "failed")
    assert (declined["can_pay"], declined["next_action"]["payment_id"]) == (True, None)
    waiting = check_out(ada, cart_id, payment_token="demo_action")
    assert (waiting.status_code, waiting.json()["order_id"]) == (201, declined["order_id"])
    payment_id = waiting.json()["payment"]["payment_id"]
    action = waiting.json()["next_action"]
    assert (action["type"], action["payment_id"]) == ("client", payment_id)
    again = check_out(ada, cart_id)
    assert (again.status_code, again.json()["payment"]["payment_id"]) == (200, payment_id)
    assert again.json()["payment"]["status"] == "requires_action"
    ada.post(f"/api/payments/{payment_id}/confirm/")
    paid = check_out(ada, cart_id, total="1.00")
    assert (paid.status_code, paid.json()["status"]) == (200, "paid")
    assert (Order.objects.count(), Payment.objects.count(), Product.objects.get().stock) == (
        1,
        2,
        8,
    )
    assert_audit_passes()


def test_a_duplicate_request_with_a_key_gets_the_order_and_charges_once(ada, tea):
    cart_id = fill_cart(ada.user, tea, quantity=2)
    headers = {"Idempotency-Key": "k"}
    first, second = [check_out(ada, cart_id, headers=headers) for _ in range(2)]
    assert (first.status_code, second.status_code) == (201, 201)
    assert second["Idempotent-Replayed"] == "true"
    assert second.json() == first.json()
    assert check_out(ada, cart_id, total="8.00", headers=headers).status_code == 422
    assert Payment.objects.count() == 1


@pytest.mark.parametrize(
    ("change", "status", "code"),
    [
        ({"method": "cheque"}, 400, "invalid"),
        ({"method": "cash_on_delivery"}, 409, "payment_method_limit"),
        ({"total": "8.99"}, 409, "total_changed"),
        ({"payment_token": "4242 4242 4242 4242"}, 400, "invalid"),
        ({"return_url": "javascript:alert(1)"}, 400, "invalid"),
        ({"return_url": "ftp://tea.example/"}, 400, "invalid"),
        ({"return_url": "https://evil.example/"}, 400, "invalid"),
        ({"return_url": "https://tea.example@evil.example/"}, 400, "invalid"),
        ({"return_url": "http://tea.example/"}, 400, "invalid"),
    ],
)
def test_a_refused_checkout_makes_no_order(ada, tea, settings, change, status, code):
    settings.CASH_ON_DELIVERY_MAXIMUM = Decimal(5)
    cart_id = fill_cart(ada.user, tea, quantity=2)
    refused = check_out(ada, cart_id, **change)
    assert (refused.status_code, refused.json()["code"]) == (status, code) or (
        refused.json()["code"] in {"payment_method_not_configured", "card_number_refused"}
    )
    assert not Order.objects.exists()
    assert Product.objects.get().stock == 10
    assert ada.get(CART).json()["cart_id"] == cart_id


def test_the_expected_total_is_required(ada, anyone, tea):
    cart_id = fill_cart(ada.user, tea)
    body = {"cart_id": cart_id, "payment_method": "card"}
    assert ada.post(CHECKOUT, body).json()["errors"][0]["field"] == "expected_total"
    assert check_out(anyone, cart_id).status_code == 401
    headers = {"X-Cart-Token": "x" * 43}
    assert check_out(anyone, cart_id, headers=headers).json()["code"] == "cart_token_invalid"


def test_an_order_that_costs_nothing_needs_no_payment(ada, tea):
    Product.objects.update(price=0)
    body = check_out(ada, fill_cart(ada.user, tea), "0.00").json()
    assert (body["status"], body["payment"], body["payment_required"]) == ("paid", None, False)
    assert not Payment.objects.exists()


@pytest.mark.parametrize("member", [{}, {"payment_method": None}])
def test_a_guest_needs_no_method_for_what_costs_nothing(anyone, db, member):
    sample = ProductFactory(price=0, stock=10)
    items = [{"product_id": sample.pk, "quantity": 2}]
    cart = anyone.post(CART, {"email": "guest@example.com", "items": items}).json()
    assert (cart["total"], cart["payment_methods"]) == ("0.00", [])
    headers = {"X-Cart-Token": cart["cart_token"]}
    body = {"cart_id": cart["cart_id"], "expected_total": "0.00", **member}
    first, second = (anyone.post(CHECKOUT, body, headers=headers) for _ in range(2))
    assert (first.status_code, second.status_code) == (201, 200)
    assert (first.json()["status"], first.json()["payment"]) == ("paid", None)
    assert second.json()["order_id"] == first.json()["order_id"] == Order.objects.get().pk
    assert Product.objects.get().stock == 8
    assert_audit_passes()


@pytest.mark.parametrize(
    ("total", "status", "code"), [("9.00", 400, "invalid"), ("0.00", 409, "total_changed")]
)
def test_what_costs_something_needs_a_method(ada, tea, total, status, code):
    cart_id = fill_cart(ada.user, tea, quantity=2)
    refused = ada.post(CHECKOUT, {"cart_id": cart_id, "expected_total": total})
    assert (refused.status_code, refused.json()["code"]) == (status, code)
    if status == 400:
        error = refused.json()["errors"][0]
        assert (error["field"], error["code"]) == ("payment_method", "required")
    assert not Order.objects.exists()
    assert ada.get(CART).json()["cart_id"] == cart_id


def test_an_order_that_is_to_be_paid_is_not_free_later(ada, tea):
    cart_id = fill_cart(ada.user, tea, quantity=2)
    check_out(ada, cart_id, payment_token="demo_decline")
    refused = ada.post(CHECKOUT, {"cart_id": cart_id, "expected_total": "0.00"})
    assert (refused.status_code, refused.json()["code"]) == (409, "total_changed")
    assert refused.json()["total"] == "9.00"
    assert [payment.status for payment in Payment.objects.all()] == ["failed"]
    assert_audit_passes()


def test_the_fee_of_a_method_is_in_the_total_and_changes_with_the_method(ada, tea, settings):
    """By hand: 9.00 + 4.90 + 2.50 is 16.40, of which 19/119 are 2.62; without the fee 2.22."""
    settings.CASH_ON_DELIVERY_FEE, settings.BANK_TRANSFER_FEE = Decimal("2.50"), Decimal("1.00")
    create_method(prices={"DE": "4.90"})
    create_tax_rate("DE", "19")
    items = [{"product_id": tea.pk, "quantity": 2}]
    cart = ada.post(CART, {"items": items, "shipping_address": ADDRESS}).json()
    fees = {method["code"]: method["fee"] for method in cart["payment_methods"]}
    assert (fees["cash_on_delivery"], fees["card"], cart["total"]) == ("2.50", "0.00", "13.90")
    refused = check_out(ada, cart["cart_id"], "13.90", "bank_transfer")
    assert refused.json()["total"] == "14.90"
    placed = check_out(ada, cart["cart_id"], "14.90", "bank_transfer").json()
    assert (placed["fee_total"], placed["total"], placed["tax_total"]) == ("1.00", "14.90", "2.38")
    assert placed["next_action"]["type"] == "display"
    data = {"reference": placed["payment"]["reference"], "amount": "14.90", "currency": "USD"}
    assert placed["next_action"]["data"] == data
    payment_id = placed["payment"]["payment_id"]
    body = {"order_id": placed["order_id"], "payment_method": "card"}
    assert ada.post("/api/payments/", body).json()["code"] == "payment_in_progress"
    assert ada.get(f"/api/orders/{placed['order_id']}/").json()["total"] == "14.90"
    ada.post(f"/api/payments/{payment_id}/cancel/")
    cash = {"order_id": placed["order_id"], "payment_method": "cash_on_delivery"}
    assert (
        ada.post(
            "/api/payments/", cash | {"payment_method": "card", "payment_token": "demo_decline"}
        ).json()["amount"]
        == "13.90"
    )
    assert ada.post("/api/payments/", cash).json()["amount"] == "16.40"
    order = ada.get(f"/api/orders/{placed['order_id']}/").json()
    assert (order["fee_total"], order["total"], order["tax_total"]) == ("2.50", "16.40", "2.62")
    assert [(tax["base"], tax["amount"]) for tax in order["taxes"]] == [("13.78", "2.62")]
    assert order["adjustments"][-1]["name"] == "Cash on delivery"
    assert_audit_passes()


def test_the_fee_of_a_business_abroad_has_no_tax(ada, settings):
    """By hand, without 19 %: 11.90 is 10.00 for product and shipping, 1.19 and 2.38 are 1 and 2."""
    settings.CASH_ON_DELIVERY_FEE, settings.BANK_TRANSFER_FEE = Decimal("2.38"), Decimal("1.19")
    settings.REVERSE_CHARGE, settings.HOME_COUNTRY = True, "DE"
    create_method(prices={"FR": "11.90"})
    create_tax_rate("DE", "19")
    create_tax_rate("FR", "20")
    confirm_vat_number(number="FR40303265045", source="VIES")
    paris = {"postal_code": "75002", "city": "Paris", "country": "FR"}
    address = ADDRESS | paris | {"vat_number": "FR40303265045"}
    items = [{"product_id": ProductFactory(price="11.90").pk, "quantity": 1}]
    cart = ada.post(CART, {"items": items, "shipping_address": address}).json()
    placed = check_out(ada, cart["cart_id"], "21.00", "bank_transfer").json()
    assert (placed["fee_total"], placed["total"], placed["tax_total"]) == ("1.00", "21.00", "0.00")
    assert placed["prices_include_tax"] is False
    ada.post(f"/api/payments/{placed['payment']['payment_id']}/cancel/")
    cash = {"order_id": placed["order_id"], "payment_method": "cash_on_delivery"}
    assert ada.post("/api/payments/", cash).json()["amount"] == "22.00"
    order = ada.get(f"/api/orders/{placed['order_id']}/").json()
    assert [(tax["base"], tax["amount"], tax["reason"]) for tax in order["taxes"]] == [
        ("22.00", "0.00", "reverse_charge")
    ]
    assert_audit_passes()


@pytest.mark.django_db(transaction=True)
def test_parallel_checkouts_of_one_cart_place_one_order_and_charge_once(ada, tea):
    cart_id = fill_cart(ada.user, tea, quantity=2)
    responses = at_once(*[lambda: check_out(ada, cart_id)] * 4)
    assert set(statuses(responses)) <= {200, 201}
    assert {response.json()["order_id"] for response in responses} == {Order.objects.get().pk}
    assert Payment.objects.get().status == "succeeded"
    assert Product.objects.get().stock == 8
    assert_audit_passes()
