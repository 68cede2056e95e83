"""Vouchers in orders, and configuration that changes while orders are placed."""

from decimal import Decimal
from functools import partial

import pytest

from cart.models import Cart
from cart.promotions.factories import create_promotion, create_voucher
from cart.promotions.models import PromotionUse, Voucher
from cart.shipping.factories import create_method
from cart.shipping.models import ShippingRate
from catalog.factories import ProductFactory
from catalog.models import Product
from orders.models import Order, OrderAdjustment
from shop.testing.assertions import assert_audit_passes, statuses
from shop.testing.fixtures import DocumentedClient
from shop.testing.races import at_once

ADDRESS = {
    "name": "Ada Lovelace",
    "line1": "Torstraße 1",
    "postal_code": "10119",
    "city": "Berlin",
    "country": "DE",
}

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("unthrottled")]


def cart_of(client, *, email="guest@example.com", code="welcome", **members):
    """Open a cart with a product of its own, so that no two orders wait for the same stock.

    Return the call that orders it.
    """
    items = [{"product_id": ProductFactory(price="10.00").pk, "quantity": 1}]
    body = {"items": items, "email": email, "voucher_codes": [code] if code else [], **members}
    cart = client.post("/api/cart/", body).json()
    assert [voucher["is_applied"] for voucher in cart["vouchers"]] == [True] * bool(code)
    headers = {"X-Cart-Token": cart["cart_token"]} if "cart_token" in cart else {}
    return partial(_order, client, cart["cart_id"], headers=headers)


def _order(client, cart_id, *, headers, expected=None):
    body = {"cart_id": cart_id} | ({"expected_total": expected} if expected else {})
    return client.post("/api/orders/", body, headers=headers)


def guests(count):
    """Return the calls by which guests order their carts, each with an address of its own."""
    client = partial(DocumentedClient, raise_request_exception=False)
    return [cart_of(client(), email=f"{number}@example.com") for number in range(count)]


def refused_codes(responses):
    refused = [response.json() for response in responses if response.status_code == 409]
    return {(error["code"], error["voucher_code"].upper(), error["reason"]) for error in refused}


def test_many_orders_at_once_use_a_voucher_up():
    create_voucher(max_uses=2)
    responses = at_once(*guests(6))
    assert statuses(responses) == {201: 2, 409: 4}
    assert refused_codes(responses) == {("voucher_not_applicable", "WELCOME", "used_up")}
    assert Voucher.objects.get().used == 2
    assert list(Order.objects.values_list("total", flat=True)) == [Decimal("9.00")] * 2
    assert Cart.objects.filter(status="open").count() == 4
    assert_audit_passes()


def test_many_orders_at_once_use_a_promotion_up():
    """The others are refused, since their buyers have seen another total."""
    create_promotion(max_uses=2)
    client = partial(DocumentedClient, raise_request_exception=False)
    orders = [cart_of(client(), email=f"{n}@example.com", code="") for n in range(6)]
    seen = [partial(order, expected="9.00") for order in orders]
    responses = at_once(*seen)
    assert statuses(responses) == {201: 2, 409: 4}
    refused = [response.json() for response in responses if response.status_code == 409]
    assert {(error["code"], error["total"]) for error in refused} == {("total_changed", "10.00")}
    assert refused[0]["changes"] == [
        {"kind": "discount", "old": None, "new": "0.00", "reason": "promotions"},
        {"kind": "shipping", "old": None, "new": "0.00", "reason": "shipping_rates"},
    ]
    assert PromotionUse.objects.filter(released_at=None).count() == 2
    assert list(Order.objects.values_list("total", flat=True)) == [Decimal("9.00")] * 2
    assert_audit_passes()


def test_a_changed_price_also_changes_the_discount(anyone):
    create_promotion()
    order = cart_of(anyone, code="")
    Product.objects.update(price="12.00")
    refused = order(expected="9.00").json()
    assert (refused["total"], refused["expected"]) == ("10.80", "9.00")
    of_item, of_discount = refused["changes"]
    assert (of_item["kind"], of_item["old"], of_item["new"]) == ("item", "10.00", "12.00")
    reason = {"kind": "discount", "reason": "promotions"}
    assert of_discount == reason | {"old": "1.00", "new": "1.20"}


def test_a_promotion_applies_to_as_many_orders_of_a_customer_as_it_allows(ada, anyone):
    """With the account and as a guest; a cancelled order does not count."""
    create_promotion(max_uses_per_customer=1)
    first = cart_of(ada, email=None, code="")().json()
    assert first["total"] == "9.00"
    guest = cart_of(anyone, email=ada.user.email.upper(), code="")
    assert guest().json()["total"] == "10.00"
    other = cart_of(DocumentedClient(), email="bob@example.com", code="")
    assert other().json()["total"] == "9.00"
    ada.post(f"/api/orders/{first['order_id']}/cancel/")
    assert cart_of(ada, email=None, code="")().json()["total"] == "9.00"
    assert_audit_passes()


def test_a_code_is_used_up_with_its_promotion(anyone):
    create_voucher(promotion=create_promotion(max_uses=1, needs_code=True))
    assert cart_of(anyone)().status_code == 201
    items = [{"product_id": ProductFactory().pk, "quantity": 1}]
    cart = anyone.post("/api/cart/", {"items": items, "voucher_codes": ["welcome"]}).json()
    (voucher,) = cart["vouchers"]
    assert (voucher["is_applied"], voucher["reason"]) == (False, "used_up")


def test_a_code_for_free_shipping_is_not_spent_where_nothing_is_shipped(ada):
    create_voucher(promotion=create_promotion(kind="free_shipping", needs_code=True))
    create_method(prices={"DE": "4.90"})
    assert cart_of(ada)().status_code == 201
    assert Voucher.objects.get().used == 0
    assert cart_of(ada, shipping_address=ADDRESS)().json()["total"] == "10.00"
    assert Voucher.objects.get().used == 1


def test_a_customer_uses_a_voucher_once_with_the_account_and_as_a_guest(ada, anyone):
    create_voucher(max_uses_per_customer=1)
    email = ada.user.email
    calls = [
        cart_of(ada, email=email),
        cart_of(anyone, email=email.upper()),
        cart_of(DocumentedClient(raise_request_exception=False), email=email),
    ]
    responses = at_once(*calls)
    assert statuses(responses) == {201: 1, 409: 2}
    assert refused_codes(responses) == {("voucher_not_applicable", "WELCOME", "used_up")}
    assert Voucher.objects.get().used == 1
    assert_audit_passes()


def test_a_cancelled_order_returns_its_voucher_once(anyone):
    create_voucher(max_uses=1)
    first = cart_of(anyone)
    second = cart_of(anyone, email="other@example.com")
    order_id = first().json()["order_id"]
    assert second().json()["code"] == "voucher_not_applicable"
    cancel = partial(
        anyone.post, f"/api/orders/{order_id}/cancel/", headers=first.keywords["headers"]
    )
    assert statuses(at_once(cancel, cancel, cancel)) == {200: 1, 409: 2}
    assert Voucher.objects.get().used == 0
    assert second().status_code == 201
    assert Voucher.objects.get().used == 1
    assert_audit_passes()


@pytest.mark.parametrize("attempt", range(3))
def test_a_rate_that_changes_during_an_order_is_used_before_or_after(anyone, attempt):
    create_voucher()
    create_method(prices={"DE": "4.90"})
    order = cart_of(anyone, shipping_address=ADDRESS)
    change = partial(ShippingRate.objects.update, price=Decimal("5.90"))
    response, _ = at_once(order, change)
    placed = Order.objects.get()
    assert response.status_code == 201
    assert placed.total in (Decimal("13.90"), Decimal("14.90"))
    shipping = OrderAdjustment.objects.get(kind="shipping")
    assert placed.total == Decimal("9.00") + shipping.amount
    assert_audit_passes()
