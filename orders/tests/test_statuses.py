"""The statuses of an order follow from its rows: the tables of ``orders.states``, by hand."""

from decimal import Decimal

import pytest

from orders.factories import place_order
from orders.models import Fulfilment, Order, OrderItem
from orders.services import refresh_statuses
from orders.shown import amount_due, statuses_of
from orders.states import Facts, PaymentStage, derive
from shop.testing.marks import on_one_database


def facts(paid="0", refunded="0", cancelled="0", **others):
    """Return the facts of an order of 28.50 with three units."""
    return Facts(
        total=Decimal("28.50"),
        amount_cancelled=Decimal(cancelled),
        amount_paid=Decimal(paid),
        amount_refunded=Decimal(refunded),
        **{"was_paid": False, "stage": PaymentStage.NONE, "units": 3, **others},
    )


@on_one_database
@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (facts(), "pending unpaid unfulfilled None"),
        (facts(stage=PaymentStage.PROCESSING), "pending processing unfulfilled None"),
        (facts(paid="10.00"), "pending partly_paid unfulfilled None"),
        (facts(paid="10.00", refunded="10.00"), "refunded refunded unfulfilled None"),
        (facts(stage=PaymentStage.AUTHORISED, is_confirmed=True), "confirmed authorised"),
        (facts(stage=PaymentStage.VOIDED, is_confirmed=True), "confirmed voided unfulfilled"),
        (facts(is_cancelled=True), "cancelled unpaid unfulfilled None"),
        (facts(paid="28.50"), "paid paid unfulfilled None"),
        (facts(paid="18.50", cancelled="10.00"), "paid paid unfulfilled None"),
        (facts(paid="18.49", cancelled="10.00"), "pending partly_paid unfulfilled None"),
        (facts(paid="28.50", cancelled="10.00"), "paid overpaid unfulfilled None"),
        (facts(paid="28.50", refunded="9.99", cancelled="10.00"), "paid overpaid unfulfilled"),
        (facts(paid="28.50", refunded="10.00", cancelled="10.00"), "paid partly_refunded"),
        (facts(paid="28.50", refunded="0.01"), "paid partly_refunded unfulfilled None"),
        (facts(paid="28.50", fulfilled=2, delivered=2), "paid paid partly_fulfilled None"),
        (facts(is_confirmed=True, fulfilled=3), "shipped unpaid fulfilled None"),
        (facts(paid="28.50", fulfilled=3, delivered=2), "shipped paid fulfilled None"),
        (facts(paid="28.50", fulfilled=3, delivered=3), "delivered paid delivered None"),
        (facts(paid="28.50", refunded="28.50", fulfilled=3), "refunded refunded fulfilled"),
        (facts(paid="28.50", units=0, cancelled="28.50"), "paid overpaid unfulfilled None"),
        (facts(fulfilled=3, has_open_return=True), "shipped unpaid fulfilled requested"),
        (facts(fulfilled=3, returned=1), "shipped unpaid fulfilled partly_returned"),
        (facts(fulfilled=3, returned=3), "shipped unpaid fulfilled returned"),
    ],
)
def test_the_statuses_that_follow_from_facts(given, expected):
    found = derive(given)
    words = (found.status, found.payment_status, found.fulfilment_status, found.return_status)
    assert " ".join(map(str, words)).startswith(expected)


@pytest.mark.parametrize("status", ["shipped", "delivered"])
def test_what_the_previous_release_shipped_becomes_a_fulfilment(ada, tea, status):
    order = place_order(ada.user, tea, quantity=2)
    order.events.create(status="shipped")
    Order.objects.filter(pk=order.pk).update(status=status)
    order.refresh_from_db()
    shown = statuses_of(order)
    assert (shown.payment_status, amount_due(order)) == ("unpaid", Decimal("9.00"))
    assert shown.fulfilment_status == {"shipped": "fulfilled"}.get(status, status)
    for _ in range(2):
        assert refresh_statuses(order.pk) == shown
    fulfilment = Fulfilment.objects.get()
    assert (fulfilment.status, fulfilment.actor) == (status, None)
    assert fulfilment.created_at == order.events.get(status="shipped").created_at
    assert fulfilment.items.get().quantity == OrderItem.objects.get().quantity_fulfilled == 2
    assert order.events.count() == 2


def test_an_order_that_the_previous_release_refunded_is_still_delivered(ada, tea):
    order = place_order(ada.user, tea)
    for entry in ("shipped", "delivered", "refunded"):
        order.events.create(status=entry)
    Order.objects.filter(pk=order.pk).update(
        status="refunded", amount_paid="4.50", amount_refunded="4.50", fulfilment_status=None
    )
    statuses = refresh_statuses(order.pk)
    assert (statuses.status, statuses.fulfilment_status) == ("refunded", "delivered")
    assert Fulfilment.objects.get().status == "delivered"
