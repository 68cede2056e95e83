"""When an order's time to be paid is over, by the database's clock."""

from datetime import timedelta

from django.conf import settings
from django.db.models import DateTimeField, ExpressionWrapper
from django.db.models.expressions import Combinable
from django.db.models.functions import Now

from orders.models import Order
from orders.states import PAYABLE, OrderStatus
from payments.errors import OrderExpired, OrderNotPayable


def payment_window() -> timedelta:
    """Return how long an order waits for its payment to begin."""
    return timedelta(minutes=settings.ORDER_PAYMENT_WINDOW)


def ago(span: timedelta) -> Combinable:
    """Return the database's time minus ``span``: workers' clocks decide nothing."""
    return ExpressionWrapper(Now() - span, output_field=DateTimeField())


def is_expired(order: Order) -> bool:
    """Return whether an order, read with ``database_time``, was not paid within its window."""
    age = order.database_time - order.created_at
    return order.status == OrderStatus.PENDING and age > payment_window()


def check_payable(order: Order) -> None:
    """Raise OrderNotPayable or OrderExpired unless the order may be paid now.

    The order was read with ``database_time``.
    """
    if order.status not in PAYABLE:
        raise OrderNotPayable(order_status=order.status)
    if is_expired(order):
        raise OrderExpired
