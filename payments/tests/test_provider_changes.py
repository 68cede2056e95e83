"""Payments that change at the provider: bank debits, ended authorisations, lost intents."""

import logging
from datetime import UTC, datetime, timedelta

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from orders.factories import place_order
from payments import jobs
from payments.factories import make_older, pay
from payments.models import LedgerEntry, Payment
from payments.tests.test_webhooks import post_event
from shop.testing.assertions import assert_audit_passes

pytestmark = pytest.mark.usefixtures("stripe_shop")
DEBIT = "pm_usBankAccount_success"
WEEK = 7 * 86_400


@pytest.fixture
def order(ada, tea):
    return place_order(ada.user, tea, quantity=2)


def facts(order):
    order.refresh_from_db()
    payment = Payment.objects.latest("pk")
    return payment.status, order.status, order.payment_status, order.amount_paid


# -- Bank debits ----------------------------------------------------------------------------------


def test_a_bank_debit_is_processing_and_never_abandoned(ada, order, tea, fake_stripe):
    fake_stripe.permit_cancelling_what_is_processing()
    payment = pay(order, method="stripe", token=DEBIT)
    assert facts(order) == ("processing", "pending", "processing", 0)
    assert ada.get(f"/api/payments/{payment.pk}/").json()["status"] == "processing"
    shown = ada.get(f"/api/orders/{order.pk}/").json()
    assert [each["status"] for each in shown["payments"]] == ["processing"]
    again = ada.post("/api/payments/", {"order_id": order.pk, "payment_method": "card"})
    assert (again.status_code, again.json()["code"]) == (409, "payment_in_progress")
    make_older(order, days=3)
    make_older(payment, days=3)
    assert (jobs.expire_orders(), jobs.settle_payments()) == (0, 0)
    cancelled = ada.post(f"/api/payments/{payment.pk}/cancel/")
    assert (cancelled.status_code, cancelled.json()["code"]) == (409, "illegal_transition")
    assert ada.post(f"/api/payments/{payment.pk}/confirm/").json()["status"] == "processing"
    assert fake_stripe.state()["intents"][0]["status"] == "processing"
    fake_stripe.process(payment.provider_reference)
    assert post_event(fake_stripe.events("payment_intent.succeeded")[0]).status_code == 200
    assert facts(order) == ("succeeded", "paid", "paid", 9)
    assert_audit_passes()


def test_an_order_expires_after_its_bank_debit_has_failed(order, tea, fake_stripe):
    payment = pay(order, method="stripe", token=DEBIT)
    make_older(order, days=3)
    fake_stripe.process(payment.provider_reference, succeed=False)
    assert post_event(fake_stripe.events("payment_intent.payment_failed")[0]).status_code == 200
    assert facts(order)[::2] == ("failed", "unpaid")
    assert jobs.expire_orders() == 1
    assert facts(order)[:2] == ("failed", "cancelled")
    tea.refresh_from_db()
    assert tea.stock == 10
    assert_audit_passes()


def test_a_bank_debit_of_a_cancelled_order_is_refunded_when_it_arrives(ada, order, fake_stripe):
    fake_stripe.permit_cancelling_what_is_processing()
    payment = pay(order, method="stripe", token=DEBIT)
    assert ada.post(f"/api/orders/{order.pk}/cancel/").status_code == 200
    jobs.settle_payments()
    assert facts(order)[:2] == ("processing", "cancelled")
    fake_stripe.process(payment.provider_reference)
    jobs.settle_payments()
    assert facts(order)[:2] == ("refunded", "cancelled")
    assert fake_stripe.ledger()[0]["net"] == 0
    assert_audit_passes()


# -- Authorisations -------------------------------------------------------------------------------


@pytest.fixture
def authorised(order, settings):
    settings.PAYMENT_CAPTURE = "on_shipment"
    return pay(order, method="stripe", token="pm_card_visa")


def test_the_end_of_an_authorisation_is_kept_and_shown(ada, amy, order, authorised, fake_stripe):
    charge = fake_stripe.state()["charges"][0]
    stamp = charge["payment_method_details"]["card"]["capture_before"]
    ends = datetime.fromtimestamp(stamp, UTC)
    assert Payment.objects.get().capture_before == authorised.capture_before == ends
    path = f"/api/payments/{authorised.pk}/"
    for caller in (ada, amy):
        assert caller.get(path).json()["capture_before"] == ends.strftime("%Y-%m-%dT%H:%M:%SZ")
    assert amy.post(f"{path}capture/").json()["status"] == "succeeded"
    assert "capture_before" not in ada.get(path).json()


@pytest.mark.parametrize("is_heard", [True, False])
def test_an_order_owes_again_after_the_provider_has_ended_the_authorisation(
    ada, order, authorised, fake_stripe, is_heard
):
    assert facts(order) == ("authorised", "confirmed", "authorised", 0)
    if is_heard:
        fake_stripe.end_authorisation(authorised.provider_reference)
        assert post_event(fake_stripe.events("payment_intent.canceled")[0]).status_code == 200
    else:
        fake_stripe.advance_clock(WEEK + 60)
        Payment.objects.update(capture_before=timezone.now() - timedelta(seconds=1))
        assert jobs.settle_payments() == 1
    assert facts(order) == ("cancelled", "confirmed", "voided", 0)
    assert order.events.latest("pk").note == "Authorisation voided"
    kinds = list(LedgerEntry.objects.order_by("pk").values_list("kind", flat=True))
    assert kinds == ["authorised", "voided"]
    assert_audit_passes()
    body = {"order_id": order.pk, "payment_method": "stripe", "payment_token": "pm_card_visa"}
    answer = ada.post("/api/payments/", body)
    assert (answer.status_code, answer.json()["status"]) == (201, "authorised")
    assert facts(order) == ("authorised", "confirmed", "authorised", 0)
    assert_audit_passes()


def test_an_order_that_was_shipped_and_not_paid_is_named(
    order, authorised, fake_stripe, capsys, caplog
):
    """The release before ships such orders."""
    fake_stripe.end_authorisation(authorised.provider_reference)
    post_event(fake_stripe.events("payment_intent.canceled")[0])
    type(order).objects.update(status="shipped", fulfilment_status=None, payment_status=None)
    order.events.create(status="shipped")
    with pytest.raises(CommandError):
        call_command("audit")
    assert f"order {order.pk} is shipped: shipped, not paid, 9" in capsys.readouterr().out
    with pytest.raises(CommandError, match="1 differences"):
        call_command("reconcile_payments")
    line = f"Order {order.pk} was shipped, not paid: 9.00 USD is due"
    assert line in capsys.readouterr().out
    assert line in caplog.text


# -- Intents that the account does not know -------------------------------------------------------


def test_a_payment_that_the_account_does_not_know_is_given_up_after_the_payment_window(
    ada, order, tea, fake_stripe, caplog, capsys
):
    caplog.set_level(logging.INFO)
    payment = pay(order, method="stripe")
    fake_stripe.reset()  # as if the shop had the keys of another account
    make_older(payment, hours=1)
    assert (jobs.settle_payments(), jobs.expire_orders()) == (0, 0)
    assert facts(order)[:2] == ("requires_action", "pending")
    make_older(order, days=3)
    assert jobs.expire_orders() == 1
    assert facts(order)[:2] == ("cancelled", "cancelled")
    tea.refresh_from_db()
    assert tea.stock == 10
    reference = payment.provider_reference
    given_up = f"payment {payment.pk} is given up: the account does not know {reference}"
    assert given_up in [record.message for record in caplog.records if record.levelname == "ERROR"]
    with pytest.raises(CommandError, match="1 differences"):
        call_command("reconcile_payments")
    line = f"Payment {payment.pk} is cancelled, but stripe does not list it ({reference})"
    assert line in capsys.readouterr().out
    assert_audit_passes()
