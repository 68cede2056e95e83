"""The table of states, spelled here once more by hand."""

import pytest

from orders.factories import place_order
from orders.models import Order
from orders.services import _try_move
from orders.states import OrderStatus

ALLOWED = {
    ("pending", "confirmed"),
    ("pending", "paid"),
    ("pending", "cancelled"),
    ("confirmed", "paid"),
    ("confirmed", "shipped"),
    ("confirmed", "cancelled"),
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
    Order.objects.filter(pk=order.pk).update(status=now, amount_paid=money)
    money = {"amount_paid": order.total} if wanted == "paid" else {}
    if (now, wanted) == ("paid", "cancelled"):
        money = {"amount_paid": 0}
    moved = _try_move(order.pk, wanted, actor=None, **money)
    order.refresh_from_db()
    assert moved is ((now, wanted) in ALLOWED)
    assert order.status == (wanted if moved else now)
    assert order.events.count() == (2 if moved else 1)
