"""Orders of guests, and access by the token of a cart or of a link."""

from datetime import timedelta

import pytest
from django.db.models import F
from django.db.models.functions import Now
from django.utils import timezone

from cart.models import Cart
from cart.promotions.factories import create_voucher
from cart.promotions.models import Voucher
from cart.shipping.factories import create_method
from cart.taxes.factories import create_tax_rate
from catalog.models import Product
from orders.factories import place_order
from orders.models import Order
from orders.tokens import make_order_token
from payments import jobs
from shop.testing.assertions import assert_audit_passes

CART, ORDERS, PAYMENTS = "/api/cart/", "/api/orders/", "/api/payments/"
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


class Guest:
    """A guest with a cart, who sends its token with each request."""

    def __init__(self, client, product, quantity=1, **members):
        items = [{"product_id": product.pk, "quantity": quantity}]
        cart = client.post(CART, {"items": items, "email": "guest@example.com", **members}).json()
        self.client, self.cart_id = client, cart["cart_id"]
        self.headers = {"X-Cart-Token": cart["cart_token"]}

    def post(self, path, body=None, **headers):
        """Send a request with the token."""
        return self.client.post(path, body or {}, headers=self.headers | headers)

    def get(self, path):
        """Read something with the token."""
        return self.client.get(path, headers=self.headers)

    def order(self, **body):
        """Order the cart."""
        return self.post(ORDERS, {"cart_id": self.cart_id, **body})


def test_a_guest_orders_and_does_with_the_order_what_an_owner_may(anyone, tea):
    guest = Guest(anyone, tea, quantity=2)
    placed = guest.order(expected_total="9.00")
    assert placed.status_code == 201
    assert placed["Cache-Control"] == "no-store"
    order_id = placed.json()["order_id"]
    order = Order.objects.get()
    assert (order.user, order.email, order.number) == (
        None,
        "guest@example.com",
        placed.json()["number"],
    )
    body = guest.get(f"{ORDERS}{order_id}/").json()
    assert (body["email"], body["events"][0]["actor"]) == ("guest@example.com", "guest")
    paid = guest.post(PAYMENTS, {"order_id": order_id, "payment_method": "card"})
    assert (paid.status_code, paid.json()["status"]) == (201, "succeeded")
    payment_id = paid.json()["payment_id"]
    assert guest.get(f"{PAYMENTS}{payment_id}/").json()["status"] == "succeeded"
    body = guest.get(f"{ORDERS}{order_id}/").json()
    assert (body["status"], body["can_pay"], body["can_cancel"]) == ("paid", False, False)
    assert (body["payment_required"], body["next_action"]["type"]) == (False, "none")
    assert [payment["payment_id"] for payment in body["payments"]] == [payment_id]
    assert_audit_passes()


def test_a_guest_confirms_and_cancels_payments_and_cancels_the_order(anyone, tea):
    guest = Guest(anyone, tea)
    order_id = guest.order().json()["order_id"]
    body = {"order_id": order_id, "payment_method": "card", "payment_token": "demo_action"}
    payment_id = guest.post(PAYMENTS, body).json()["payment_id"]
    action = guest.get(f"{ORDERS}{order_id}/").json()["next_action"]
    assert (action["type"], action["payment_id"]) == ("client", payment_id)
    assert guest.post(f"{PAYMENTS}{payment_id}/cancel/").json()["status"] == "cancelled"
    payment_id = guest.post(PAYMENTS, body).json()["payment_id"]
    assert guest.post(f"{PAYMENTS}{payment_id}/confirm/").json()["status"] == "succeeded"
    other = Guest(anyone, tea)
    order_id = other.order().json()["order_id"]
    cancelled = other.post(f"{ORDERS}{order_id}/cancel/").json()
    assert (cancelled["status"], cancelled["events"][-1]["actor"]) == ("cancelled", "guest")
    assert Product.objects.get().stock == 9
    assert_audit_passes()


def test_others_neither_see_nor_pay_nor_cancel_the_order_of_a_guest(ada, anyone, tea):
    guest, stranger = Guest(anyone, tea), Guest(anyone, tea)
    order_id = guest.order().json()["order_id"]
    payment = {"order_id": order_id, "payment_method": "card", "payment_token": "demo_action"}
    payment_id = guest.post(PAYMENTS, payment).json()["payment_id"]
    stranger.order()
    paths = [f"{ORDERS}{order_id}/", f"{PAYMENTS}{payment_id}/"]
    steps = [
        f"{ORDERS}{order_id}/cancel/",
        *(f"{paths[1]}{step}/" for step in ("confirm", "cancel")),
    ]
    for path in paths:
        assert [stranger.get(path).status_code, ada.get(path).status_code] == [404, 404]
        assert anyone.get(path).json()["code"] == "not_authenticated"
        assert (
            anyone.get(path, headers={"X-Cart-Token": "x"}).json()["code"] == "cart_token_invalid"
        )
    for path in steps:
        assert [stranger.post(path).status_code, ada.post(path).status_code] == [404, 404]
        assert anyone.post(path).status_code == 401
    for post in (stranger.post, ada.post):
        assert post(PAYMENTS, payment).json()["code"] == "order_not_found"
    assert anyone.post(PAYMENTS, payment).status_code == 401
    for path in (ORDERS, PAYMENTS):
        assert guest.get(path).status_code == 401  # lists need a login
    assert stranger.post(ORDERS, {"cart_id": guest.cart_id}).json()["code"] == "cart_not_found"
    assert ada.post(ORDERS, {"cart_id": guest.cart_id}).json()["code"] == "cart_not_found"
    assert Order.objects.get(pk=order_id).status == "pending"


def test_with_a_login_the_token_of_a_cart_only_lets_orders_be_read(ada, anyone, tea):
    guest = Guest(anyone, tea)
    order_id = guest.order().json()["order_id"]
    path = f"{ORDERS}{order_id}/"
    assert ada.get(path, headers=guest.headers).status_code == 200
    assert ada.post(f"{path}cancel/", headers=guest.headers).status_code == 404
    body = {"order_id": order_id, "payment_method": "card"}
    assert ada.post(PAYMENTS, body, headers=guest.headers).status_code == 404
    bad = {"Authorization": "Bearer x", **guest.headers}
    assert anyone.get(path, headers=bad).json()["code"] == "token_invalid"


def test_a_link_opens_its_order_until_it_expires_or_is_revoked(ada, anyone, tea, settings):
    order, other = place_order(ada.user, tea), place_order(ada.user, tea)
    token = make_order_token(order)
    headers = {"X-Order-Token": token}
    path = f"{ORDERS}{order.pk}/"
    assert anyone.get(path, headers=headers).json()["number"] == order.number
    assert anyone.get(f"{ORDERS}{other.pk}/", headers=headers).status_code == 404
    assert anyone.get(ORDERS, headers=headers).status_code == 401
    body = {"order_id": order.pk, "payment_method": "card"}
    paid = anyone.post(PAYMENTS, body, headers=headers).json()
    assert paid["status"] == "succeeded"
    assert anyone.get(f"{PAYMENTS}{paid['payment_id']}/", headers=headers).status_code == 200
    body = {"order_id": other.pk, "payment_method": "card"}
    assert anyone.post(PAYMENTS, body, headers=headers).json()["code"] == "order_not_found"
    for wrong in (token[:-1], token.replace(str(order.pk), str(other.pk), 1), "x", "1" * 500):
        refused = anyone.get(path, headers={"X-Order-Token": wrong})
        assert (refused.status_code, refused.json()["code"]) == (401, "order_token_invalid")

    settings.SECRET_KEY_FALLBACKS = [settings.SECRET_KEY]
    settings.SECRET_KEY = "another key of the shop, which is at least as long as the first one"
    assert anyone.get(path, headers=headers).status_code == 200
    Order.objects.filter(pk=order.pk).update(links_valid_from=timezone.now() + timedelta(seconds=2))
    assert anyone.get(path, headers=headers).json()["code"] == "order_token_invalid"
    settings.ORDER_LINK_DAYS = 0
    headers = {"X-Order-Token": make_order_token(other)}
    assert anyone.get(f"{ORDERS}{other.pk}/", headers=headers).status_code == 401


def test_a_guest_needs_an_email_address_and_hears_of_all_problems(anyone, tea):
    guest = Guest(anyone, tea, quantity=4, email=None)
    Product.objects.update(stock=3, price="5.00")
    refused = guest.order(expected_total="18.00")
    body = refused.json()
    assert (refused.status_code, body["code"]) == (409, "email_missing")
    assert [(each["code"], each["blocking"]) for each in body["problems"]] == [
        ("out_of_stock", True),
        ("price_changed", False),
        ("email_missing", True),
        ("total_changed", True),
    ]
    assert body["problems"][0]["available"] == 3
    assert body["problems"][3]["changes"] == [
        {
            "kind": "item",
            "product_id": tea.pk,
            "name": "Tea",
            "old": "4.50",
            "new": "5.00",
            "reason": "price_changed",
        }
    ]
    assert not Order.objects.exists()
    assert Product.objects.get().stock == 3
    assert guest.get(CART).json()["cart_id"] == guest.cart_id


def test_unpaid_orders_of_guests_are_limited_by_their_address(anyone, tea, settings):
    settings.MAX_OPEN_ORDERS = 1
    assert Guest(anyone, tea).order().status_code == 201
    second = Guest(anyone, tea, email="GUEST@example.com")
    assert second.order().json()["code"] == "open_order_limit"
    assert Guest(anyone, tea, email="other@example.com").order().status_code == 201
    Order.objects.update(status="cancelled")
    assert second.order().status_code == 201


def test_a_duplicate_request_of_a_guest_gets_the_first_response(anyone, tea):
    guest = Guest(anyone, tea)
    headers = {"Idempotency-Key": "k"}
    body = {"cart_id": guest.cart_id}
    first, second = [guest.post(ORDERS, body, **headers) for _ in range(2)]
    assert (first.status_code, second.status_code) == (201, 201)
    assert second.content == first.content
    assert second["Idempotent-Replayed"] == "true"
    assert guest.order().json()["order_id"] == first.json()["order_id"]  # as cart_not_open
    other = Guest(anyone, tea)
    assert other.post(ORDERS, body, **headers).json()["code"] == "cart_not_found"
    assert Order.objects.count() == 1


def test_an_order_copies_everything_that_its_cart_says(anyone, tea):
    """By hand: 3 × 4.50 is 13.50, 10 % off is 1.35; shipping 4.90; 19 of 119 parts are tax."""
    create_method(prices={"DE": "4.90"})
    create_tax_rate("DE", "19")
    create_voucher()
    billing = ADDRESS | {"company": "Engines GmbH", "vat_number": "DE136695976"}
    guest = Guest(
        anyone,
        tea,
        quantity=3,
        phone="+4930123456",
        note="Ring twice",
        language="de",
        shipping_address=ADDRESS,
        billing_address=billing,
        shipping_method="standard",
        voucher_codes=["welcome"],
        consents={"terms": True},
        metadata={"source": "flyer"},
    )
    cart = guest.get(CART).json()
    assert cart["total"] == "17.05"
    placed = guest.order(expected_total="17.05")
    assert placed.status_code == 201
    Cart.objects.update(email="", shipping_address=None, billing_address=None)
    body = guest.get(f"{ORDERS}{placed.json()['order_id']}/").json()
    expected = {
        "phone": "+4930123456",
        "note": "Ring twice",
        "language": "de",
        "consents": {"terms": True},
        "metadata": {"source": "flyer"},
        "subtotal": "13.50",
        "discount_total": "1.35",
        "shipping_total": "4.90",
        "fee_total": "0.00",
        "tax_total": "2.72",
        "total": "17.05",
        "prices_include_tax": True,
    }
    assert {name: body[name] for name in expected} == expected
    assert body["shipping_address"]["line1"] == "Torstraße 1"
    assert body["billing_address"]["vat_number"] == "DE136695976"
    assert body["shipping_method"]["code"] == "standard"
    assert [(each["kind"], each["amount"], each["voucher"]) for each in body["adjustments"]] == [
        ("discount", "1.35", "WELCOME"),
        ("shipping", "4.90", ""),
    ]
    assert body["adjustments"][0]["allocations"] == [{"product_id": tea.pk, "amount": "1.35"}]
    [tax] = body["taxes"]
    assert (tax["rate"], tax["base"], tax["amount"]) == ("19", "14.33", "2.72")
    [item] = body["items"]
    assert (item["discount"], item["tax_rate"], item["line_total"]) == ("1.35", "19", "13.50")
    assert Voucher.objects.get().used == 1
    guest.post(f"{ORDERS}{body['order_id']}/cancel/")
    assert Voucher.objects.get().used == 0
    assert Order.objects.get().adjustments.get(kind="discount").released_at is not None
    assert_audit_passes()


def test_an_order_expires_with_the_window_that_its_buyer_was_told(anyone, tea, settings):
    guest = Guest(anyone, tea)
    order_id = guest.order().json()["order_id"]
    settings.ORDER_PAYMENT_WINDOW = 60
    Order.objects.update(pay_before=Now() - timedelta(seconds=1), created_at=F("created_at"))
    assert guest.get(f"{ORDERS}{order_id}/").json()["can_pay"] is False
    body = {"order_id": order_id, "payment_method": "card"}
    assert guest.post(PAYMENTS, body).json()["code"] == "order_expired"


def test_vouchers_of_orders_that_an_earlier_release_cancelled_are_released_by_the_job(anyone, tea):
    create_voucher(max_uses=1)
    Guest(anyone, tea, voucher_codes=["WELCOME"]).order()
    jobs.expire_orders()
    assert Voucher.objects.get().used == 1
    Order.objects.update(status="cancelled")
    jobs.expire_orders()
    assert Voucher.objects.get().used == 0
