"""What happens after the request: settling, expiring, late money."""

from datetime import timedelta

import pytest
from django.core.management import call_command
from django.db import transaction
from django.db.models import F

from catalog.models import Product
from orders import services as orders
from orders.factories import place_order
from orders.models import Order
from payments import gateways, jobs, services
from payments.factories import pay
from payments.gateways import GatewayUnavailable, Outcome, OutcomeStatus, registry
from payments.gateways.demo import DemoGateway
from payments.models import DemoCharge, Payment
from shop.testing.assertions import assert_audit_passes


@pytest.fixture
def order(ada, tea):
    return place_order(ada.user, tea, quantity=2)


def age(row, **ago):
    type(row).objects.filter(pk=row.pk).update(created_at=F("created_at") - timedelta(**ago))


def reload(*rows):
    for row in rows:
        row.refresh_from_db()
    return tuple(row.status for row in rows)


class DeadGateway(DemoGateway):
    """A provider that is away."""

    def start(self, charge):
        raise GatewayUnavailable("away")

    fetch = cancel = confirm = start

    def refund(self, charge, *, amount, key):
        raise GatewayUnavailable("away")


@pytest.fixture
def dead_gateway(monkeypatch):
    """The provider is away until the test calls ``undo``."""
    monkeypatch.setitem(registry._gateways, "card", DeadGateway())
    return monkeypatch


@pytest.mark.parametrize("token", ["demo_timeout", "demo_late"])
def test_an_open_payment_is_settled_by_asking(ada, order, token, capsys):
    payment = pay(order, token=token)
    assert payment.status == "pending"
    call_command("settle_payments")
    assert capsys.readouterr().out == "1 payments settled\n"
    assert reload(payment, order) == ("succeeded", "paid")
    assert DemoCharge.objects.count() == 1
    assert jobs.settle_payments() == 0
    assert_audit_passes()


def test_a_gateway_that_is_away_leaves_the_payment_pending(ada, order, dead_gateway):
    body = {"order_id": order.pk, "payment_method": "card"}
    answer = ada.post("/api/payments/", body)
    assert (answer.status_code, answer.json()["status"]) == (201, "pending")
    payment = Payment.objects.get()
    age(payment, minutes=5)
    assert jobs.settle_payments() == 0
    assert reload(payment, order) == ("pending", "pending")
    dead_gateway.undo()
    assert jobs.settle_payments() == 1
    assert reload(payment, order) == ("cancelled", "pending")
    assert_audit_passes()


def test_a_charge_that_may_still_be_under_way_is_left_alone(order):
    begun = services.begin_payment(user=order.user, order_id=order.pk, method="card")
    assert jobs.settle_payments() == 0
    assert not DemoCharge.objects.exists()
    assert services.charge(payment=begun).status == "succeeded"


def test_a_charge_the_gateway_never_heard_of_is_given_up_there_first(order):
    begun = services.begin_payment(user=order.user, order_id=order.pk, method="card")
    payment = Payment.objects.get(pk=begun.pk)
    age(payment, seconds=31)
    assert jobs.settle_payments() == 1
    assert reload(payment, order) == ("cancelled", "pending")
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


def test_money_that_comes_after_a_cancel_goes_back_once(order, capsys):
    payment = pay(order, token="demo_late")
    orders.cancel_order(order_id=order.pk, actor=order.user)
    assert jobs.settle_payments() == 1
    assert reload(payment, order) == ("refunded", "cancelled")
    assert jobs.settle_payments() == 0
    charge = DemoCharge.objects.get()
    assert (charge.status, charge.refunded) == ("succeeded", payment.amount)
    assert order.amount_paid == 0
    assert order.events.latest("pk").note == "Late payment refunded"
    assert Product.objects.get().stock == 10
    assert_audit_passes()


def test_a_refund_whose_answer_was_lost_is_finished_later(order, dead_gateway):
    dead_gateway.undo()
    payment = pay(order, token="demo_timeout")
    orders.cancel_order(order_id=order.pk, actor=order.user)
    services.settle(payment=payment, outcome=Outcome(OutcomeStatus.SUCCEEDED))
    dead_gateway.setitem(registry._gateways, "card", DeadGateway())
    assert jobs.settle_payments() == 0
    assert reload(payment) == ("refund_pending",)
    dead_gateway.undo()
    assert jobs.settle_payments() == 1
    assert reload(payment) == ("refunded",)
    assert DemoCharge.objects.get().refunded == payment.amount
    assert_audit_passes()


def test_an_order_that_was_not_paid_in_time_expires(order, capsys):
    assert jobs.expire_orders() == 0
    age(order, minutes=31)
    call_command("expire_orders")
    assert capsys.readouterr().out == "1 orders expired\n"
    assert reload(order) == ("cancelled",)
    event = order.events.latest("pk")
    assert (event.note, event.actor) == ("Not paid in time", None)
    assert Product.objects.get().stock == 10
    assert jobs.expire_orders() == 0
    assert_audit_passes()


@pytest.mark.parametrize("token", ["demo_timeout", "demo_late"])
def test_money_that_was_taken_in_time_keeps_the_order(order, token):
    payment = pay(order, token=token)
    age(order, minutes=31)
    assert jobs.expire_orders() == 0
    assert reload(payment, order) == ("succeeded", "paid")
    assert_audit_passes()


def test_an_action_nobody_took_is_given_up_with_its_order(order):
    payment = pay(order, token="demo_action")
    age(order, minutes=31)
    assert jobs.expire_orders() == 1
    assert reload(payment, order) == ("cancelled", "cancelled")
    assert DemoCharge.objects.get().status == "cancelled"
    assert_audit_passes()


def test_an_order_does_not_expire_while_its_payment_is_unknown(order, dead_gateway):
    payment = pay(order, token="demo_action")
    age(order, minutes=31)
    assert jobs.expire_orders() == 0
    assert reload(payment, order) == ("pending", "pending")


def test_cash_on_delivery_does_not_expire_and_its_money_shows_when_it_comes(order, amy):
    payment = pay(order, method="cash_on_delivery")
    age(order, days=30)
    age(payment, days=30)
    assert (jobs.expire_orders(), jobs.settle_payments()) == (0, 0)
    for step in (orders.ship_order, orders.deliver_order):
        step(order_id=order.pk, actor=amy.user)
    services.record_manual_payment(payment_id=payment.pk, actor=amy.user)
    assert reload(payment, order) == ("succeeded", "delivered")
    assert order.amount_paid == order.total
    assert order.events.latest("pk").note == "Payment received"
    assert_audit_passes()


def test_cash_on_delivery_that_was_cut_off_is_confirmed_by_the_sweep(order):
    services.begin_payment(user=order.user, order_id=order.pk, method="cash_on_delivery")
    jobs.settle_payments()
    assert reload(order) == ("confirmed",)


@pytest.mark.parametrize(("days", "expired", "status"), [(6, 0, "pending"), (8, 1, "cancelled")])
def test_a_bank_transfer_has_seven_days(order, days, expired, status):
    payment = pay(order, method="bank_transfer")
    for row in (order, payment):
        age(row, days=days)
    assert jobs.settle_payments() == 0
    assert jobs.expire_orders() == expired
    assert reload(payment, order) == (status, status)
    assert_audit_passes()


def test_a_manual_payment_ends_with_its_order(order):
    payment = pay(order, method="bank_transfer")
    orders.cancel_order(order_id=order.pk, actor=order.user)
    assert jobs.settle_payments() == 1
    assert reload(payment) == ("cancelled",)


def test_one_row_that_fails_keeps_no_other_waiting(ada, tea, caplog):
    broken = pay(place_order(ada.user, tea), token="demo_late")
    whole = pay(place_order(ada.user, tea), token="demo_late")
    Payment.objects.filter(pk=broken.pk).update(method="vanished")
    assert jobs.settle_payments() == 1
    assert reload(broken, whole) == ("pending", "succeeded")
    assert f"{broken} could not be settled" in caplog.text


@pytest.mark.django_db(transaction=True)
def test_no_gateway_is_asked_inside_a_transaction():
    with transaction.atomic(), pytest.raises(RuntimeError, match="inside a transaction"):
        gateways.ask(lambda: None)
    assert gateways.ask(lambda: "asked") == "asked"
