"""What the buyer of an order can still return, from the rows that its response has anyway."""

from collections.abc import Mapping
from datetime import timedelta

from django.conf import settings

from orders.models import FulfilmentState, OrderItem
from orders.reads import OrderDetails
from orders.shown import is_shipped_by_status_alone


def returnable_units(details: OrderDetails) -> dict[int, int]:
    """Return the shipped units that are in no return, by the id of the item."""
    # The previous release does not write how many units it has shipped.
    all_shipped = is_shipped_by_status_alone(details.order)
    return {item.pk: _left(item, details, all_shipped=all_shipped) for item in details.items}


def _left(item: OrderItem, details: OrderDetails, *, all_shipped: bool) -> int:
    shipped = item.quantity - item.quantity_cancelled if all_shipped else item.quantity_fulfilled
    return max(0, shipped - item.quantity_returned - details.units_in_returns.get(item.pk, 0))


def can_return(details: OrderDetails, units: Mapping[int, int]) -> bool:
    """Return whether the buyer can request a return now: units are left, and so is time.

    The order was read with ``database_time``.
    """
    return any(units.values()) and not _window_has_closed(details)


def _window_has_closed(details: OrderDetails) -> bool:
    """Return what ``orders.windows.return_window_ends`` says, from rows that were read."""
    rows = [each.fulfilment for each in details.fulfilments]
    arrivals = [
        row.delivered_at or row.created_at
        for row in rows
        if row.status != FulfilmentState.CANCELLED
    ]
    if not arrivals:
        return False
    ended_at = max(arrivals) + timedelta(days=settings.RETURN_WINDOW_DAYS)
    return details.order.database_time > ended_at
