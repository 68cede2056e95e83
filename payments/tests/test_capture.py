"""Authorised payments: POST …/capture/, POST …/void/, and the scheduled job."""

from decimal import Decimal
from functools import partial

import pytest

from orders.factories import place_order
from orders.models import Fulfilment, Order, OrderEvent
from payments import jobs
from payments.factories import pay, refund_payment
from payments.models import DemoCharge, LedgerEntry, Payment
from shop.testing.assertions import assert_audit_passes, statuses
from shop.testing.races import at_once


@pytest.fixture(autouse=True)
def _on_shipment(settings):
    settings.PAYMENT_CAPTURE = "on_shipment"


@pytest.fixture
def payment(ada, tea):
    return pay(place_order(ada.user, tea, quantity=2))


def post(caller, payment, step, **body):
    return caller.post(f"/api/payments/{payment.pk}/{step}/", body)


def reload_statuses(payment):
    fresh = Payment.objects.select_related("order").get(pk=payment.pk)
    return fresh.status, fresh.order.status, fresh.amount_captured, fresh.order.amount_paid


def kinds():
    return list(LedgerEntry.objects.order_by("pk").values_list("kind", flat=True))


def test_a_card_is_authorised_and_its_order_confirmed(payment):
    assert reload_statuses(payment) == ("authorised", "confirmed", 0, 0)
    assert DemoCharge.objects.get().status == "authorised"
    assert kinds() == ["authorised"]
    assert jobs.settle_payments() == 0
    assert_audit_passes()


def test_the_job_captures_the_payment_of_an_order_that_the_previous_release_shipped(payment):
    Order.objects.filter(pk=payment.order_id).update(status="shipped")
    OrderEvent.objects.create(order_id=payment.order_id, status="shipped")
    assert jobs.settle_payments() == 1
    assert reload_statuses(payment) == ("succeeded", "shipped", 9, 9)
    assert kinds() == ["authorised", "captured"]
    assert Fulfilment.objects.get().items.get().quantity == 2
    assert jobs.settle_payments() == 0
    assert_audit_passes()


def test_staff_capture_the_whole_amount(amy, payment):
    answer = post(amy, payment, "capture")
    assert (answer.status_code, answer.json()["status"]) == (200, "succeeded")
    assert reload_statuses(payment) == ("succeeded", "paid", 9, 9)
    assert LedgerEntry.objects.get(kind="captured").actor == amy.user
    assert post(amy, payment, "capture").json()["code"] == "illegal_transition"
    assert_audit_passes()


def test_staff_capture_a_part_and_the_rest_is_released(ada, amy, payment):
    assert post(amy, payment, "capture", amount="2.50").status_code == 200
    assert reload_statuses(payment) == ("succeeded", "confirmed", Decimal("2.50"), Decimal("2.50"))
    assert DemoCharge.objects.get().captured == Decimal("2.50")
    assert_audit_passes()
    cancelled = ada.post(f"/api/orders/{payment.order_id}/cancel/")
    assert (cancelled.status_code, cancelled.json()["code"]) == (409, "illegal_transition")
    refund_payment(payment, actor=amy.user, restock=True)
    assert reload_statuses(payment)[:2] == ("refunded", "refunded")
    assert_audit_passes()


def test_a_capture_cannot_exceed_the_authorised_amount(amy, payment):
    answer = post(amy, payment, "capture", amount="9.01")
    assert (answer.status_code, answer.json()["code"]) == (409, "capture_limit")
    assert answer.json()["authorised"] == "9.00"
    assert reload_statuses(payment) == ("authorised", "confirmed", 0, 0)
    assert kinds() == ["authorised"]


def test_staff_void_a_payment_and_its_order_can_be_paid_again(ada, amy, payment):
    answer = post(amy, payment, "void")
    assert (answer.status_code, answer.json()["status"]) == (200, "cancelled")
    assert reload_statuses(payment)[:2] == ("cancelled", "confirmed")
    assert DemoCharge.objects.get().status == "cancelled"
    assert kinds() == ["authorised", "voided"]
    assert post(amy, payment, "void").json()["code"] == "illegal_transition"
    again = ada.post("/api/payments/", {"order_id": payment.order_id, "payment_method": "card"})
    assert again.json()["status"] == "authorised"
    assert_audit_passes()


def test_the_job_voids_the_payment_of_a_cancelled_order(ada, amy, payment):
    ada.post(f"/api/orders/{payment.order_id}/cancel/")
    refused = post(amy, payment, "capture")
    assert (refused.status_code, refused.json()["code"]) == (409, "order_not_payable")
    assert jobs.settle_payments() == 1
    assert reload_statuses(payment) == ("cancelled", "cancelled", 0, 0)
    assert DemoCharge.objects.get().status == "cancelled"
    assert_audit_passes()


@pytest.mark.parametrize("step", ["capture", "void"])
def test_capture_and_void_need_the_permission(ada, bob, anyone, payment, step):
    for caller, status in [(ada, 403), (bob, 403), (anyone, 401)]:
        assert post(caller, payment, step).status_code == status
    assert reload_statuses(payment) == ("authorised", "confirmed", 0, 0)


def test_buyers_cannot_cancel_an_authorised_payment(ada, payment):
    answer = post(ada, payment, "cancel")
    assert (answer.status_code, answer.json()["code"]) == (409, "illegal_transition")


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("attempt", range(4))
def test_capturing_and_cancelling_the_order_in_parallel_has_one_outcome(ada, amy, payment, attempt):
    answers = at_once(
        partial(post, amy, payment, "capture"),
        lambda: ada.post(f"/api/orders/{payment.order_id}/cancel/"),
    )
    statuses(answers)
    jobs.settle_payments()
    status, order, _, paid = reload_statuses(payment)
    assert (status, order, paid) in [
        ("succeeded", "paid", 9),
        ("refunded", "cancelled", 0),
        ("cancelled", "cancelled", 0),
    ]
    charge = DemoCharge.objects.get()
    kept = charge.amount - charge.refunded if charge.status == "succeeded" else 0
    assert kept == paid
    assert_audit_passes()


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("attempt", range(4))
def test_capturing_and_voiding_in_parallel_has_one_outcome(amy, payment, attempt):
    statuses(at_once(partial(post, amy, payment, "capture"), partial(post, amy, payment, "void")))
    assert reload_statuses(payment) in [
        ("succeeded", "paid", 9, 9),
        ("cancelled", "confirmed", 0, 0),
    ]
    assert len(kinds()) == 2
    assert_audit_passes()
