"""Limits of what one buyer can hold without paying.

Pending orders keep their units out of stock until they are paid or expire. The limits keep one
buyer from holding the stock of the shop.
"""

from typing import Any, NamedTuple

from django.conf import settings
from django.db.models import Count, QuerySet, Sum

from orders.errors import HeldUnitsLimit, OpenOrderLimit
from orders.models import Order
from orders.states import OrderStatus
from shop.engine import select


class Held(NamedTuple):
    """The number of a user's pending orders, and of the units in them."""

    orders: int
    units: int


@select(Held)
def held_by_user(*, user_id: int) -> QuerySet[Order, Any]:
    """What the pending orders of a user hold; no row if there are none."""
    # A pending order is never paid. The condition lets the index of unpaid orders serve it.
    pending = Order.objects.filter(user_id=user_id, paid_at=None, status=OrderStatus.PENDING)
    return (
        pending.order_by()
        .values("user_id")
        .annotate(orders=Count("pk", distinct=True), units=Sum("items__quantity"))
        .values_list("orders", "units")
    )


def check_open_orders(*, user_id: int, units: int) -> None:
    """Raise OpenOrderLimit or HeldUnitsLimit if the user may not place an order of ``units`` now.

    The caller must have locked the user, so that parallel orders are counted exactly.
    """
    held = held_by_user.row(user_id=user_id) or Held(0, 0)
    if held.orders >= settings.MAX_OPEN_ORDERS:
        raise OpenOrderLimit(limit=settings.MAX_OPEN_ORDERS, open_orders=held.orders)
    if held.units + units > settings.MAX_UNITS_HELD:
        raise HeldUnitsLimit(limit=settings.MAX_UNITS_HELD, held=held.units, wanted=units)
