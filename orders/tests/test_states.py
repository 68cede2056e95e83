"""The table of states, spelled here once more by hand."""

from decimal import Decimal

import pytest

from orders.factories import place_order
from orders.models import Order
from orders.services import _try_move, record_payment
from orders.states import OrderStatus

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


@pytest.mark.parametrize("wanted", list(OrderStatus))
@pytest.mark.parametrize("now", list(OrderStatus))
def test_an_order_moves_as_the_table_says_and_no_other_way(ada, tea, now, wanted):
    order = place_order(ada.user, tea)
    money = order.total if now == "paid" else 0
    has_money = now == "refunded" or (wanted == "refunded" and now not in ("pending", "cancelled"))
    if has_money:
        Order.objects.filter(pk=order.pk).update(
            status=now, amount_paid=order.total, amount_refunded=order.total
        )
    else:
        Order.objects.filter(pk=order.pk).update(status=now, amount_paid=money)
    money = {"amount": order.total} if wanted == "paid" else {}
    if (now, wanted) == ("paid", "cancelled"):
        money = {"amount": Decimal(0)}
    moved = _try_move(order.pk, wanted, actor=None, **money)
    order.refresh_from_db()
    assert moved is ((now, wanted) in ALLOWED)
    assert order.status == (wanted if moved else now)
    assert order.events.count() == (2 if moved else 1)


@pytest.mark.parametrize(
    ("now", "then"),
    [
        ("pending", "paid"),
        ("confirmed", "paid"),
        ("shipped", "shipped"),
        ("delivered", "delivered"),
    ],
)
def test_money_is_taken_before_the_goods_and_after_them_once(ada, tea, now, then):
    order = place_order(ada.user, tea)
    Order.objects.filter(pk=order.pk).update(status=now)
    for taken in (True, False):
        assert record_payment(order_id=order.pk, amount=order.total, actor=None) is taken
        order.refresh_from_db()
        assert (order.status, order.amount_paid) == (then, order.total)
        assert list(order.events.values_list("status", "note"))[1:] == [(then, "Payment received")]
    assert order.paid_at is not None


@pytest.mark.parametrize("now", ["cancelled", "refunded"])
def test_an_order_that_ended_takes_no_money(ada, tea, now):
    order = place_order(ada.user, tea)
    Order.objects.filter(pk=order.pk).update(status=now)
    assert record_payment(order_id=order.pk, amount=order.total, actor=None) is False
    order.refresh_from_db()
    assert (order.status, order.amount_paid, order.paid_at) == (now, 0, None)
    assert order.events.count() == 1
