"""Payments of this release and of the previous one, which works on the same database meanwhile.

The previous release knows no payment of a part, and does not write ``amount_committed``. It takes
only money for the whole order, and pays back any other as late.
"""

from functools import partial

import pytest
from django.db import OperationalError, connection, transaction
from django.db.models.functions import Now

from orders.factories import place_order
from orders.models import Order, OrderEvent
from payments import gateways, jobs
from payments.models import DemoCharge, LedgerEntry, Payment, Refund
from payments.services.charges import charge_of
from payments.states import LIVE, UNDECIDED
from shop.testing.assertions import assert_audit_passes
from shop.testing.races import at_once

pytestmark = pytest.mark.skipif(
    connection.vendor != "postgresql", reason="two releases share a database of PostgreSQL only"
)
PAY = "/api/payments/"


@pytest.fixture
def order(ada, tea):
    """An order of 9.00."""
    return place_order(ada.user, tea, quantity=2)


def pay(caller, order, amount=None, token=None):
    """Pay with the present release; return the response."""
    members = {"amount": amount, "payment_token": token}
    given = {name: value for name, value in members.items() if value is not None}
    return caller.post(PAY, {"order_id": order.pk, "payment_method": "card", **given})


def begin_as_before(order):
    """Begin a payment as the previous release does; return it, or None if it responds otherwise.

    It responds with 503 to the error of the database, so that its client repeats the request.
    """
    try:
        with transaction.atomic():
            Order.objects.select_for_update(no_key=True).get(pk=order.pk)
            if Payment.objects.filter(order=order, status__in=LIVE, is_partial=False).exists():
                return None
            return Payment.objects.create(
                order=order, method="card", amount=order.total, currency=order.currency
            )
    except OperationalError:
        return None


def settle_as_before(payment_id):
    """Take the money of an open payment as the previous release does."""
    payment = Payment.objects.get(pk=payment_id)
    gateway, charge = gateways.registered()["card"], charge_of(payment)
    outcome = gateway.confirm(charge) if payment.provider_reference else gateway.start(charge)
    with transaction.atomic():
        orders = Order.objects.filter(pk=payment.order_id)
        orders.select_for_update(no_key=True).get()
        _store_as_before(payment, outcome.reference, orders)


def _store_as_before(payment, reference, orders):
    payments, amount = Payment.objects.filter(pk=payment.pk), payment.amount
    changes = {"amount_captured": amount, "provider_reference": reference, "settled_at": Now()}
    if not payments.filter(status__in=UNDECIDED).update(status="succeeded", **changes):
        return
    entry = {"kind": "captured", "amount": amount, "reference": reference}
    LedgerEntry.objects.create(payment=payment, **entry)
    payable = orders.filter(status="pending", total=amount)
    if payable.update(status="paid", amount_paid=amount, paid_at=Now()):
        note = "Payment received"
        OrderEvent.objects.create(order_id=payment.order_id, status="paid", note=note)
        return
    payments.update(status="refund_pending", amount_refunded=amount, is_late=True)
    Refund.objects.create(payment=payment, amount=amount, reason="Late payment")


def amounts_of(order):
    order.refresh_from_db()
    return order.status, str(order.amount_paid), str(order.amount_committed)


def money_of(order):
    """Return what the gateway has taken for the order and not paid back."""
    keys = Payment.objects.filter(order=order).values("provider_key")
    charges = DemoCharge.objects.filter(key__in=keys, status="succeeded")
    return sum(charge.amount - charge.refunded for charge in charges)


@pytest.mark.django_db
def test_it_pays_back_a_part_and_takes_the_whole(ada, order):
    """Its payment of the whole is not committed, and the part is late: that is no breach."""
    part = pay(ada, order, "1.00", "demo_action").json()["payment_id"]
    settle_as_before(part)
    assert amounts_of(order) == ("pending", "0.00", "0.00")
    jobs.settle_payments()
    settle_as_before(begin_as_before(order).pk)
    assert amounts_of(order) == ("paid", "9.00", "0.00")
    assert money_of(order) == 9
    assert pay(ada, order).status_code == 409
    assert_audit_passes()


@pytest.mark.django_db
def test_it_pays_back_a_part_while_the_rest_is_being_paid(ada, order):
    """What it pays back is due again, and not covered by the other payment."""
    part, rest = [
        pay(ada, order, amount, "demo_action").json()["payment_id"] for amount in ("1.00", None)
    ]
    settle_as_before(part)
    assert amounts_of(order) == ("pending", "0.00", "8.00")
    assert begin_as_before(order) is None
    ada.post(f"{PAY}{rest}/confirm/")
    assert amounts_of(order) == ("pending", "8.00", "8.00")
    assert begin_as_before(order) is None
    assert pay(ada, order).json()["amount"] == "1.00"
    jobs.settle_payments()
    assert amounts_of(order) == ("paid", "9.00", "9.00")
    assert money_of(order) == 9
    assert_audit_passes()


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("attempt", range(3))
def test_both_begin_to_pay_one_order_at_once(ada, order, attempt):
    begun, response = at_once(partial(begin_as_before, order), partial(pay, ada, order, "1.00"))
    if begun is None:
        assert response.status_code == 201
        assert amounts_of(order) == ("pending", "1.00", "1.00")
    else:
        assert response.json()["code"] == "payment_in_progress"
        settle_as_before(begun.pk)
        assert amounts_of(order) == ("paid", "9.00", "0.00")
    assert_audit_passes()


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("attempt", range(3))
def test_it_settles_a_part_while_the_rest_begins(ada, order, attempt):
    part = pay(ada, order, "1.00", "demo_action").json()["payment_id"]
    _, response = at_once(partial(settle_as_before, part), partial(pay, ada, order))
    amount = response.json()["amount"]
    assert amounts_of(order)[1:] == (amount, amount)
    jobs.settle_payments()
    assert f"{money_of(order):.2f}" == amount
    assert_audit_passes()


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("attempt", range(3))
def test_both_settle_a_part_at_once(ada, order, attempt):
    """The first decides: the order has the money, or it is paid back."""
    part = pay(ada, order, "1.00", "demo_action").json()["payment_id"]
    at_once(partial(settle_as_before, part), lambda: ada.post(f"{PAY}{part}/confirm/"))
    jobs.settle_payments()
    assert amounts_of(order) in (("pending", "1.00", "1.00"), ("pending", "0.00", "0.00"))
    assert f"{money_of(order):.2f}" == str(order.amount_paid)
    assert_audit_passes()
