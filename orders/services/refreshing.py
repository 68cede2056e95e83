"""Recomputing the statuses of an order from its rows, after one of its facts has changed."""

from typing import Any

from django.db.models import F, Q, Sum
from django.db.models.functions import Now

from accounts.models import User
from orders.models import (
    OPEN_STEPS,
    FulfilmentItem,
    FulfilmentState,
    Order,
    OrderEvent,
    OrderItem,
    Return,
)
from orders.payments import stage_of
from orders.services.earlier import record_earlier_shipping
from orders.services.timeline import add_to_timeline, record_event
from orders.shown import statuses_of
from orders.states import (
    Facts,
    FulfilmentStatus,
    OrderStatus,
    Statuses,
    derive,
)
from shop.core.money import ZERO, show


def refresh_statuses(
    order_id: int, *, actor: User | None = None, note: str = "", by_guest: bool = False
) -> Statuses:
    """Store the statuses that follow from an order's rows, by one UPDATE; return all of them.

    Call it in the transaction of every change of what ``orders.states.Facts`` lists: an amount of
    the order, a payment that becomes authorised, voided or processing, a fulfilment, a return, a
    cancelled item. Locks the order, and may then be called again.

    ``paid_at`` is set once the order is paid in full. The timeline gets an entry if ``status``
    changed or there is a ``note``. Events: ``order.paid``, ``order.shipped``, ``order.delivered``
    and ``order.refunded``, each when that is reached, whatever ``status`` says.
    """
    order = Order.objects.lock(order_id)
    before = statuses_of(order)
    record_earlier_shipping(order)
    facts = read_facts(order)
    found = derive(facts)
    becomes_paid = order.paid_at is None and facts.is_paid_in_full
    _store(order, found, becomes_paid=becomes_paid)
    if note or found.status != before.status:
        add_to_timeline(order_id, found.status.value, note, actor, by_guest=by_guest)
    if becomes_paid:
        record_event(order_id, "paid", amount=show(order.amount_paid))
    _record_events(order_id, before, found)
    return found


def read_facts(order: Order) -> Facts:
    """Return the facts of an order. Sends four statements, or five for a refunded order."""
    units = F("quantity") - F("quantity_cancelled")
    items = OrderItem.objects.filter(order=order)
    sums = items.aggregate(units=Sum(units), returned=Sum("quantity_returned"))
    is_delivered = Q(fulfilment__status=FulfilmentState.DELIVERED)
    is_shipped = is_delivered | Q(fulfilment__status=FulfilmentState.SHIPPED)
    shipped = FulfilmentItem.objects.filter(fulfilment__order=order).aggregate(
        units=Sum("quantity", filter=is_shipped), delivered=Sum("quantity", filter=is_delivered)
    )
    fulfilled = shipped["units"] or 0
    return Facts(
        total=order.total,
        amount_cancelled=order.amount_cancelled,
        amount_paid=order.amount_paid,
        amount_refunded=order.amount_refunded,
        was_paid=order.paid_at is not None and order.total == ZERO,
        stage=stage_of(order.pk),
        is_cancelled=order.status == OrderStatus.CANCELLED,
        is_confirmed=_is_confirmed(order),
        units=sums["units"] or 0,
        fulfilled=fulfilled,
        delivered=shipped["delivered"] or 0,
        returned=fulfilled if order.restocked_at else sums["returned"] or 0,
        has_open_return=Return.objects.filter(order=order, status__in=OPEN_STEPS).exists(),
    )


def _is_confirmed(order: Order) -> bool:
    """Return whether an order was confirmed or paid. A pending one may become refunded too."""
    if order.status != OrderStatus.REFUNDED:
        return order.status != OrderStatus.PENDING
    never = (OrderStatus.PENDING, OrderStatus.REFUNDED)
    return OrderEvent.objects.filter(order=order).exclude(status__in=never).exists()


def _store(order: Order, found: Statuses, *, becomes_paid: bool) -> None:
    values: dict[str, Any] = {
        "status": found.status,
        "payment_status": found.payment_status,
        "fulfilment_status": found.fulfilment_status,
        "return_status": found.return_status,
    }
    if becomes_paid:
        values["paid_at"] = Now()
    if any(getattr(order, name) != value for name, value in values.items()):
        Order.objects.filter(pk=order.pk).update(**values)


_FULFILMENT_EVENTS = {
    FulfilmentStatus.FULFILLED: "shipped",
    FulfilmentStatus.DELIVERED: "delivered",
}


def _record_events(order_id: int, before: Statuses, now: Statuses) -> None:
    if now.fulfilment_status != before.fulfilment_status:
        name = _FULFILMENT_EVENTS.get(now.fulfilment_status)
        if name is not None:
            record_event(order_id, name)
    if now.status == OrderStatus.REFUNDED != before.status:
        record_event(order_id, "refunded")
