"""Refunds that the provider makes or undoes by itself."""

from functools import partial

import pytest

from orders.factories import place_order
from payments.factories import pay, refund_payment
from payments.models import LedgerEntry, Payment, ProviderEvent, Refund
from payments.tests.test_webhooks import post_event
from shop.core.models import Event
from shop.testing.assertions import assert_audit_passes, statuses
from shop.testing.races import at_once

pytestmark = pytest.mark.usefixtures("stripe_shop")


@pytest.fixture
def order(ada, tea):
    return place_order(ada.user, tea, quantity=2)


@pytest.fixture
def payment(order):
    return pay(order, method="stripe", token="pm_card_visa")


def facts(order):
    """Return the statuses of payment and order, and what was refunded of each."""
    order.refresh_from_db()
    payment = Payment.objects.get(order=order)
    return payment.status, payment.amount_refunded, order.status, order.amount_refunded


def ledger():
    return list(LedgerEntry.objects.order_by("pk").values_list("kind", "amount"))


def test_a_refund_that_fails_after_it_had_succeeded_is_undone_and_can_be_made_by_hand(
    amy, order, payment, fake_stripe, caplog
):
    refund = refund_payment(payment, actor=amy.user, restock=True)
    assert facts(order) == ("refunded", 9, "refunded", 9)
    fake_stripe.finish_refund(refund.provider_reference, succeed=False)
    for kind in ("refund.failed", "refund.updated", "refund.failed"):
        assert post_event(fake_stripe.events(kind)[-1]).status_code == 200
    assert facts(order) == ("succeeded", 0, "paid", 0)
    assert order.payment_status == "paid"
    refund.refresh_from_db()
    assert (refund.status, refund.failure_code) == ("failed", "account_closed")
    assert ledger() == [("captured", 9), ("refunded", 9), ("refund_failed", 9)]
    reversal = LedgerEntry.objects.get(kind="refund_failed")
    assert reversal.reverses.refund == refund
    assert order.events.latest("pk").note == "Refund of 9.00 failed after it had succeeded"
    event = Event.objects.get(kind="payment.refund_failed")
    assert event.data["refund_id"] == refund.pk
    assert f"refund {refund.pk} failed after it had succeeded" in caplog.text
    assert_audit_passes()
    path = f"/api/payments/{payment.pk}/refunds/"
    answer = amy.post(path, {"amount": "9.00", "by_hand": True})
    assert (answer.status_code, answer.json()["status"]) == (201, "succeeded")
    assert facts(order) == ("refunded", 9, "refunded", 9)
    assert_audit_passes()


def test_a_part_that_fails_later_leaves_the_other_refunds(amy, order, payment, fake_stripe):
    part = refund_payment(payment, "4.00", actor=amy.user)
    refund_payment(payment, "2.00", actor=amy.user)
    fake_stripe.finish_refund(part.provider_reference, succeed=False)
    assert post_event(fake_stripe.events("refund.failed")[0]).status_code == 200
    assert facts(order) == ("succeeded", 2, "paid", 2)
    assert order.payment_status == "partly_refunded"
    assert refund_payment(payment, "7.00", actor=amy.user).status == "succeeded"
    assert_audit_passes()


def test_a_late_payment_whose_refund_fails_later_waits_for_staff(ada, order, fake_stripe):
    payment = pay(order, method="stripe")
    ada.post(f"/api/orders/{order.pk}/cancel/")
    fake_stripe.pay(payment.client_secret)
    post_event(fake_stripe.events("payment_intent.succeeded")[0])
    assert facts(order) == ("refunded", 9, "cancelled", 0)
    fake_stripe.finish_refund(Refund.objects.get().provider_reference, succeed=False)
    post_event(fake_stripe.events("refund.failed")[0])
    assert facts(order) == ("refund_pending", 0, "cancelled", 0)
    assert_audit_passes()


def test_a_refund_in_the_dashboard_is_applied_when_it_is_heard(order, payment, fake_stripe):
    fake_stripe.refund_in_dashboard(payment.provider_reference, 400)
    for kind in ("charge.refunded", "refund.created", "charge.refunded"):
        assert post_event(fake_stripe.events(kind)[0]).status_code == 200
    assert facts(order) == ("succeeded", 4, "paid", 4)
    refund = Refund.objects.get()
    assert (refund.reason, refund.actor) == ("Made at the provider", None)
    fake_stripe.refund_in_dashboard(payment.provider_reference)
    assert post_event(fake_stripe.events("refund.created")[-1]).status_code == 200
    assert facts(order) == ("refunded", 9, "refunded", 9)
    assert len(fake_stripe.state()["refunds"]) == 2
    assert_audit_passes()


def test_the_refund_of_an_event_is_fetched_and_not_believed(order, payment, fake_stripe):
    fake_stripe.refund_in_dashboard(payment.provider_reference, 400)
    event = fake_stripe.events("refund.created")[0]
    event["data"]["object"]["amount"] = 900
    assert post_event(event).status_code == 200
    assert facts(order) == ("succeeded", 4, "paid", 4)


@pytest.mark.parametrize("card", ["pm_card_visa", "pm_card_pendingRefund"])
def test_a_refund_in_the_dashboard_that_never_succeeds_is_not_added(order, fake_stripe, card):
    payment = pay(order, method="stripe", token=card)
    refund = fake_stripe.refund_in_dashboard(payment.provider_reference)
    fake_stripe.finish_refund(refund["id"], succeed=False)
    for event in fake_stripe.events():
        assert post_event(event).status_code == 200
    assert facts(order) == ("succeeded", 0, "paid", 0)
    assert not Refund.objects.exists()
    assert_audit_passes()


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("attempt", range(3))
def test_events_of_a_refund_in_the_dashboard_in_parallel_add_it_once(
    order, payment, fake_stripe, attempt
):
    fake_stripe.refund_in_dashboard(payment.provider_reference, 400)
    events = [fake_stripe.events(kind)[0] for kind in ("charge.refunded", "refund.created")]
    answers = at_once(*[partial(post_event, event) for event in events * 2])
    assert statuses(answers) == {200: 4}
    assert facts(order) == ("succeeded", 4, "paid", 4)
    assert (Refund.objects.count(), ProviderEvent.objects.count()) == (1, 2)
    assert_audit_passes()


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("attempt", range(3))
def test_a_refund_that_fails_later_and_one_by_hand_in_parallel(
    amy, order, payment, fake_stripe, attempt
):
    """The money that came back is free for the refund by hand, which is refused before that."""
    refund = refund_payment(payment, actor=amy.user)
    fake_stripe.finish_refund(refund.provider_reference, succeed=False)
    events = [fake_stripe.events(kind)[-1] for kind in ("refund.updated", "refund.failed")]
    path = f"/api/payments/{payment.pk}/refunds/"
    by_hand = partial(amy.post, path, {"amount": "9.00", "by_hand": True})
    *answers, made = at_once(*[partial(post_event, event) for event in events], by_hand)
    assert statuses(answers) == {200: 2}
    assert made.status_code in (201, 409)
    returned = 9 if made.status_code == 201 else 0
    assert facts(order)[1::2] == (returned, returned)
    assert LedgerEntry.objects.filter(kind="refund_failed").count() == 1
    assert_audit_passes()
