"""When an order's time to be paid is over, by the database's clock."""

from datetime import timedelta

from django.conf import settings
from django.db.models import BooleanField, DateTimeField, ExpressionWrapper, Q
from django.db.models.expressions import Combinable
from django.db.models.functions import Now

from orders.models import OrderQuerySet
from orders.states import PAYABLE, OrderStatus
from payments.errors import OrderExpired, OrderNotPayable


def payment_window() -> timedelta:
    """Return how long an order waits for its payment to begin."""
    return timedelta(minutes=settings.ORDER_PAYMENT_WINDOW)


def ago(span: timedelta) -> Combinable:
    """Return the database's time minus ``span``: workers' clocks decide nothing."""
    return ExpressionWrapper(Now() - span, output_field=DateTimeField())


def with_expiry(orders: OrderQuerySet) -> OrderQuerySet:
    """Annotate ``is_late``: the payment window has closed."""
    is_late = ExpressionWrapper(
        Q(created_at__lt=ago(payment_window())), output_field=BooleanField()
    )
    return orders.annotate(is_late=is_late)


def check_payable(status: str, *, is_late: bool) -> None:
    """Raise OrderNotPayable or OrderExpired unless such an order may be paid now."""
    if status not in PAYABLE:
        raise OrderNotPayable(order_status=status)
    if status == OrderStatus.PENDING and is_late:
        raise OrderExpired
