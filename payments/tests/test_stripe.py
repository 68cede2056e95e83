"""The Stripe gateway: the official SDK against the fake Stripe."""

import logging
import time
from datetime import timedelta
from decimal import Decimal

import pytest
from django.db.models import F

from cart.factories import fill_cart
from orders import services as orders
from orders.factories import place_order
from orders.models import Order
from payments import jobs
from payments.factories import refund_payment
from payments.failures import describe_failure
from payments.gateways.stripe import client
from payments.gateways.stripe.amounts import from_minor, to_minor
from payments.models import LedgerEntry, Payment, Refund
from payments.tests.fake_stripe.client import INTENTS
from shop.core.metrics import recorder
from shop.core.models import IdempotencyKey
from shop.core.postal_addresses import EXAMPLE
from shop.testing.assertions import assert_audit_passes
from shop.testing.marks import on_one_database

PAY = "/api/payments/"
CREATE, CONFIRM = "/v1/payment_intents", "/v1/payment_intents/*/confirm"


pytestmark = pytest.mark.usefixtures("stripe_shop")


@pytest.fixture
def order(ada, tea):
    return place_order(ada.user, tea, quantity=2)


def post(caller, order, token=None, **kwargs):
    body = {"order_id": order.pk, "payment_method": "stripe"}
    return caller.post(PAY, body | ({} if token is None else {"payment_token": token}), **kwargs)


def make_older(row, **ago):
    type(row).objects.filter(pk=row.pk).update(created_at=F("created_at") - timedelta(**ago))


def stored_statuses(order):
    order.refresh_from_db()
    payment = Payment.objects.get(order=order)
    return payment.status, order.status, order.amount_paid


def test_a_token_is_charged_at_once(ada, order, fake_stripe):
    answer = post(ada, order, "pm_card_visa")
    assert (answer.status_code, answer.json()["status"]) == (201, "succeeded")
    assert "client_secret" not in answer.json()
    payment = Payment.objects.get()
    charge = fake_stripe.ledger()[0]
    assert (charge["payment_intent"], charge["captured"]) == (payment.provider_reference, 900)
    assert charge["currency"] == "usd"
    key = str(payment.provider_key)
    assert charge["metadata"] == {
        "order_id": str(order.pk),
        "payment_key": key,
        "shop": "Shop",
    }
    assert [r["key"] for r in fake_stripe.requests()] == [key, f"{key}-confirm"]
    assert LedgerEntry.objects.get().reference == payment.provider_reference
    assert stored_statuses(order) == ("succeeded", "paid", 9)
    assert_audit_passes()


def test_an_intent_of_another_payment_is_not_accepted(ada, order, tea, fake_stripe):
    """The intent succeeded and has the right amount and currency, but another payment key."""
    post(ada, order, "pm_card_visa")
    paid = Payment.objects.get()
    begun = post(ada, place_order(ada.user, tea, quantity=2)).json()
    payment = Payment.objects.filter(pk=begun["payment_id"])
    payment.update(provider_reference=paid.provider_reference)
    answer = ada.post(f"{PAY}{begun['payment_id']}/confirm/")
    assert (answer.status_code, answer.json()["status"]) == (200, "requires_action")
    assert (payment.get().status, payment.get().order.status) == ("requires_action", "pending")
    assert LedgerEntry.objects.filter(payment=payment.get()).count() == 0


def test_without_a_token_the_buyers_app_gets_the_client_secret_and_pays(
    ada, amy, order, fake_stripe
):
    begun = post(ada, order).json()
    assert begun["status"] == "requires_action"
    assert begun["client_secret"].startswith("pi_")
    path = f"{PAY}{begun['payment_id']}/"
    again = ada.get(path).json()
    assert again["client_secret"] == begun["client_secret"]
    assert again["next_action"] == begun["next_action"]
    assert again["next_action"]["type"] == "client"
    assert again["next_action"]["data"] == {"client_secret": begun["client_secret"]}
    seen_by_staff = amy.get(path).json()
    assert ("client_secret" in seen_by_staff, seen_by_staff["next_action"]["data"]) == (False, {})
    assert ada.post(f"{path}confirm/").json()["status"] == "requires_action"
    fake_stripe.pay(begun["client_secret"])
    confirmed = ada.post(f"{path}confirm/").json()
    assert (confirmed["status"], "client_secret" in confirmed) == ("succeeded", False)
    assert stored_statuses(order) == ("succeeded", "paid", 9)
    assert_audit_passes()


def test_the_client_secret_is_not_stored_and_a_duplicate_request_gets_it_again(
    ada, order, fake_stripe, caplog
):
    caplog.set_level(logging.INFO)
    headers = {"Idempotency-Key": "k"}
    first = post(ada, order, headers=headers)
    secret = first.json()["client_secret"]
    models = (Payment, IdempotencyKey, LedgerEntry)
    rows = [str(row) for model in models for row in model.objects.values()]
    assert not any(secret in row for row in rows)
    assert secret not in caplog.text
    second = post(ada, order, headers=headers)
    assert (second.json()["client_secret"], second["Idempotent-Replayed"]) == (secret, "true")
    assert len(fake_stripe.state()["intents"]) == 1


def test_a_token_can_require_3d_secure(ada, order, fake_stripe):
    begun = post(ada, order, "pm_card_threeDSecure2Required").json()
    assert begun["status"] == "requires_action"
    assert begun["client_secret"]
    fake_stripe.authenticate(Payment.objects.get().provider_reference)
    assert jobs.settle_payments() == 1
    assert stored_statuses(order) == ("succeeded", "paid", 9)


@pytest.mark.parametrize(
    ("token", "code"),
    [
        ("pm_card_chargeDeclined", "card_declined"),
        ("pm_card_visa_chargeDeclinedInsufficientFunds", "insufficient_funds"),
        ("pm_card_visa_chargeDeclinedStolenCard", "card_declined"),
        ("pm_card_nonsense", "token_invalid"),
    ],
)
def test_another_payment_can_begin_after_a_declined_card(ada, order, fake_stripe, token, code):
    declined = post(ada, order, token).json()
    assert (declined["status"], declined["failure_code"]) == ("failed", code)
    assert declined["failure_detail"] == describe_failure(code)
    assert fake_stripe.state()["intents"][0]["status"] == "canceled"
    assert post(ada, order, "pm_card_visa").json()["status"] == "succeeded"
    assert len(fake_stripe.ledger()) == 1
    assert list(LedgerEntry.objects.order_by("pk").values_list("kind", flat=True)) == [
        "failed",
        "captured",
    ]
    assert_audit_passes()


def test_a_payment_of_an_amount_that_stripe_refuses_fails(ada, tea, fake_stripe):
    tea.price = "0.01"
    tea.save(update_fields=["price"])
    answer = post(ada, place_order(ada.user, tea), "pm_card_visa")
    assert (answer.status_code, answer.json()["status"]) == (201, "failed")
    assert answer.json()["failure_code"] == "amount_too_small"
    assert fake_stripe.ledger() == []


@pytest.mark.parametrize("kind", ["drop_after", "garbage_after", "error_after"])
@pytest.mark.parametrize("path", [CREATE, CONFIRM])
def test_a_charge_whose_response_was_lost_is_captured_once(ada, order, fake_stripe, kind, path):
    fake_stripe.fail(kind, path, method="POST", times=2)
    first = post(ada, order, "pm_card_visa", headers={"Idempotency-Key": "k"}).json()
    make_older(Payment.objects.get(), minutes=1)
    for _ in range(2):
        jobs.settle_payments()
    status = stored_statuses(order)[0]
    if status == "requires_action":  # The token was not used, so the buyer's app continues.
        secret = post(ada, order, "pm_card_visa", headers={"Idempotency-Key": "k"}).json()
        fake_stripe.pay(secret["client_secret"])
        jobs.settle_payments()
    assert first["status"] in {"pending", "succeeded"}
    assert stored_statuses(order) == ("succeeded", "paid", 9)
    assert [c["captured"] for c in fake_stripe.ledger()] == [900]
    assert_audit_passes()


@pytest.mark.parametrize("kind", ["drop", "unavailable", "error", "garbage", "error_kept"])
def test_a_charge_that_did_not_begin_captures_nothing(ada, order, fake_stripe, kind):
    fake_stripe.fail(kind, CREATE, method="POST", times=2)
    assert post(ada, order, "pm_card_visa").json()["status"] == "pending"
    assert jobs.settle_payments() in {0, 1}
    make_older(order, minutes=31)
    make_older(Payment.objects.get(), minutes=31)
    jobs.expire_orders()
    assert stored_statuses(order) == ("cancelled", "cancelled", 0)
    assert fake_stripe.ledger() == []
    assert_audit_passes()


def test_an_intent_is_found_after_its_key_expired(ada, order, fake_stripe):
    fake_stripe.fail("drop_after", CREATE, method="POST", times=2)
    post(ada, order, "pm_card_visa")
    fake_stripe.pay(fake_stripe.state()["intents"][0]["client_secret"])
    fake_stripe.advance_clock(25 * 3600)
    make_older(Payment.objects.get(), hours=25)
    assert jobs.settle_payments() == 1
    assert stored_statuses(order)[:2] == ("succeeded", "paid")
    assert len(fake_stripe.state()["intents"]) == 1


def test_a_late_payment_is_refunded_once(ada, order, fake_stripe):
    secret = post(ada, order).json()["client_secret"]
    ada.post(f"/api/orders/{order.pk}/cancel/")
    fake_stripe.pay(secret)
    assert jobs.settle_payments() == 1
    jobs.settle_payments()
    assert stored_statuses(order) == ("refunded", "cancelled", 0)
    charge = fake_stripe.ledger()[0]
    assert (charge["captured"], charge["refunded"]) == (900, 900)
    assert_audit_passes()


def test_the_intent_of_a_cancelled_payment_cannot_be_paid(ada, order, fake_stripe):
    begun = post(ada, order).json()
    assert ada.post(f"{PAY}{begun['payment_id']}/cancel/").json()["status"] == "cancelled"
    status, _ = fake_stripe.pay(begun["client_secret"])
    assert status == 400
    assert fake_stripe.ledger() == []


def test_an_authorised_payment_is_captured_when_its_order_is_shipped(
    ada, amy, order, fake_stripe, settings
):
    settings.PAYMENT_CAPTURE = "on_shipment"
    assert post(ada, order, "pm_card_visa").json()["status"] == "authorised"
    settings.PAYMENT_CAPTURE = "automatic"
    assert stored_statuses(order) == ("authorised", "confirmed", 0)
    assert fake_stripe.ledger()[0]["captured"] == 0
    orders.ship_order(order_id=order.pk, actor=amy.user)
    assert jobs.settle_payments() == 0
    assert stored_statuses(order) == ("succeeded", "shipped", 9)
    assert fake_stripe.ledger()[0]["captured"] == 900
    assert_audit_passes()


def test_an_authorisation_is_captured_in_part_or_voided(ada, amy, tea, fake_stripe, settings):
    settings.PAYMENT_CAPTURE = "on_shipment"
    part, none = [place_order(ada.user, tea, quantity=2) for _ in range(2)]
    paths = [post(ada, each, "pm_card_visa")["Location"] for each in (part, none)]
    fake_stripe.fail("drop_after", "/v1/payment_intents/*/capture", times=2)
    assert amy.post(f"{paths[0]}capture/", {"amount": "2.50"}).json()["status"] == "authorised"
    assert amy.post(f"{paths[0]}capture/", {"amount": "2.50"}).json()["status"] == "succeeded"
    assert amy.post(f"{paths[1]}void/").json()["status"] == "cancelled"
    assert stored_statuses(part) == ("succeeded", "confirmed", Decimal("2.50"))
    assert [c["net"] for c in fake_stripe.ledger()] == [250, 0]
    assert_audit_passes()


def test_staff_refund_a_payment_in_parts(ada, amy, order, fake_stripe):
    path = f"{post(ada, order, 'pm_card_visa')['Location']}refunds/"
    assert amy.post(path, {"amount": "0.10"}).json()["status"] == "succeeded"
    assert amy.post(path).json()["amount"] == "8.90"
    assert stored_statuses(order)[:2] == ("refunded", "refunded")
    assert fake_stripe.ledger()[0]["refunded"] == 900
    refunds = {r["id"] for r in fake_stripe.state()["refunds"]}
    assert set(Refund.objects.values_list("provider_reference", flat=True)) == refunds
    assert_audit_passes()


@pytest.mark.parametrize(
    "kind", ["drop", "drop_after", "error", "error_after", "error_kept", "garbage_after"]
)
def test_a_refund_whose_response_was_lost_is_made_once(ada, amy, order, fake_stripe, kind):
    post(ada, order, "pm_card_visa")
    fake_stripe.fail(kind, "/v1/refunds", method="POST", times=2)
    refund_payment(Payment.objects.get(), "4.00", actor=amy.user)
    for _ in range(2):
        jobs.settle_payments()
    assert Refund.objects.get().status == "succeeded"
    assert fake_stripe.ledger()[0]["refunded"] == 400
    order.refresh_from_db()
    assert order.amount_refunded == 4
    assert_audit_passes()


def test_a_pending_refund_can_fail(ada, amy, order, fake_stripe):
    path = f"{post(ada, order, 'pm_card_pendingRefund')['Location']}refunds/"
    assert amy.post(path).json()["status"] == "pending"
    assert amy.post(path).json()["code"] == "refund_limit"
    refund = Refund.objects.get()
    fake_stripe.finish_refund(refund.provider_reference, succeed=False)
    assert jobs.settle_payments() == 1
    refund.refresh_from_db()
    assert (refund.status, Payment.objects.get().amount_refunded) == ("failed", 0)
    shown = ada.get(path).json()["refunds"][0]
    assert (shown["failure_code"], shown["failure_detail"][:23]) == (
        "account_closed",
        "The card or account tha",
    )
    assert stored_statuses(order) == ("succeeded", "paid", 9)
    assert_audit_passes()


@on_one_database
def test_a_request_ends_while_stripe_hangs(ada, order, fake_stripe):
    """It takes eight seconds. A second request of the same time would need twice as long."""
    fake_stripe.fail("hang_after", CONFIRM, times=None, seconds=300)
    started_at = time.monotonic()
    assert post(ada, order, "pm_card_visa").json()["status"] == "pending"
    assert time.monotonic() - started_at < 15
    fake_stripe.fail("rate_limit", INTENTS, times=0)
    assert jobs.settle_payments() == 1
    assert stored_statuses(order) == ("succeeded", "paid", 9)


@pytest.fixture
def refusals():
    """Return a function that reads how many refusals the metrics count."""
    registry = recorder.start().registry
    name, labels = "shop_gateway_refusals_total", {"gateway": "stripe"}
    yield lambda reason: registry.get_sample_value(name, {**labels, "reason": reason})
    recorder.stop()


def test_a_payment_with_a_revoked_key_fails_and_is_reported(
    ada, order, settings, fake_stripe, caplog, refusals
):
    settings.STRIPE_SECRET_KEY = "sk_test_wrong_and_secret"
    answer = post(ada, order, "pm_card_visa").json()
    assert (answer["status"], answer["failure_code"]) == ("failed", "provider_unavailable")
    assert answer["failure_detail"].startswith("The payment service could not process")
    errors = [record.message for record in caplog.records if record.levelname == "ERROR"]
    assert len(errors) == 1
    assert "AuthenticationError 401" in errors[0]
    assert "wrong_and_secret" not in caplog.text
    assert refusals("AuthenticationError") == 1
    settings.STRIPE_SECRET_KEY = fake_stripe.key
    assert post(ada, order, "pm_card_visa").json()["status"] == "succeeded"
    assert_audit_passes()


@pytest.mark.parametrize("path", [CREATE, CONFIRM])
def test_a_token_is_tried_again_while_stripe_has_too_many_requests(
    ada, order, fake_stripe, caplog, path
):
    fake_stripe.fail("rate_limit", path, method="POST", times=1)
    assert post(ada, order, "pm_card_visa").json()["status"] == "succeeded"
    assert [charge["captured"] for charge in fake_stripe.ledger()] == [900]
    assert "ERROR" not in caplog.text


def test_a_payment_fails_if_stripe_has_too_many_requests_for_long(
    ada, order, fake_stripe, caplog, monkeypatch, refusals
):
    monkeypatch.setattr(client, "_PAUSES", (0.0, 0.0))
    fake_stripe.fail("rate_limit", CONFIRM, method="POST", times=3)
    answer = post(ada, order, "pm_card_visa").json()
    assert (answer["status"], answer["failure_code"]) == ("failed", "provider_unavailable")
    assert fake_stripe.state()["intents"][0]["status"] == "canceled"
    assert "ERROR" in caplog.text
    assert refusals("RateLimitError") == 1
    assert post(ada, order, "pm_card_visa").json()["status"] == "succeeded"
    assert_audit_passes()


def test_an_intent_of_another_amount_is_not_accepted(ada, order, caplog):
    post(ada, order)
    Order.objects.filter(pk=order.pk).update(total="9.01", subtotal="9.01")
    Payment.objects.update(amount="9.01")
    assert jobs.settle_payments() == 0
    assert Payment.objects.get().status == "requires_action"
    assert "invalid response" in caplog.text


@pytest.mark.parametrize(
    ("amount", "currency", "minor"),
    [
        ("4.50", "USD", 450),
        ("500.00", "JPY", 500),
        ("1.230", "KWD", 1230),
        ("7.00", "ISK", 700),
        ("9999999999.99", "EUR", 999999999999),
    ],
)
def test_amounts_are_converted_to_the_smallest_unit(amount, currency, minor):
    assert to_minor(Decimal(amount), currency) == minor
    assert from_minor(minor, currency) == Decimal(amount)


@pytest.mark.parametrize(
    ("amount", "currency"), [("0.001", "USD"), ("0.50", "JPY"), ("1.234", "KWD"), ("7.01", "ISK")]
)
def test_an_amount_that_the_currency_cannot_represent_is_refused(amount, currency):
    with pytest.raises(ValueError, match="cannot represent the amount"):
        to_minor(Decimal(amount), currency)


def test_a_charge_that_may_still_be_made_is_not_cancelled_for_half_a_minute(
    ada, order, fake_stripe
):
    fake_stripe.fail("error_kept", CREATE, method="POST", times=2)
    path = post(ada, order, "pm_card_visa")["Location"]
    make_older(Payment.objects.get(), seconds=20)
    assert ada.post(f"{path}cancel/").json()["status"] == "pending"
    assert stored_statuses(order) == ("pending", "pending", 0)
    make_older(Payment.objects.get(), seconds=11)
    assert ada.post(f"{path}cancel/").json()["status"] == "cancelled"
    assert fake_stripe.ledger() == []


def test_a_checkout_passes_the_page_to_return_to(ada, tea, fake_stripe):
    body = {
        "cart_id": fill_cart(ada.user, tea),
        "expected_total": "4.50",
        "payment_method": "stripe",
        "payment_token": "pm_card_visa",
        "return_url": "https://tea.example/thanks",
    }
    answer = ada.post("/api/checkout/", body)
    assert (answer.status_code, answer.json()["status"]) == (201, "paid")
    created, confirmed = fake_stripe.requests()
    methods = created["form"]["automatic_payment_methods"]
    assert methods["allow_redirects"] == "always"
    assert confirmed["form"]["return_url"] == "https://tea.example/thanks"
    assert_audit_passes()


def test_stripe_gets_what_its_checks_for_fraud_compare(ada, tea, fake_stripe, settings):
    cart_id = fill_cart(ada.user, tea)
    address = {**EXAMPLE, "phone": "+493012345678"}
    assert ada.patch("/api/cart/", {"shipping_address": address}).status_code == 200
    body = {"cart_id": cart_id, "expected_total": "4.50", "payment_method": "stripe"}
    placed = ada.post("/api/checkout/", body | {"payment_token": "pm_card_visa"}).json()
    assert placed["status"] == "paid"
    created = fake_stripe.requests()[0]["form"]
    assert created["receipt_email"] == ada.user.email
    assert created["statement_descriptor_suffix"] == f"ORDER {placed['number']}"
    assert created["shipping"] == {
        "name": "Ada Lovelace",
        "phone": "+493012345678",
        "address": {
            "line1": "Torstraße 1",
            "postal_code": "10119",
            "city": "Berlin",
            "country": "DE",
        },
    }
    settings.STRIPE_RECEIPTS = False
    post(ada, place_order(ada.user, tea))
    assert "receipt_email" not in fake_stripe.requests()[-1]["form"]


def test_an_intent_is_found_although_its_order_has_changed(ada, order, fake_stripe):
    """Stripe refuses to repeat a key with other parameters, which shows that the intent exists."""
    fake_stripe.fail("drop_after", CREATE, method="POST", times=2)
    assert post(ada, order).json()["status"] == "pending"
    Order.objects.filter(pk=order.pk).update(email="new@example.com")
    assert jobs.settle_payments() == 1
    payment = Payment.objects.get()
    assert [each["id"] for each in fake_stripe.state()["intents"]] == [payment.provider_reference]
    assert payment.status == "requires_action"
