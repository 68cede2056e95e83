"""Authorise first, capture when the goods go out: POST …/capture/, …/void/ and the sweep."""

from decimal import Decimal
from functools import partial

import pytest

from orders import services as orders
from orders.factories import place_order
from payments import jobs
from payments.factories import give_back, pay
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


def reload(payment):
    fresh = Payment.objects.select_related("order").get(pk=payment.pk)
    return fresh.status, fresh.order.status, fresh.amount_captured, fresh.order.amount_paid


def kinds():
    return list(LedgerEntry.objects.order_by("pk").values_list("kind", flat=True))


def test_a_card_is_authorised_and_its_order_confirmed(payment):
    assert reload(payment) == ("authorised", "confirmed", 0, 0)
    assert DemoCharge.objects.get().status == "authorised"
    assert kinds() == ["authorised"]
    assert jobs.settle_payments() == 0
    assert_audit_passes()


def test_what_was_shipped_is_captured_by_the_sweep(amy, payment):
    orders.ship_order(order_id=payment.order_id, actor=amy.user)
    assert jobs.settle_payments() == 1
    assert reload(payment) == ("succeeded", "shipped", 9, 9)
    assert kinds() == ["authorised", "captured"]
    assert jobs.settle_payments() == 0
    assert_audit_passes()


def test_staff_capture_all_of_it(amy, payment):
    answer = post(amy, payment, "capture")
    assert (answer.status_code, answer.json()["status"]) == (200, "succeeded")
    assert reload(payment) == ("succeeded", "paid", 9, 9)
    assert LedgerEntry.objects.get(kind="captured").actor == amy.user
    assert post(amy, payment, "capture").json()["code"] == "illegal_transition"
    assert_audit_passes()


def test_staff_capture_a_part_and_the_rest_is_let_go(ada, amy, payment):
    assert post(amy, payment, "capture", amount="2.50").status_code == 200
    assert reload(payment) == ("succeeded", "confirmed", Decimal("2.50"), Decimal("2.50"))
    assert DemoCharge.objects.get().captured == Decimal("2.50")
    assert_audit_passes()
    cancelled = ada.post(f"/api/orders/{payment.order_id}/cancel/")
    assert (cancelled.status_code, cancelled.json()["code"]) == (409, "illegal_transition")
    give_back(payment, actor=amy.user, restock=True)
    assert reload(payment)[:2] == ("refunded", "refunded")
    assert_audit_passes()


def test_more_than_was_authorised_is_not_captured(amy, payment):
    answer = post(amy, payment, "capture", amount="9.01")
    assert (answer.status_code, answer.json()["code"]) == (409, "capture_limit")
    assert answer.json()["authorised"] == "9.00"
    assert reload(payment) == ("authorised", "confirmed", 0, 0)
    assert kinds() == ["authorised"]


def test_staff_let_it_go_and_the_order_can_be_paid_again(ada, amy, payment):
    answer = post(amy, payment, "void")
    assert (answer.status_code, answer.json()["status"]) == (200, "cancelled")
    assert reload(payment)[:2] == ("cancelled", "confirmed")
    assert DemoCharge.objects.get().status == "cancelled"
    assert kinds() == ["authorised", "voided"]
    assert post(amy, payment, "void").json()["code"] == "illegal_transition"
    again = ada.post("/api/payments/", {"order_id": payment.order_id, "payment_method": "card"})
    assert again.json()["status"] == "authorised"
    assert_audit_passes()


def test_a_cancelled_orders_money_is_let_go_by_the_sweep(ada, amy, payment):
    ada.post(f"/api/orders/{payment.order_id}/cancel/")
    refused = post(amy, payment, "capture")
    assert (refused.status_code, refused.json()["code"]) == (409, "order_not_payable")
    assert jobs.settle_payments() == 1
    assert reload(payment) == ("cancelled", "cancelled", 0, 0)
    assert DemoCharge.objects.get().status == "cancelled"
    assert_audit_passes()


@pytest.mark.parametrize("step", ["capture", "void"])
def test_only_staff_who_may_do_it(ada, bob, anyone, payment, step):
    for caller, status in [(ada, 403), (bob, 403), (anyone, 401)]:
        assert post(caller, payment, step).status_code == status
    assert reload(payment) == ("authorised", "confirmed", 0, 0)


def test_the_customer_cancels_the_order_instead_of_the_payment(ada, payment):
    answer = post(ada, payment, "cancel")
    assert (answer.status_code, answer.json()["code"]) == (409, "illegal_transition")


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("attempt", range(4))
def test_capture_against_cancel_ends_with_the_money_or_without_it(ada, amy, payment, attempt):
    answers = at_once(
        partial(post, amy, payment, "capture"),
        lambda: ada.post(f"/api/orders/{payment.order_id}/cancel/"),
    )
    statuses(answers)
    jobs.settle_payments()
    status, order, _, paid = reload(payment)
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
def test_capture_against_void_has_one_outcome(amy, payment, attempt):
    statuses(at_once(partial(post, amy, payment, "capture"), partial(post, amy, payment, "void")))
    assert reload(payment) in [("succeeded", "paid", 9, 9), ("cancelled", "confirmed", 0, 0)]
    assert len(kinds()) == 2
    assert_audit_passes()
