"""The scheduled jobs: settling payments, expiring orders, refunding late payments."""

import pytest
from django.core.management import call_command
from django.db import OperationalError, transaction

from catalog.models import Product
from orders import services as orders
from orders.access import access_for
from orders.factories import place_order
from orders.models import Order
from payments import gateways, jobs, services
from payments.factories import make_older, pay
from payments.gateways import GatewayUnavailable, Outcome, OutcomeStatus, registry
from payments.gateways.demo import DemoGateway
from payments.models import DemoCharge, LedgerEntry, Payment, Refund
from payments.reconciliation import corrections
from payments.services import settlement
from shop.testing.assertions import assert_audit_passes


@pytest.fixture
def order(ada, tea):
    return place_order(ada.user, tea, quantity=2)


def reload_statuses(*rows):
    for row in rows:
        row.refresh_from_db()
    return tuple(row.status for row in rows)


class UnavailableGateway(DemoGateway):
    """A provider that does not answer."""

    def start(self, charge):
        raise GatewayUnavailable("no answer")

    fetch = cancel = confirm = start

    def refund(self, charge, *, amount, key):
        raise GatewayUnavailable("no answer")


@pytest.fixture
def unavailable_gateway(monkeypatch):
    """The provider does not answer until the test calls ``undo``."""
    monkeypatch.setitem(registry._gateways, "card", UnavailableGateway())
    return monkeypatch


@pytest.mark.parametrize("token", ["demo_timeout", "demo_late"])
def test_the_job_settles_an_open_payment(ada, order, token, capsys):
    payment = pay(order, token=token)
    assert payment.status == "pending"
    call_command("settle_payments")
    assert capsys.readouterr().out == "1 payments settled\n"
    assert reload_statuses(payment, order) == ("succeeded", "paid")
    assert DemoCharge.objects.count() == 1
    assert jobs.settle_payments() == 0
    assert_audit_passes()


def test_a_payment_stays_pending_while_its_gateway_is_unavailable(ada, order, unavailable_gateway):
    body = {"order_id": order.pk, "payment_method": "card"}
    answer = ada.post("/api/payments/", body)
    assert (answer.status_code, answer.json()["status"]) == (201, "pending")
    payment = Payment.objects.get()
    make_older(payment, minutes=5)
    assert jobs.settle_payments() == 0
    assert reload_statuses(payment, order) == ("pending", "pending")
    unavailable_gateway.undo()
    assert jobs.settle_payments() == 1
    assert reload_statuses(payment, order) == ("cancelled", "pending")
    assert_audit_passes()


def test_a_new_charge_that_the_gateway_does_not_know_is_not_cancelled(order):
    begun = services.begin_payment(access=access_for(order.user), order_id=order.pk, method="card")
    assert jobs.settle_payments() == 0
    assert not DemoCharge.objects.exists()
    assert services.charge(payment=begun).status == "succeeded"


def test_an_unknown_charge_is_cancelled_at_the_gateway_first(order):
    begun = services.begin_payment(access=access_for(order.user), order_id=order.pk, method="card")
    payment = Payment.objects.get(pk=begun.pk)
    make_older(payment, seconds=31)
    assert jobs.settle_payments() == 1
    assert reload_statuses(payment, order) == ("cancelled", "pending")
    late = services.charge(payment=begun)
    assert (late.status, DemoCharge.objects.get().status) == ("cancelled", "cancelled")
    assert_audit_passes()


@pytest.mark.parametrize("outcome", list(OutcomeStatus))
def test_settling_twice_changes_nothing(order, outcome):
    payment = pay(order)
    before = list(Payment.objects.values()), list(Order.objects.values())
    settled = services.settle(payment=payment, outcome=Outcome(outcome))
    assert settled.status == "succeeded"
    assert (list(Payment.objects.values()), list(Order.objects.values())) == before
    assert order.events.count() == 2


def test_money_for_a_cancelled_order_is_refunded_once(order, capsys):
    payment = pay(order, token="demo_late")
    orders.cancel_order(order_id=order.pk, actor=order.user)
    assert jobs.settle_payments() == 1
    assert reload_statuses(payment, order) == ("refunded", "cancelled")
    assert jobs.settle_payments() == 0
    charge = DemoCharge.objects.get()
    assert (charge.status, charge.refunded) == ("succeeded", payment.amount)
    assert order.amount_paid == 0
    assert order.events.latest("pk").note == "Late payment refunded"
    assert Product.objects.get().stock == 10
    assert_audit_passes()


def test_the_job_completes_a_refund_whose_response_was_lost(order, unavailable_gateway):
    unavailable_gateway.undo()
    payment = pay(order, token="demo_timeout")
    orders.cancel_order(order_id=order.pk, actor=order.user)
    services.settle(payment=payment, outcome=Outcome(OutcomeStatus.SUCCEEDED))
    unavailable_gateway.setitem(registry._gateways, "card", UnavailableGateway())
    assert jobs.settle_payments() == 0
    assert reload_statuses(payment) == ("refund_pending",)
    unavailable_gateway.undo()
    assert jobs.settle_payments() == 1
    assert reload_statuses(payment) == ("refunded",)
    assert DemoCharge.objects.get().refunded == payment.amount
    assert_audit_passes()


def test_an_unpaid_order_expires_after_its_payment_window(order, capsys):
    assert jobs.expire_orders() == 0
    make_older(order, minutes=31)
    call_command("expire_orders")
    assert capsys.readouterr().out == "1 orders expired\n"
    assert reload_statuses(order) == ("cancelled",)
    event = order.events.latest("pk")
    assert (event.note, event.actor) == ("Not paid in time", None)
    assert Product.objects.get().stock == 10
    assert jobs.expire_orders() == 0
    assert_audit_passes()


@pytest.mark.parametrize("token", ["demo_timeout", "demo_late"])
def test_an_order_whose_charge_succeeded_does_not_expire(order, token):
    payment = pay(order, token=token)
    make_older(order, minutes=31)
    assert jobs.expire_orders() == 0
    assert reload_statuses(payment, order) == ("succeeded", "paid")
    assert_audit_passes()


def test_a_payment_that_requires_an_action_is_cancelled_with_its_expired_order(order):
    payment = pay(order, token="demo_action")
    make_older(order, minutes=31)
    assert jobs.expire_orders() == 1
    assert reload_statuses(payment, order) == ("cancelled", "cancelled")
    assert DemoCharge.objects.get().status == "cancelled"
    assert_audit_passes()


def test_an_order_does_not_expire_while_the_outcome_is_unknown(order, unavailable_gateway):
    payment = pay(order, token="demo_action")
    make_older(order, minutes=31)
    assert jobs.expire_orders() == 0
    assert reload_statuses(payment, order) == ("pending", "pending")


def test_cash_on_delivery_does_not_expire_and_is_recorded_after_delivery(order, amy):
    payment = pay(order, method="cash_on_delivery")
    make_older(order, days=30)
    make_older(payment, days=30)
    assert (jobs.expire_orders(), jobs.settle_payments()) == (0, 0)
    for step in (orders.ship_order, orders.deliver_order):
        step(order_id=order.pk, actor=amy.user)
    services.record_manual_payment(payment_id=payment.pk, actor=amy.user)
    assert reload_statuses(payment, order) == ("succeeded", "delivered")
    assert order.amount_paid == order.total
    assert order.events.latest("pk").note == "Payment received"
    assert_audit_passes()


def test_the_job_confirms_an_interrupted_cash_on_delivery_order(order):
    services.begin_payment(
        access=access_for(order.user), order_id=order.pk, method="cash_on_delivery"
    )
    jobs.settle_payments()
    assert reload_statuses(order) == ("confirmed",)


@pytest.mark.parametrize(("days", "expired", "status"), [(6, 0, "pending"), (8, 1, "cancelled")])
def test_a_bank_transfer_expires_after_seven_days(order, days, expired, status):
    payment = pay(order, method="bank_transfer")
    for row in (order, payment):
        make_older(row, days=days)
    assert jobs.settle_payments() == 0
    assert jobs.expire_orders() == expired
    assert reload_statuses(payment, order) == (status, status)
    assert_audit_passes()


def test_a_manual_payment_is_cancelled_with_its_order(order):
    payment = pay(order, method="bank_transfer")
    orders.cancel_order(order_id=order.pk, actor=order.user)
    assert jobs.settle_payments() == 1
    assert reload_statuses(payment) == ("cancelled",)


def test_an_error_in_one_payment_does_not_stop_the_others(ada, tea, caplog):
    broken = pay(place_order(ada.user, tea), token="demo_late")
    whole = pay(place_order(ada.user, tea), token="demo_late")
    Payment.objects.filter(pk=broken.pk).update(method="vanished")
    assert jobs.settle_payments() == 1
    assert reload_statuses(broken, whole) == ("pending", "succeeded")
    assert f"Payment {broken.pk} could not be settled" in caplog.text


@pytest.mark.django_db(transaction=True)
def test_a_gateway_cannot_be_called_inside_a_transaction():
    with transaction.atomic(), pytest.raises(RuntimeError, match="inside a transaction"):
        gateways.call_outside_transaction(lambda: None)
    assert gateways.call_outside_transaction(lambda: "called") == "called"


class Deadlock(Exception):
    """The driver's error when PostgreSQL has undone a transaction."""

    sqlstate = "40P01"


@pytest.fixture
def deadlock_once(monkeypatch):
    """A function that makes the next call of a module's function fail after its work."""

    def begin(module, name):
        function, calls = getattr(module, name), []

        def fail_at_first(*args, **kwargs):
            result = function(*args, **kwargs)
            calls.append(result)
            if len(calls) == 1:
                raise OperationalError from Deadlock()
            return result

        monkeypatch.setattr(module, name, fail_at_first)
        return calls

    return begin


@pytest.mark.django_db(transaction=True)
def test_a_repeated_settlement_notes_the_voided_authorisation(ada, tea, settings, deadlock_once):
    settings.PAYMENT_CAPTURE = "on_shipment"
    order = place_order(ada.user, tea)
    payment = pay(order)
    calls = deadlock_once(settlement, "add_ledger_entry")
    services.void_payment(payment=payment, actor=None)
    assert len(calls) == 2
    assert order.events.latest("pk").note == "Authorisation voided"
    assert_audit_passes()


@pytest.mark.django_db(transaction=True)
def test_a_repeated_correction_refunds_the_unexpected_capture(order, deadlock_once):
    payment = pay(order)
    Payment.objects.filter(pk=payment.pk).update(status="cancelled", amount_captured=0)
    LedgerEntry.objects.filter(payment=payment).update(kind="voided")
    Order.objects.filter(pk=order.pk).update(status="pending", amount_paid=0, paid_at=None)
    payment.refresh_from_db()
    calls = deadlock_once(corrections, "add_ledger_entry")
    refunded = corrections.refund_unexpected_capture(payment, payment.amount)
    assert len(calls) == 2
    assert (refunded.status, refunded.is_late) == ("refunded", True)
    assert Refund.objects.get().status == "succeeded"


def test_a_run_that_was_out_of_time_is_continued_by_the_next_one(ada, tea, monkeypatch):
    """So payments at the beginning that take all of the time do not keep the others waiting."""
    payments = [pay(place_order(ada.user, tea), token="demo_late") for _ in range(5)]
    tried = []
    monkeypatch.setattr(jobs, "_last_pk", {})

    def record(payment):
        tried.append(payment.pk)
        return False

    monkeypatch.setattr(jobs, "_settle_payment", record)
    for _ in range(3):
        answers = iter([False, False, True, False])
        monkeypatch.setattr(jobs.jobs, "is_time_over", lambda answers=answers: next(answers, True))
        jobs.settle_payments()
    pks = [payment.pk for payment in payments]
    assert tried == [*pks[:2], *pks[2:4], pks[4], pks[0]]
