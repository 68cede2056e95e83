"""The authorised payment of an order is captured before its units are shipped."""

from datetime import timedelta
from decimal import Decimal
from functools import partial

import pytest
from django.db.models import F

from orders.factories import place_order
from orders.models import Fulfilment, Order, OrderItem
from orders.services import begin_fulfilment, cancel_order, hold_shipping
from payments import jobs
from payments.factories import pay
from payments.models import DemoCharge, LedgerEntry, Payment
from shop.testing.assertions import assert_audit_passes, statuses
from shop.testing.races import at_once


@pytest.fixture(autouse=True)
def _on_shipment(settings):
    settings.PAYMENT_CAPTURE = "on_shipment"


@pytest.fixture
def order(ada, tea):
    placed = place_order(ada.user, tea, quantity=2)
    pay(placed)
    return placed


def ship(caller, order, **body):
    return caller.post(f"/api/orders/{order.pk}/fulfilments/", body)


def state(order):
    """Return what is stored of an order and its only payment."""
    order.refresh_from_db()
    payment = Payment.objects.get(order=order)
    statuses_ = (order.status, order.payment_status, order.fulfilment_status)
    return (*statuses_, payment.status, order.amount_paid)


def test_shipping_captures_the_authorised_payment(amy, order):
    assert state(order)[:4] == ("confirmed", "authorised", "unfulfilled", "authorised")
    assert ship(amy, order).status_code == 201
    assert state(order) == ("shipped", "paid", "fulfilled", "succeeded", Decimal("9.00"))
    assert LedgerEntry.objects.get(kind="captured").actor == amy.user
    assert jobs.settle_payments() == 0
    assert_audit_passes()


def test_nothing_is_shipped_if_the_authorisation_has_ended(ada, amy, order):
    DemoCharge.objects.update(status="cancelled")
    key = {"Idempotency-Key": "ship"}
    send = partial(amy.post, f"/api/orders/{order.pk}/fulfilments/", {}, headers=key)
    for answer in (send(), send(), ship(amy, order)):
        assert (answer.status_code, answer.json()["code"]) == (409, "payment_not_captured")
        assert not Fulfilment.objects.exists()
        assert OrderItem.objects.get().quantity_left == 2
    assert state(order) == ("confirmed", "voided", "unfulfilled", "cancelled", 0)
    body = ada.get(f"/api/orders/{order.pk}/").json()
    assert (body["amount_due"], body["can_pay"], body["fulfilments"]) == ("9.00", True, [])
    again = ada.post("/api/payments/", {"order_id": order.pk, "payment_method": "card"})
    assert again.json()["status"] == "authorised"
    assert ship(amy, order).status_code == 201
    order.refresh_from_db()
    assert (order.status, order.payment_status) == ("shipped", "paid")
    assert_audit_passes()


def test_the_worker_continues_a_fulfilment_whose_request_was_interrupted(amy, order):
    begin_fulfilment(order_id=order.pk, actor=amy.user)
    assert state(order)[2:4] == ("unfulfilled", "authorised")
    assert amy.get(f"/api/orders/{order.pk}/").json()["fulfilments"][0]["status"] == "pending"
    assert_audit_passes()
    assert jobs.settle_payments() == 0
    Fulfilment.objects.update(created_at=F("created_at") - timedelta(minutes=1))
    assert jobs.settle_payments() == 1
    assert state(order) == ("shipped", "paid", "fulfilled", "succeeded", Decimal("9.00"))
    assert Fulfilment.objects.get().actor == amy.user
    assert_audit_passes()


def test_the_worker_gives_up_a_fulfilment_that_cannot_be_paid(amy, order):
    begin_fulfilment(order_id=order.pk, actor=amy.user)
    Fulfilment.objects.update(created_at=F("created_at") - timedelta(minutes=1))
    DemoCharge.objects.update(status="cancelled")
    jobs.settle_payments()
    assert not Fulfilment.objects.exists()
    assert OrderItem.objects.get().quantity_left == 2
    assert state(order)[1:4] == ("voided", "unfulfilled", "cancelled")
    assert_audit_passes()


def test_a_hold_that_arrives_during_the_capture_stops_the_shipping(amy, order):
    begin_fulfilment(order_id=order.pk, actor=amy.user)
    hold_shipping(order_id=order.pk)
    Fulfilment.objects.update(created_at=F("created_at") - timedelta(minutes=1))
    assert jobs.settle_payments() == 1
    assert not Fulfilment.objects.exists()
    assert OrderItem.objects.get().quantity_left == 2
    assert state(order) == ("paid", "paid", "unfulfilled", "succeeded", Decimal("9.00"))
    assert ship(amy, order).json()["code"] == "shipping_held"
    assert_audit_passes()


def test_an_order_cannot_be_cancelled_while_its_payment_is_captured(ada, amy, order):
    begin_fulfilment(order_id=order.pk, actor=amy.user)
    answer = ada.post(f"/api/orders/{order.pk}/cancel/")
    assert (answer.status_code, answer.json()["code"]) == (409, "illegal_transition")
    assert state(order)[0] == "confirmed"


def test_the_previous_release_may_cancel_an_order_while_its_payment_is_captured(amy, order):
    """It does not know fulfilments. What was captured is refunded, and nothing is shipped."""
    begin_fulfilment(order_id=order.pk, actor=amy.user)
    OrderItem.objects.update(quantity_fulfilled=0)
    cancel_order(order_id=order.pk, actor=None)
    OrderItem.objects.update(quantity_fulfilled=2)
    Fulfilment.objects.update(created_at=F("created_at") - timedelta(minutes=1))
    jobs.settle_payments()
    assert not Fulfilment.objects.exists()
    assert (order.status, OrderItem.objects.get().quantity_fulfilled) == ("pending", 0)
    assert state(order)[::3] == ("cancelled", "cancelled")
    assert_audit_passes()


@pytest.mark.django_db(transaction=True)
def test_parallel_fulfilments_capture_once(ada, amy, tea):
    order = place_order(ada.user, tea, quantity=3)
    pay(order)
    one = {"items": [{"product_id": tea.pk, "quantity": 1}]}
    answers = at_once(*[partial(ship, amy, order, **one)] * 4)
    assert statuses(answers) == {201: 3, 409: 1}
    assert state(order) == ("shipped", "paid", "fulfilled", "succeeded", Decimal("13.50"))
    assert LedgerEntry.objects.filter(kind="captured").count() == 1
    assert Order.objects.get().fulfilments.count() == 3
    assert_audit_passes()
