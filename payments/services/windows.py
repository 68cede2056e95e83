"""The payment window of an order, measured by the database's clock."""

from datetime import timedelta

from django.conf import settings
from django.db.models import DateTimeField, ExpressionWrapper
from django.db.models.expressions import Combinable
from django.db.models.functions import Now

from orders.models import Order
from orders.states import PAYABLE, OrderStatus
from payments.errors import OrderExpired, OrderNotPayable


def payment_window() -> timedelta:
    """Return how long after it was placed an order can be paid."""
    return timedelta(minutes=settings.ORDER_PAYMENT_WINDOW)


def ago(span: timedelta) -> Combinable:
    """Return an expression for the database's time minus ``span``; workers' clocks may differ."""
    return ExpressionWrapper(Now() - span, output_field=DateTimeField())


def is_expired(order: Order) -> bool:
    """Return whether an order is unpaid and its payment window has closed.

    The order must be read with ``database_time``.
    """
    age = order.database_time - order.created_at
    return order.status == OrderStatus.PENDING and age > payment_window()


def check_payable(order: Order) -> None:
    """Raise OrderNotPayable or OrderExpired unless the order can be paid now.

    The order must be read with ``database_time``.
    """
    if order.status not in PAYABLE:
        raise OrderNotPayable(order_status=order.status)
    if is_expired(order):
        raise OrderExpired
