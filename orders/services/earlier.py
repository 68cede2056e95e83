"""Orders that the previous release shipped: it knows no fulfilments, and writes only ``status``."""

from datetime import datetime

from django.db.models import F

from orders.models import (
    Fulfilment,
    FulfilmentItem,
    FulfilmentState,
    Order,
    OrderEvent,
    OrderItem,
)
from orders.shown import is_shipped_by_status_alone
from orders.states import OrderStatus

_S = OrderStatus


def record_earlier_shipping(order: Order) -> None:
    """Record what the previous release has shipped and delivered as a fulfilment, once.

    Needs the caller's transaction, which has locked the order. Nobody is named as its actor.
    """
    times: dict[OrderStatus, datetime] = {}
    if is_shipped_by_status_alone(order):
        times = {OrderStatus(order.status): order.database_time, **_times(order)}
    elif _may_be_shipped_and_refunded(order):
        times = _times(order)
    if not times:
        return
    items = OrderItem.objects.filter(order=order).order_by("pk")
    left = {item.pk: item.quantity_left for item in items if item.quantity_left > 0}
    if left:
        fulfilment = Fulfilment.objects.create(order=order, created_at=min(times.values()))
        FulfilmentItem.objects.bulk_create(
            FulfilmentItem(fulfilment=fulfilment, order_item_id=pk, quantity=quantity)
            for pk, quantity in left.items()
        )
        for pk, quantity in left.items():
            shipped_units = F("quantity_fulfilled") + quantity
            OrderItem.objects.filter(pk=pk).update(quantity_fulfilled=shipped_units)
    if _S.DELIVERED in times:
        shipped = Fulfilment.objects.filter(order=order, status=FulfilmentState.SHIPPED)
        shipped.update(status=FulfilmentState.DELIVERED, delivered_at=times[_S.DELIVERED])


def _may_be_shipped_and_refunded(order: Order) -> bool:
    """Return whether only the timeline can say that an order was shipped before its refund."""
    if order.status != _S.REFUNDED:
        return False
    return not Fulfilment.objects.filter(order=order).exists()


def _times(order: Order) -> dict[OrderStatus, datetime]:
    """Return when the order was shipped and delivered, by its timeline."""
    entries = OrderEvent.objects.filter(order=order, status__in=[_S.SHIPPED, _S.DELIVERED])
    found: dict[OrderStatus, datetime] = {}
    for status, created_at in entries.order_by("pk").values_list("status", "created_at"):
        found.setdefault(OrderStatus(status), created_at)
    return found
