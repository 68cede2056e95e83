"""Payments that are captured in parts: each shipment takes what it costs, and never a cent more."""

from datetime import timedelta
from decimal import Decimal
from functools import partial

import pytest
from django.core.management import CommandError, call_command
from django.db.models import F

from catalog.factories import ProductFactory
from orders.factories import place_order
from orders.models import Fulfilment, Order
from orders.services import begin_fulfilment
from payments import jobs
from payments.factories import pay
from payments.gateways import GatewayUnavailable
from payments.gateways.demo import DemoGateway
from payments.models import DemoCapture, DemoCharge, LedgerEntry, Payment
from shop.testing.assertions import assert_audit_passes, statuses
from shop.testing.races import at_once


@pytest.fixture(autouse=True)
def _in_parts(settings):
    settings.PAYMENT_CAPTURE = "on_shipment"
    settings.DEMO_MULTIPLE_CAPTURES = True


@pytest.fixture
def pen(db):
    return ProductFactory(name="Pen", price="3.33", stock=10)


@pytest.fixture
def order(ada, pen):
    """Return an authorised order of three pens for 9.99."""
    placed = place_order(ada.user, pen, quantity=3)
    pay(placed)
    return placed


def ship(caller, order, quantity=None):
    item = order.items.get()
    body = {"items": [{"product_id": item.product_id, "quantity": quantity}]} if quantity else {}
    return caller.post(f"/api/orders/{order.pk}/fulfilments/", body)


def state(order):
    """Return what is stored of an order and its only payment."""
    order.refresh_from_db()
    payment = Payment.objects.get(order=order)
    words = f"{order.status} {order.payment_status} {order.fulfilment_status} {payment.status}"
    amounts = (order.amount_paid, payment.amount_captured, payment.amount_capturable)
    assert DemoCharge.objects.get().captured in {None, payment.amount_captured}
    return words, *(str(amount) for amount in amounts)


def captures():
    entries = LedgerEntry.objects.filter(kind="captured").order_by("pk")
    return [(number, str(amount)) for number, amount in entries.values_list("number", "amount")]


def cut_off(monkeypatch, *, before: bool):
    """Let the gateway not answer to captures, before or after it has captured."""
    capture = DemoGateway.capture

    def fail(self, charge, *, amount):
        if not before:
            capture(self, charge, amount=amount)
        raise GatewayUnavailable("no answer")

    monkeypatch.setattr(DemoGateway, "capture", fail)


def test_each_shipment_captures_its_share_and_the_last_one_the_rest(ada, amy, order):
    assert ship(amy, order, 1).status_code == 201
    partly = "confirmed partly_paid partly_fulfilled succeeded"
    assert state(order) == (partly, "3.33", "3.33", "6.66")
    body = ada.get(f"/api/payments/{Payment.objects.get().pk}/").json()
    assert (body["amount_captured"], body["amount_capturable"]) == ("3.33", "6.66")
    shown = ada.get(f"/api/orders/{order.pk}/").json()
    assert (shown["amount_due"], shown["can_pay"]) == ("6.66", False)
    assert jobs.settle_payments() == 0
    assert_audit_passes()
    assert ship(amy, order).status_code == 201
    assert state(order) == ("shipped paid fulfilled succeeded", "9.99", "9.99", "0.00")
    assert captures() == [(1, "3.33"), (2, "6.66")]
    assert "amount_capturable" not in ada.get(f"/api/payments/{Payment.objects.get().pk}/").json()
    assert_audit_passes()


def test_shares_are_exact_with_a_discount_and_shipping(ada, amy, pen):
    """Three pens cost 9.99 − 0.50, and shipping 4.00: 7.16, then 3.17, then 3.16."""
    order = place_order(ada.user, pen, quantity=3)
    order.items.update(discount=Decimal("0.50"))
    amounts = {"discount_total": Decimal("0.50"), "shipping_total": Decimal(4)}
    Order.objects.update(**amounts, total=Decimal("13.49"))
    pay(Order.objects.get())
    shares = []
    for paid in ("7.16", "10.33", "13.49"):
        assert ship(amy, order, 1).status_code == 201
        shares.append(state(order)[1])
        assert shares[-1] == paid
    assert [amount for _, amount in captures()] == ["7.16", "3.17", "3.16"]


def test_the_order_takes_no_other_payment_for_what_is_authorised(ada, amy, order):
    ship(amy, order, 1)
    answer = ada.post("/api/payments/", {"order_id": order.pk, "payment_method": "card"})
    assert (answer.status_code, answer.json()["code"]) == (409, "payment_in_progress")
    order.refresh_from_db()
    assert order.amount_committed == Decimal("9.99")


def test_cancelled_items_are_not_captured_and_the_rest_is_released(ada, amy, order):
    ship(amy, order, 1)
    items = [{"product_id": order.items.get().product_id, "quantity": 1}]
    path = f"/api/orders/{order.pk}/cancel-items/"
    assert amy.post(path, {"items": items}).status_code == 200
    assert ship(amy, order).status_code == 201
    assert state(order) == ("shipped paid fulfilled succeeded", "6.66", "6.66", "3.33")
    assert jobs.settle_payments() == 1
    assert state(order)[1:] == ("6.66", "6.66", "0.00")
    assert DemoCharge.objects.get().capturable == 0
    order.refresh_from_db()
    assert order.amount_committed == Decimal("6.66")
    assert_audit_passes()


def test_nothing_more_is_shipped_after_the_authorisation_has_ended(ada, amy, order):
    ship(amy, order, 1)
    DemoCharge.objects.update(capturable=0)
    answer = ship(amy, order, 1)
    assert (answer.status_code, answer.json()["code"]) == (409, "payment_not_captured")
    assert state(order)[1:] == ("3.33", "3.33", "0.00")
    again = ship(amy, order, 1)
    assert again.json()["payment_status"] == "partly_paid"
    assert Fulfilment.objects.count() == 1
    assert ada.get(f"/api/orders/{order.pk}/").json()["can_pay"] is True
    assert_audit_passes()
    other = ada.post("/api/payments/", {"order_id": order.pk, "payment_method": "card"})
    assert (other.json()["status"], other.json()["amount"]) == ("authorised", "6.66")
    assert ship(amy, order).status_code == 201
    order.refresh_from_db()
    assert (order.status, order.amount_paid) == ("shipped", Decimal("9.99"))
    assert_audit_passes()


@pytest.mark.parametrize("before", [True, False], ids=["not captured", "captured"])
def test_a_capture_without_an_answer_is_sent_again_with_its_key(amy, order, monkeypatch, before):
    ship(amy, order, 1)
    with monkeypatch.context() as patch:
        cut_off(patch, before=before)
        answer = ship(amy, order, 1)
        assert (answer.status_code, answer.json()["code"]) == (409, "payment_not_captured")
    payment = Payment.objects.get()
    assert (payment.amount_captured, payment.capture_target) == (Decimal("3.33"), Decimal("6.66"))
    assert Fulfilment.objects.count() == 1
    path = f"/api/orders/{order.pk}/cancel-items/"
    items = [{"product_id": order.items.get().product_id, "quantity": 2}]
    assert amy.post(path, {"items": items}).json()["code"] == "payment_in_progress"
    assert jobs.settle_payments() == 1
    assert state(order)[1:] == ("6.66", "6.66", "3.33")
    assert Payment.objects.get().capture_target is None
    assert ship(amy, order, 1).status_code == 201  # its money was captured already
    assert captures() == [(1, "3.33"), (2, "3.33")]
    assert list(DemoCapture.objects.values_list("amount", flat=True)) == [Decimal("3.33")] * 2
    assert ship(amy, order).status_code == 201
    assert state(order) == ("shipped paid fulfilled succeeded", "9.99", "9.99", "0.00")
    assert_audit_passes()


def test_a_process_that_dies_after_the_capture_leaves_it_to_the_worker(amy, order, monkeypatch):
    """It died between the answer of the gateway and the transaction that records it."""
    begin_fulfilment(order_id=order.pk, actor=amy.user, units={order.items.get().product_id: 2})
    with monkeypatch.context() as patch:
        cut_off(patch, before=False)
        jobs.settle_payments()  # the fulfilment is not old enough to be continued
    assert DemoCapture.objects.count() == 0
    Fulfilment.objects.update(created_at=F("created_at") - timedelta(minutes=1))
    settle = "payments.services.payments.settle"
    with monkeypatch.context() as patch:
        patch.setattr(settle, partial(_die))
        with pytest.raises(SystemExit):
            jobs.settle_payments()
    assert DemoCharge.objects.get().captured == Decimal("6.66")
    assert Payment.objects.get().amount_captured == 0
    jobs.settle_payments()
    assert state(order)[1:] == ("6.66", "6.66", "3.33")
    assert Fulfilment.objects.get().status == "shipped"
    assert DemoCapture.objects.count() == 1
    assert_audit_passes()


def _die(**_):
    raise SystemExit


def test_refunds_follow_what_was_captured(amy, order):
    """A refund of all ends what the order owes, and what is left is released."""
    ship(amy, order, 2)
    path = f"/api/orders/{order.pk}/refunds/"
    too_much = amy.post(path, {"amount": "6.67"})
    assert (too_much.status_code, too_much.json()["code"]) == (409, "refund_limit")
    assert amy.post(path, {"amount": "1.00"}).status_code == 201
    assert ship(amy, order, 1).status_code == 201
    shipped = "shipped partly_refunded fulfilled succeeded"
    assert state(order) == (shipped, "9.99", "9.99", "0.00")
    assert amy.post(path, {}).status_code == 201
    assert state(order)[0] == "refunded refunded fulfilled refunded"
    assert_audit_passes()


def test_what_is_left_of_a_refunded_order_is_released(amy, order):
    ship(amy, order, 1)
    assert amy.post(f"/api/orders/{order.pk}/refunds/", {}).status_code == 201
    assert state(order)[1:] == ("3.33", "3.33", "6.66")
    assert jobs.settle_payments() == 1
    assert state(order)[1:] == ("3.33", "3.33", "0.00")
    assert ship(amy, order).status_code == 201
    assert state(order)[1] == "3.33"
    assert_audit_passes()


def test_staff_capture_parts_and_void_the_rest(amy, order):
    path = f"/api/payments/{Payment.objects.get().pk}/"
    body = amy.post(f"{path}capture/", {"amount": "2.50"}).json()
    assert (body["amount_captured"], body["amount_capturable"]) == ("2.50", "7.49")
    refused = amy.post(f"{path}capture/", {"amount": "7.50"})
    assert (refused.json()["code"], refused.json()["authorised"]) == ("capture_limit", "7.49")
    assert amy.post(f"{path}capture/", {"amount": "1.00"}).json()["amount_captured"] == "3.50"
    assert ship(amy, order, 1).status_code == 201  # which costs less
    assert state(order)[1:] == ("3.50", "3.50", "6.49")
    voided = amy.post(f"{path}void/").json()
    assert (voided["status"], voided["amount_captured"]) == ("succeeded", "3.50")
    assert amy.post(f"{path}void/").json()["code"] == "illegal_transition"
    assert captures() == [(1, "2.50"), (2, "1.00")]
    assert_audit_passes()


def test_the_reconciliation_records_a_capture_that_was_missed(amy, order, capsys):
    ship(amy, order, 1)
    DemoCharge.objects.update(captured=Decimal("6.66"), capturable=Decimal("3.33"))
    with pytest.raises(CommandError):
        call_command("reconcile_payments")
    assert "an event was missed" in capsys.readouterr().out
    call_command("reconcile_payments", "--fix")
    assert state(order)[1:] == ("6.66", "6.66", "3.33")
    assert captures() == [(1, "3.33"), (2, "3.33")]
    assert_audit_passes()


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("attempt", range(2))
def test_parallel_fulfilments_capture_exactly_what_is_due(amy, order, attempt):
    answers = at_once(*[partial(ship, amy, order, 1)] * 4)
    assert statuses(answers) == {201: 3, 409: 1}
    assert state(order) == ("shipped paid fulfilled succeeded", "9.99", "9.99", "0.00")
    entries = captures()
    assert [number for number, _ in entries] == list(range(1, len(entries) + 1))
    assert sum(Decimal(amount) for _, amount in entries) == Decimal("9.99")
    assert_audit_passes()
