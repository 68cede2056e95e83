"""Parallel payments, cancellations and jobs, with committed transactions."""

from functools import partial
from threading import Event

import pytest
from django.db import transaction

from catalog.models import Product
from orders.access import access_for
from orders.factories import place_order
from orders.models import Order
from payments import jobs, services
from payments.errors import PaymentInProgress, PaymentNotOpen
from payments.factories import pay
from payments.gateways import Outcome, OutcomeStatus
from payments.models import DemoCharge, Payment
from shop.core import transactions
from shop.testing.assertions import assert_audit_passes, statuses
from shop.testing.races import at_once, times, until_blocked

pytestmark = pytest.mark.django_db(transaction=True)


def pay_by_card(caller, order, token=None, **kwargs):
    body = {"order_id": order.pk, "payment_method": "card"}
    return caller.post(
        "/api/payments/", body | ({"payment_token": token} if token else {}), **kwargs
    )


def make_overdue(order):
    Order.objects.filter(pk=order.pk).update(created_at="2020-01-01T00:00:00Z")


def test_parallel_payments_of_an_order_charge_once(ada, tea):
    order = place_order(ada.user, tea)
    answers = times(8, partial(pay_by_card, ada, order))
    assert statuses(answers) == {201: 1, 409: 7}
    codes = {a.json()["code"] for a in answers if a.status_code == 409}
    assert codes <= {"payment_in_progress", "order_not_payable"}
    assert DemoCharge.objects.count() == 1
    assert_audit_passes()


def test_parallel_requests_with_one_key_charge_once(ada, tea):
    order = place_order(ada.user, tea)
    headers = {"Idempotency-Key": "pay-once"}
    answers = times(8, partial(pay_by_card, ada, order, headers=headers))
    assert statuses(answers) == {201: 8}
    assert {a.json()["payment_id"] for a in answers} == {Payment.objects.get().pk}
    assert sum("Idempotent-Replayed" not in answer for answer in answers) == 1
    assert DemoCharge.objects.count() == 1
    assert_audit_passes()


@pytest.mark.parametrize("attempt", range(8))
def test_paying_and_cancelling_an_order_in_parallel_has_one_outcome(ada, tea, attempt):
    order = place_order(ada.user, tea)
    paid, cancelled = at_once(
        partial(pay_by_card, ada, order), lambda: ada.post(f"/api/orders/{order.pk}/cancel/")
    )
    statuses([paid, cancelled])
    jobs.settle_payments()
    order.refresh_from_db()
    kept = sum(c.amount - c.refunded for c in DemoCharge.objects.filter(status="succeeded"))
    stock = Product.objects.get().stock
    if cancelled.status_code == 200:
        assert (order.status, order.amount_paid, kept, stock) == ("cancelled", 0, 0, 10)
    else:
        assert (order.status, order.amount_paid, kept, stock) == ("paid", 4.5, 4.5, 9)
    assert_audit_passes()


@pytest.mark.parametrize("attempt", range(4))
def test_confirming_and_cancelling_a_payment_in_parallel_has_one_outcome(ada, tea, attempt):
    payment = pay(place_order(ada.user, tea), token="demo_action")
    answers = at_once(
        lambda: ada.post(f"/api/payments/{payment.pk}/confirm/"),
        lambda: ada.post(f"/api/payments/{payment.pk}/cancel/"),
    )
    statuses(answers)
    payment.refresh_from_db()
    assert (payment.status, payment.order.status) in [
        ("succeeded", "paid"),
        ("cancelled", "pending"),
    ]
    assert_audit_passes()


def test_parallel_jobs_refund_a_late_payment_once(ada, tea):
    orders = [place_order(ada.user, tea) for _ in range(3)]
    for order in orders:
        pay(order, token="demo_late")
        ada.post(f"/api/orders/{order.pk}/cancel/")
    times(4, jobs.settle_payments)
    assert set(Payment.objects.values_list("status", flat=True)) == {"refunded"}
    assert set(DemoCharge.objects.values_list("refunded", flat=True)) == {tea.price}
    notes = [list(o.events.values_list("note", flat=True)) for o in orders]
    assert [n.count("Late payment refunded") for n in notes] == [1, 1, 1]
    assert_audit_passes()


@pytest.mark.parametrize("attempt", range(4))
def test_settling_and_expiring_in_parallel_has_one_outcome(ada, tea, attempt):
    order = place_order(ada.user, tea)
    payment = pay(order, token="demo_action")
    make_overdue(order)
    at_once(
        jobs.expire_orders,
        lambda: services.settle(
            payment=Payment.objects.get(pk=payment.pk),
            outcome=Outcome(OutcomeStatus.FAILED),
        ),
        jobs.expire_orders,
    )
    jobs.expire_orders()
    order.refresh_from_db()
    assert (order.status, Product.objects.get().stock) == ("cancelled", 10)
    assert order.events.filter(status="cancelled").count() == 1
    assert_audit_passes()


def test_settling_locks_the_order_before_the_payment(ada, tea, monkeypatch):
    """Beginning a payment locks in the same order. Another order could deadlock."""
    monkeypatch.setattr(transactions, "ATTEMPTS", 1)
    order = place_order(ada.user, tea)
    payment = pay(order, token="demo_action")
    held = Event()

    def begin():
        with transaction.atomic():
            Order.objects.lock(order.pk)
            held.set()
            until_blocked(1)
            with pytest.raises(PaymentInProgress):
                services.begin_payment(
                    access=access_for(ada.user), order_id=order.pk, method="card"
                )

    def settle():
        held.wait(60)
        return services.settle(payment=payment, outcome=Outcome(OutcomeStatus.SUCCEEDED)).status

    assert at_once(begin, settle) == [None, "succeeded"]


def test_settling_a_refund_locks_the_order_before_the_payment(ada, amy, tea, monkeypatch):
    monkeypatch.setattr(transactions, "ATTEMPTS", 1)
    payment = pay(place_order(ada.user, tea))
    refund_id = services.begin_refund(
        payment_id=payment.pk, amount=None, reason="", restock=False, actor=amy.user
    )
    held = Event()

    def hold():
        with transaction.atomic():
            Order.objects.lock(payment.order_id)
            held.set()
            until_blocked(1)
            return Payment.objects.filter(pk=payment.pk).update(currency="USD")

    def settle():
        held.wait(60)
        return services.send_refund(services.get_refund(refund_id)).status

    assert at_once(hold, settle) == [1, "succeeded"]


def test_parallel_recordings_of_a_bank_transfer_record_it_once(ada, amy, tea):
    payment = pay(place_order(ada.user, tea), method="bank_transfer")

    def record():
        try:
            return services.record_manual_payment(payment_id=payment.pk, actor=amy.user).status
        except PaymentNotOpen:
            return "refused"

    assert sorted(times(6, record)) == ["refused"] * 5 + ["succeeded"]
    payment.order.refresh_from_db()
    assert payment.order.amount_paid == payment.amount
    assert_audit_passes()
