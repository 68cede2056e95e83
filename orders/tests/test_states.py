"""Which status may follow which: the table of ``orders.states``, repeated here by hand."""

import pytest
from django.db import transaction

from orders.factories import place_order
from orders.models import Order
from orders.services.statuses import _try_to_set_status, record_payment
from orders.states import MOVES, OrderStatus

ALLOWED = {
    ("pending", "confirmed"),
    ("pending", "paid"),
    ("pending", "cancelled"),
    ("confirmed", "paid"),
    ("confirmed", "shipped"),
    ("confirmed", "cancelled"),
    ("confirmed", "refunded"),
    ("paid", "shipped"),
    ("paid", "refunded"),
    ("shipped", "delivered"),
    ("shipped", "refunded"),
    ("delivered", "refunded"),
}


def try_to_set_status(order, status):
    """Return whether the order took the status; ``paid`` is set by a payment."""
    if status != "paid":
        return _try_to_set_status(order.pk, status, actor=None)
    record_payment(order_id=order.pk, amount=order.total, actor=None)
    return order.events.filter(status="paid").exists()


def test_the_table_has_exactly_these_moves():
    moves = {(source, target) for source, targets in MOVES.items() for target in targets}
    assert moves == ALLOWED
    assert set(MOVES) == set(OrderStatus)


@pytest.mark.parametrize("now", list(OrderStatus))
def test_an_order_takes_only_a_status_that_the_table_allows(ada, tea, now):
    order = place_order(ada.user, tea)
    for wanted in OrderStatus:
        with transaction.atomic():
            assert_order_takes_only_what_the_table_allows(order, now, wanted)
            transaction.set_rollback(True)


def assert_order_takes_only_what_the_table_allows(order, now, wanted):
    columns = {"status": now, "amount_paid": order.total if now == "paid" else 0}
    if now == "refunded" or (wanted == "refunded" and now not in ("pending", "cancelled")):
        columns |= {"amount_paid": order.total, "amount_refunded": order.total}
    Order.objects.filter(pk=order.pk).update(**columns)
    is_allowed = (now, wanted) in ALLOWED
    assert try_to_set_status(order, wanted) is is_allowed
    order.refresh_from_db()
    assert order.status == (wanted if is_allowed else now)
    events = order.events.exclude(note="Order placed")
    assert events.filter(status=wanted).count() == is_allowed


@pytest.mark.parametrize(
    ("now", "then"),
    [
        ("pending", "paid"),
        ("confirmed", "paid"),
        ("shipped", "shipped"),
        ("delivered", "delivered"),
    ],
)
def test_a_payment_is_recorded_once_before_or_after_shipping(ada, tea, now, then):
    order = place_order(ada.user, tea)
    Order.objects.filter(pk=order.pk).update(status=now)
    for is_recorded in (True, False):
        assert record_payment(order_id=order.pk, amount=order.total, actor=None) is is_recorded
        order.refresh_from_db()
        assert (order.status, order.amount_paid) == (then, order.total)
        assert list(order.events.values_list("status", "note"))[1:] == [(then, "Payment received")]
    assert order.paid_at is not None


@pytest.mark.parametrize("now", ["cancelled", "refunded"])
def test_a_cancelled_or_refunded_order_takes_no_payment(ada, tea, now):
    order = place_order(ada.user, tea)
    Order.objects.filter(pk=order.pk).update(status=now)
    assert record_payment(order_id=order.pk, amount=order.total, actor=None) is False
    order.refresh_from_db()
    assert (order.status, order.amount_paid, order.paid_at) == (now, 0, None)
    assert order.events.count() == 1
