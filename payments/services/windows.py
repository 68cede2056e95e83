"""Whether an order can be paid now."""

from orders.models import Order
from orders.shown import amount_due
from orders.states import UNPAID
from orders.windows import is_expired, payment_window
from payments.errors import OrderExpired, OrderNotPayable

__all__ = ["check_payable", "is_expired", "payment_window"]


def check_payable(order: Order) -> None:
    """Raise OrderNotPayable or OrderExpired unless the order can be paid now.

    An order owes until it is paid, also after it was shipped. It must be read with
    ``database_time``.
    """
    if order.status not in UNPAID or not amount_due(order):
        raise OrderNotPayable(order_status=order.status)
    if is_expired(order):
        raise OrderExpired
