"""Until when an order can be paid, and its items returned, by the database's clock."""

from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import Max
from django.db.models.functions import Coalesce

from orders.models import Fulfilment, FulfilmentState, Order
from orders.states import OrderStatus


def payment_window() -> timedelta:
    """Return how long after it was placed an order can be paid."""
    return timedelta(minutes=settings.ORDER_PAYMENT_WINDOW)


def is_expired(order: Order) -> bool:
    """Return whether an order is unpaid and its payment window has closed.

    The order must be read with ``database_time``. The window ends as the present setting says, and
    not after ``pay_before``, which the buyer saw. That of an order with an own window, as of a
    draft, ends only with ``pay_before``.
    """
    if order.status != OrderStatus.PENDING:
        return False
    is_late = order.pay_before is not None and order.database_time > order.pay_before
    if is_late or order.has_own_window:
        return is_late
    return order.database_time - order.created_at > payment_window()


def return_window_ends(order: Order, window: timedelta) -> datetime | None:
    """Return when the buyer can no longer request returns; None if nothing was shipped.

    The time is counted from the last arrival of a fulfilment, or from its shipping if its
    arrival was not recorded.
    """
    arrived = Coalesce("delivered_at", "created_at")
    shipped = Fulfilment.objects.filter(order=order).exclude(status=FulfilmentState.CANCELLED)
    last: datetime | None = shipped.aggregate(last=Max(arrived))["last"]
    return None if last is None else last + window
