"""Cancelling items before they are shipped: their units return to stock, and are not due."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal

from django.db.models import F
from django.db.models.functions import Round

from accounts.models import User
from orders.errors import CancellationLimit, IllegalTransition
from orders.models import Order, OrderItem
from orders.refunding import ZERO, cancellation_of, tax_of_cancellation
from orders.services.items import items_of
from orders.services.refreshing import refresh_statuses
from orders.services.refunding import part_of, put_back_both, record_earlier_restock
from orders.services.statuses import cancel_order
from orders.services.timeline import record_event
from orders.states import OrderStatus
from shop.core.money import exponent, show
from shop.core.transactions import transactional


@dataclass(frozen=True, slots=True)
class CancelledUnits:
    """Units of an item that were cancelled, and what they are worth, in the order's currency."""

    item: OrderItem
    units: int
    amount: Decimal
    tax: Decimal


@dataclass(frozen=True, slots=True)
class Cancelled:
    """What was cancelled of an order. ``amount`` has shipping and fee if nothing is left."""

    order: Order
    items: tuple[CancelledUnits, ...]
    amount: Decimal


@transactional
def cancel_items(
    *,
    order_id: int,
    units: Mapping[int, int],
    actor: User | None,
    refund: Callable[[Cancelled], object],
    by_guest: bool = False,
) -> None:
    """Cancel units, by product, that were not shipped; their stock and their money return.

    The total of the order does not change, but ``amount_cancelled`` does. If nothing is left of an
    unpaid order, the order is cancelled. ``refund`` is called before the stock is locked,
    and inserts the refund of what was paid too much. Locks the order, the products, the revision.
    Raises IllegalTransition, ItemNotInOrder, CancellationLimit; then nothing was changed.
    """
    refresh_statuses(order_id)
    order = Order.objects.lock(order_id)
    record_earlier_restock(order)
    if order.status == OrderStatus.CANCELLED:
        raise IllegalTransition(order_status=order.status, wanted=OrderStatus.CANCELLED.value)
    cancelled = tuple(_cancel(order, item, units) for item in items_of(order_id, units))
    if _is_nothing_left(order_id) and not order.amount_paid:
        _cancel_the_rest(order_id, cancelled, actor, by_guest=by_guest)
        return
    amount = _add_amount(order, cancelled)
    names = ", ".join(f"{each.units} × {each.item.name}" for each in cancelled)
    refresh_statuses(order_id, actor=actor, note=_note(names), by_guest=by_guest)
    record_event(order_id, "items_cancelled", amount=show(amount), currency=order.currency)
    refund(Cancelled(order, cancelled, amount))
    put_back_both(order_id, {}, {each.item.product_id: each.units for each in cancelled}, actor)


def _cancel(order: Order, item: OrderItem, units: Mapping[int, int]) -> CancelledUnits:
    """Cancel units of an item by a guarded UPDATE. Raises CancellationLimit."""
    count, part = units[item.product_id], part_of(order, item)
    taken = F("quantity_cancelled") + F("quantity_fulfilled") + F("quantity_restocked")
    free = OrderItem.objects.filter(
        pk=item.pk,
        quantity__gte=taken - F("quantity_returned") + count,
        quantity_refunded__lte=F("quantity") - F("quantity_cancelled") - count,
    ).filter(quantity__gte=F("quantity_cancelled") + F("quantity_fulfilled") + count)
    if not free.update(quantity_cancelled=F("quantity_cancelled") + count):
        raise CancellationLimit(
            product_id=item.product_id, name=item.name, available=cancellable_units(item)
        )
    return CancelledUnits(
        item,
        count,
        cancellation_of(part, count, exponent()),
        tax_of_cancellation(part, count, exponent()),
    )


def cancellable_units(item: OrderItem) -> int:
    """Return how many units are not shipped, cancelled, refunded or in stock again."""
    unshipped = item.quantity - item.quantity_cancelled - item.quantity_fulfilled
    restocked = max(0, item.quantity_restocked - item.quantity_returned)
    paid = item.quantity - item.quantity_cancelled - item.quantity_refunded
    return max(0, min(unshipped - restocked, paid))


def _is_nothing_left(order_id: int) -> bool:
    items = OrderItem.objects.filter(order_id=order_id)
    return not items.exclude(quantity=F("quantity_cancelled")).exists()


def _add_amount(order: Order, cancelled: tuple[CancelledUnits, ...]) -> Decimal:
    """Add to what is cancelled of an order. Return by how much, in the order's currency."""
    amount = sum((each.amount for each in cancelled), ZERO)
    if _is_nothing_left(order.pk):
        amount = order.total_due
    # Rounded, since SQLite adds decimals as floats.
    more = Round(F("amount_cancelled") + amount, precision=2)
    Order.objects.filter(pk=order.pk).update(amount_cancelled=more)
    order.amount_cancelled += amount
    return amount


def _cancel_the_rest(
    order_id: int, cancelled: tuple[CancelledUnits, ...], actor: User | None, *, by_guest: bool
) -> None:
    """Cancel an order of which nothing is left, instead of its last items."""
    for each in cancelled:
        kept = F("quantity_cancelled") - each.units
        OrderItem.objects.filter(pk=each.item.pk).update(quantity_cancelled=kept)
    cancel_order(order_id=order_id, actor=actor, note="All items cancelled", by_guest=by_guest)


def _note(names: str) -> str:
    """Return the entry of the timeline, whose column is limited."""
    text = f"Cancelled: {names}"
    return text if len(text) <= 200 else f"{text[:199]}…"
