"""The readings of orders, for ``/metrics`` and the admin."""

from collections.abc import Iterator

from orders.models import Order
from orders.states import OrderStatus
from shop.core.metrics import Reading
from shop.core.metrics.queries import NEWEST, count_by_status


def read() -> Iterator[Reading]:
    """Yield the number of orders by status."""
    counted = count_by_status(Order.objects.all())
    text = f"Orders by status, of the newest {NEWEST}."
    for status in OrderStatus.values:
        yield Reading("shop_orders", text, counted.get(status, 0), (("status", status),))
