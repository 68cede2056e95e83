"""POST /api/webhooks/stripe/."""

import json
import time
from functools import partial

import pytest
from rest_framework.test import APIClient

from orders.access import access_for
from orders.factories import place_order
from payments import jobs, services
from payments.factories import pay, refund_payment
from payments.models import LedgerEntry, Payment, ProviderEvent, Refund
from payments.tests.fake_stripe.client import WEBHOOK_SECRET, sign, signature
from shop.testing.assertions import assert_audit_passes, statuses
from shop.testing.races import at_once

pytestmark = pytest.mark.usefixtures("stripe_shop")
HOOK = "/api/webhooks/stripe/"


@pytest.fixture
def order(ada, tea):
    return place_order(ada.user, tea, quantity=2)


def post_event(event, client=None, *, signature=None, **kwargs):
    body, signed = sign(event, **kwargs)
    return (client or APIClient(raise_request_exception=False)).generic(
        "POST",
        HOOK,
        body,
        content_type="application/json; charset=utf-8",
        headers={"Stripe-Signature": signed if signature is None else signature},
    )


def succeeded(fake):
    return fake.events("payment_intent.succeeded")[0]


def stored_statuses(order):
    order.refresh_from_db()
    return Payment.objects.get(order=order).status, order.status, order.amount_paid


@pytest.fixture
def paid_by_app(order, fake_stripe):
    """A payment that the buyer's app has completed at Stripe, and the shop has not settled."""
    payment = pay(order, method="stripe")
    fake_stripe.pay(payment.client_secret)
    return payment


def test_an_event_settles_its_payment_and_a_duplicate_changes_nothing(
    paid_by_app, order, fake_stripe
):
    answer = post_event(succeeded(fake_stripe))
    assert (answer.status_code, answer.json()) == (200, {"received": True})
    assert stored_statuses(order) == ("succeeded", "paid", 9)
    calls = len(fake_stripe.requests("GET"))
    assert post_event(succeeded(fake_stripe)).status_code == 200
    assert len(fake_stripe.requests("GET")) == calls
    event = ProviderEvent.objects.get()
    assert (event.kind, event.payment) == ("payment_intent.succeeded", paid_by_app)
    assert order.events.filter(note="Payment received").count() == 1
    assert_audit_passes()


@pytest.mark.parametrize("backwards", [False, True])
def test_events_in_any_order_have_the_same_result(paid_by_app, order, fake_stripe, backwards):
    events = fake_stripe.events()
    for event in reversed(events) if backwards else events:
        assert post_event(event).status_code == 200
    assert stored_statuses(order) == ("succeeded", "paid", 9)
    assert ProviderEvent.objects.count() == len(events) > 2
    assert_audit_passes()


def test_events_of_settled_payments_do_not_call_the_gateway(paid_by_app, order, fake_stripe, amy):
    """A payment has five events. If each called the gateway, they would take the buyers' slots."""
    post_event(succeeded(fake_stripe))
    refund = refund_payment(paid_by_app, "4.50", actor=amy.user)
    assert refund.status == "succeeded"
    calls = len(fake_stripe.requests("GET"))
    for event in fake_stripe.events():
        assert post_event(event).status_code == 200
    assert len(fake_stripe.requests("GET")) == calls
    assert ProviderEvent.objects.count() == len(fake_stripe.events()) == 5
    assert_audit_passes()


def test_an_event_finds_a_payment_whose_reference_is_not_stored_yet(order, fake_stripe):
    begun = services.begin_payment(
        access=access_for(order.user), order_id=order.pk, method="stripe"
    )
    services.charge(payment=begun, token="pm_card_visa")
    Payment.objects.update(
        status="pending", provider_reference="", amount_captured=0, settled_at=None
    )
    LedgerEntry.objects.all().delete()
    order.events.filter(status="paid").delete()
    type(order).objects.update(status="pending", amount_paid=0, paid_at=None)
    made = len(fake_stripe.requests())
    assert post_event(succeeded(fake_stripe)).status_code == 200
    assert stored_statuses(order) == ("succeeded", "paid", 9)
    assert len(fake_stripe.requests()) == made
    assert_audit_passes()


def test_an_event_of_an_unknown_payment_is_recorded(order, fake_stripe, stripe_api, db):
    intent = stripe_api.payment_intents.create({"amount": 500, "currency": "usd"})
    assert post_event(fake_stripe.events()[0]).status_code == 200
    assert ProviderEvent.objects.get().payment is None
    assert intent.id
    assert not Payment.objects.exists()


def test_a_late_payment_is_refunded_once(ada, paid_by_app, order, fake_stripe):
    ada.post(f"/api/orders/{order.pk}/cancel/")
    for _ in range(2):
        assert post_event(succeeded(fake_stripe)).status_code == 200
    assert stored_statuses(order) == ("refunded", "cancelled", 0)
    assert fake_stripe.ledger()[0]["refunded"] == 900
    assert len(fake_stripe.state()["refunds"]) == 1
    assert_audit_passes()


def test_the_state_in_an_event_is_not_used(order, fake_stripe):
    pay(order, method="stripe")
    event = fake_stripe.events("payment_intent.created")[0]
    event["type"] = "payment_intent.succeeded"
    event["data"]["object"] |= {"status": "succeeded", "amount_received": 900}
    assert post_event(event).status_code == 200
    assert stored_statuses(order) == ("requires_action", "pending", 0)


def test_a_pending_refund_is_settled_by_its_event(order, amy, fake_stripe):
    payment = pay(order, method="stripe", token="pm_card_pendingRefund")
    refund = refund_payment(payment, actor=amy.user)
    assert refund.status == "pending"
    fake_stripe.finish_refund(refund.provider_reference)
    assert post_event(fake_stripe.events("refund.updated")[-1]).status_code == 200
    assert Refund.objects.get().status == "succeeded"
    assert stored_statuses(order)[:2] == ("refunded", "refunded")
    assert_audit_passes()


def test_an_event_can_be_sent_again_after_stripe_was_unreachable(paid_by_app, order, fake_stripe):
    fake_stripe.fail("drop", "/v1/payment_intents/*", times=2)
    answer = post_event(succeeded(fake_stripe))
    assert (answer.status_code, answer.json()["code"]) == (503, "unavailable")
    assert not ProviderEvent.objects.exists()
    assert post_event(succeeded(fake_stripe)).status_code == 200
    assert stored_statuses(order) == ("succeeded", "paid", 9)


FORGED = {
    "no signature": {"signature": ""},
    "another secret": {"secrets": ["whsec_other"]},
    "too old": {"at": time.time() - 310},
    "in the future": {"at": time.time() + 100_000},
    "malformed": {"signature": "t=x,v1=y"},
    "not ASCII": {"signature": f"t={int(time.time())},v1=é"},
    "a huge time": {"signature": f"t={'9' * 5000},v1=0"},
    "a negative time": {"signature": "t=-1,v1=0"},
}


@pytest.mark.parametrize("forged", FORGED)
def test_an_event_without_a_valid_recent_signature_is_refused(
    paid_by_app, order, fake_stripe, forged
):
    answer = post_event(succeeded(fake_stripe), **FORGED[forged])
    assert (answer.status_code, answer.json()["code"]) == (400, "signature_invalid")
    assert not ProviderEvent.objects.exists()
    assert stored_statuses(order) == ("requires_action", "pending", 0)


def test_the_signature_covers_the_exact_bytes(paid_by_app, order, fake_stripe):
    event = succeeded(fake_stripe)
    _, signature = sign(event)
    answer = APIClient().generic(
        "POST",
        HOOK,
        json.dumps(event),
        content_type="application/json",
        headers={"Stripe-Signature": signature},
    )
    assert answer.json()["code"] == "signature_invalid"


def test_each_of_two_secrets_is_accepted(paid_by_app, order, fake_stripe, settings):
    settings.STRIPE_WEBHOOK_SECRETS = ["whsec_old", "whsec_new"]
    assert (
        post_event(succeeded(fake_stripe), secrets=[fake_stripe.webhook_secret]).status_code == 400
    )
    assert (
        post_event(succeeded(fake_stripe), secrets=["whsec_gone", "whsec_new"]).status_code == 200
    )
    assert stored_statuses(order) == ("succeeded", "paid", 9)


def test_every_event_is_refused_without_a_secret(paid_by_app, fake_stripe, settings):
    settings.STRIPE_WEBHOOK_SECRETS = []
    assert post_event(succeeded(fake_stripe), secrets=[""]).status_code == 400


@pytest.mark.parametrize("event", [[], {}, {"id": "evt_1"}, {"id": "e", "type": "t", "data": 1}])
def test_a_signed_body_that_is_not_an_event_is_refused(db, event):
    assert post_event(event).status_code == 400
    assert not ProviderEvent.objects.exists()


def event_with(**changes):
    subject = {"object": "payment_intent", "id": "pi_1"}
    return {
        "id": "evt_1",
        "type": "payment_intent.succeeded",
        "data": {"object": subject},
    } | changes


@pytest.mark.parametrize(
    "body",
    [
        b"[" * 30_000,
        b'{"a":' * 5_000 + b"1" + b"}" * 5_000,
        b'{"id": ' + b"9" * 5_000 + b"}",
        b"\xff",
        json.dumps(event_with(id="evt\x00")).encode(),
        json.dumps(event_with(type="\ud800")).encode(),
        json.dumps(event_with(data={"object": {"payment_intent": "pi\x00"}})).encode(),
        json.dumps(event_with(data={"object": {"metadata": {"payment_key": "\udfff"}}})).encode(),
        json.dumps(event_with(data={"object": {"metadata": [1]}})).encode(),
    ],
)
def test_a_signed_body_that_cannot_be_stored_is_refused(db, body):
    signed = signature(body, [WEBHOOK_SECRET], int(time.time()))
    answer = APIClient(raise_request_exception=False).generic(
        "POST", HOOK, body, content_type="application/json", headers={"Stripe-Signature": signed}
    )
    assert (answer.status_code, answer.json()["code"]) == (400, "signature_invalid")
    assert not ProviderEvent.objects.exists()


def test_hostile_text_elsewhere_in_an_event_does_no_harm(paid_by_app, order, fake_stripe):
    event = succeeded(fake_stripe) | {"note": ["\x00", "\ud800", 10**400]}
    assert post_event(event).status_code == 200
    assert stored_statuses(order) == ("succeeded", "paid", 9)


def test_a_large_event_is_applied_and_a_body_over_256_kb_is_refused(
    paid_by_app, order, fake_stripe
):
    event = succeeded(fake_stripe)
    answer = post_event(event | {"padding": "x" * 262_144})
    assert (answer.status_code, answer.json()["limit"]) == (413, 262_144)
    assert not ProviderEvent.objects.exists()
    assert post_event(event | {"padding": "x" * 200_000}).status_code == 200
    assert stored_statuses(order) == ("succeeded", "paid", 9)


THIN = {"id": "evt_thin_1", "object": "v2.core.event", "created": "2026-11-26T10:00:00.000Z"}


def test_a_thin_event_is_applied_by_what_it_refers_to(paid_by_app, order, fake_stripe):
    """A thin event has no copy of its object."""
    related = {"id": paid_by_app.provider_reference, "type": "payment_intent", "url": "/v1/x"}
    event = THIN | {"type": "v1.payment_intent.succeeded", "related_object": related}
    assert post_event(event).status_code == 200
    assert stored_statuses(order) == ("succeeded", "paid", 9)
    other = THIN | {"id": "evt_thin_2", "type": "v1.billing.meter.no_meter_found"}
    assert post_event(other | {"related_object": None}).status_code == 200
    stored = ProviderEvent.objects.order_by("pk").values_list("kind", "payment")
    assert list(stored) == [
        ("v1.payment_intent.succeeded", paid_by_app.pk),
        ("v1.billing.meter.no_meter_found", None),
    ]
    assert_audit_passes()


def test_an_authorization_header_is_ignored(ada, paid_by_app, fake_stripe):
    ada.credentials(HTTP_AUTHORIZATION="Bearer nonsense")
    assert post_event(succeeded(fake_stripe), ada).status_code == 200


@pytest.mark.django_db(transaction=True)
def test_parallel_duplicates_of_an_event_are_applied_once(paid_by_app, order, fake_stripe):
    event = succeeded(fake_stripe)
    assert statuses(at_once(*[partial(post_event, event)] * 4)) == {200: 4}
    assert stored_statuses(order) == ("succeeded", "paid", 9)
    assert ProviderEvent.objects.count() == LedgerEntry.objects.count() == 1
    assert_audit_passes()


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("attempt", range(3))
def test_an_event_and_a_confirmation_in_parallel_settle_once(ada, order, fake_stripe, attempt):
    payment = pay(order, method="stripe")
    fake_stripe.pay(payment.client_secret)
    answers = at_once(
        partial(post_event, succeeded(fake_stripe)),
        lambda: ada.post(f"/api/payments/{payment.pk}/confirm/"),
        partial(post_event, succeeded(fake_stripe)),
    )
    statuses(answers)
    assert stored_statuses(order) == ("succeeded", "paid", 9)
    assert order.events.filter(note="Payment received").count() == 1
    assert_audit_passes()


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("attempt", range(3))
def test_a_refund_and_its_event_in_parallel_refund_once(amy, order, fake_stripe, attempt):
    payment = pay(order, method="stripe", token="pm_card_visa")
    fake_stripe.fail("drop_after", "/v1/refunds", method="POST", times=2)
    refund = refund_payment(payment, "4.00", actor=amy.user, restock=True)
    event = fake_stripe.events("charge.refunded")[-1]
    answers = at_once(
        partial(post_event, event),
        partial(services.send_refund, refund),
        jobs.settle_payments,
    )
    assert answers[0].status_code == 200
    jobs.settle_payments()
    order.refresh_from_db()
    assert (order.amount_refunded, fake_stripe.ledger()[0]["refunded"]) == (4, 400)
    assert LedgerEntry.objects.filter(kind="refunded").count() == 1
    assert_audit_passes()


def test_an_event_about_no_payment_is_not_matched_to_one_without_a_reference(order, fake_stripe):
    payment = services.begin_payment(
        access=access_for(order.user), order_id=order.pk, method="stripe"
    )
    assert payment.provider_reference == ""
    about = {"id": "cus_1", "object": "customer"}
    event = {"id": "evt_1", "type": "customer.created", "data": {"object": about}}
    assert post_event(event).status_code == 200
    assert ProviderEvent.objects.get().payment is None
    assert fake_stripe.requests() == []
    assert stored_statuses(order) == ("pending", "pending", 0)
