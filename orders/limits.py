"""Limits of what one buyer can hold without paying.

Pending orders keep their units out of stock until they are paid or expire. The limits keep one
buyer from holding the stock of the shop.
"""

from collections.abc import Iterator
from datetime import datetime
from typing import Any, NamedTuple

from django.conf import settings
from django.db.models import Count, Exists, IntegerField, QuerySet, Subquery, Sum, Value
from django.db.models.functions import Coalesce, Now

from cart.guests import Buyer
from cart.models import Cart
from orders.errors import HeldUnitsLimit, OpenOrderLimit
from orders.models import Order
from orders.numbers import new_number
from orders.states import OrderStatus
from shop.core.errors import ShopError
from shop.engine import select


class Held(NamedTuple):
    """What the pending orders of a buyer hold, and the time of the database."""

    orders: int
    units: int
    database_time: datetime
    is_number_taken: bool


def number_and_held(*, buyer: Buyer, cart_id: int, email_key: str) -> tuple[str, Held]:
    """Return a number that no order has, and what the buyer's pending orders hold.

    Sends one statement. The orders of a guest are those of guests with the same ``email_key``. The
    caller has locked the buyer, so that the orders of a user are counted exactly.
    """
    owner = {"email_key": email_key} if buyer.user is None else {"user_id": buyer.user.pk}
    while True:
        number = new_number()
        held = _held.row(cart_id=cart_id, number=number, **owner)
        if held is None:
            raise LookupError("the caller has not locked the cart")
        if not held.is_number_taken:
            return number, held


@select(Held)
def _held(
    *, cart_id: int, number: str, user_id: int | None = None, email_key: str = ""
) -> QuerySet[Cart, Any]:
    """What the pending orders of a user or guest hold, and whether a number is taken."""
    # A pending order is never paid. The condition lets the index of unpaid orders serve it.
    pending = Order.objects.filter(paid_at=None, status=OrderStatus.PENDING)
    if user_id is None:
        held = pending.filter(user__isnull=True, email_key=email_key)
    else:
        held = pending.filter(user_id=user_id)
    return Cart.objects.filter(pk=cart_id).values_list(
        _of_all(held, Count("pk")),
        _of_all(held, Sum("items__quantity")),
        Now(),
        Exists(Order.objects.filter(number=number)),
    )


def _of_all(orders: QuerySet[Order], aggregate: Any) -> Coalesce:
    """Return an aggregate over all of the orders as an expression, 0 without orders."""
    one_group = orders.order_by().values(group=Value(1)).values(found=aggregate)
    return Coalesce(Subquery(one_group, output_field=IntegerField()), 0)


def exceeded_limits(held: Held, units: int) -> Iterator[ShopError]:
    """Yield OpenOrderLimit and HeldUnitsLimit if an order of ``units`` would exceed them."""
    if held.orders >= settings.MAX_OPEN_ORDERS:
        yield OpenOrderLimit(limit=settings.MAX_OPEN_ORDERS, open_orders=held.orders)
    if held.units + units > settings.MAX_UNITS_HELD:
        yield HeldUnitsLimit(limit=settings.MAX_UNITS_HELD, held=held.units, wanted=units)
