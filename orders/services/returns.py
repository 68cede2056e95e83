"""Returns: requested by buyers, then approved, received and closed by staff.

Every function is one transaction that locks the order, so that the units of parallel requests are
counted one after the other. A change of status is a guarded UPDATE.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

from django.conf import settings
from django.db.models import F
from django.db.models.functions import Now

from accounts.models import User
from orders.errors import ReturnLimit, ReturnNotOpen, ReturnWindowClosed
from orders.models import Order, OrderItem, Return, ReturnItem, ReturnStep
from orders.reads import units_in_returns
from orders.services.items import items_of
from orders.services.refreshing import refresh_statuses
from orders.services.refunding import put_back_both, record_earlier_restock
from orders.services.timeline import record_event
from orders.windows import return_window_ends
from shop.core.transactions import transactional


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What a buyer asks for. ``units`` are quantities by product."""

    units: Mapping[int, int]
    kind: str
    resolution: str
    reason: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True)
class Arrived:
    """How many units of a product arrived, and whether they go into stock."""

    quantity: int
    restock: bool


@transactional
def request_return(
    *, order_id: int, wish: Wish, actor: User | None, at_any_time: bool = False
) -> int:
    """Insert a return of shipped units; return its id. ``actor`` is None for a guest.

    ``at_any_time`` is for staff, who may accept it after RETURN_WINDOW_DAYS. Raises ItemNotInOrder,
    ReturnWindowClosed, ReturnLimit.
    """
    refresh_statuses(order_id)
    order = Order.objects.lock(order_id)
    items = items_of(order_id, wish.units)
    expected = units_in_returns(order_id)
    for item in items:
        available = item.quantity_fulfilled - item.quantity_returned - expected.get(item.pk, 0)
        if wish.units[item.product_id] > available:
            raise _limit(item, available)
    if not at_any_time:
        _check_window(order)
    row = Return.objects.create(
        order=order,
        kind=wish.kind,
        resolution=wish.resolution,
        reason=wish.reason,
        note=wish.note,
        requested_by=actor,
    )
    ReturnItem.objects.bulk_create(
        ReturnItem(order_return=row, item=item, quantity=wish.units[item.product_id])
        for item in items
    )
    _record(row, "requested", "Return requested", actor, by_guest=actor is None)
    return row.pk


@transactional
def approve_return(
    *, return_id: int, actor: User, resolution: str | None = None, answer: str = ""
) -> None:
    """Approve a requested return. Raises ReturnNotOpen."""
    row = _lock(return_id)
    changes = {"resolution": resolution} if resolution else {}
    _move(row, ReturnStep.APPROVED, decided_by=actor, decided_at=Now(), answer=answer, **changes)
    _record(row, "approved", "Return approved", actor)


@transactional
def reject_return(*, return_id: int, actor: User, answer: str) -> None:
    """Reject a requested return. Raises ReturnNotOpen."""
    row = _lock(return_id)
    _move(row, ReturnStep.REJECTED, decided_by=actor, decided_at=Now(), answer=answer)
    _record(row, "rejected", "Return rejected", actor)


@transactional
def receive_return(
    *, return_id: int, actor: User, arrived: Mapping[int, Arrived] | None, restock: bool
) -> None:
    """Record which units of an approved return arrived, by product. None means all of them.

    Units that do not go into stock again, such as broken ones, are returned too. Locks the order,
    the products and the revision. Raises ReturnNotOpen, ItemNotInOrder, ReturnLimit.
    """
    row = _lock(return_id)
    _move(row, ReturnStep.RECEIVED, received_by=actor, received_at=Now())
    record_earlier_restock(row.order)
    expected = {each.item.product_id: each for each in row.items.select_related("item")}
    if arrived is None:
        arrived = {pk: Arrived(each.quantity, restock) for pk, each in expected.items()}
    items_of(row.order_id, arrived)
    stock: dict[int, int] = {}
    for product_id, units in sorted(arrived.items()):
        announced = expected.get(product_id)
        if announced is None or units.quantity > announced.quantity:
            item = items_of(row.order_id, [product_id])[0]
            raise _limit(item, announced.quantity if announced else 0, "not_announced")
        _receive(announced, units)
        if units.restock and units.quantity:
            stock[product_id] = units.quantity
    _record(row, "received", "Return received", actor)
    put_back_both(row.order_id, stock, {}, actor)


@transactional
def close_return(*, return_id: int, actor: User | None) -> None:
    """Close an approved or received return: nothing is left to do. Raises ReturnNotOpen."""
    row = _lock(return_id)
    _move(row, ReturnStep.CLOSED, closed_at=Now())
    _record(row, "closed", "Return closed", actor)


def close_refunded_return(*, return_id: int, actor: User | None) -> None:
    """Close a return whose units have arrived and whose money has gone back.

    Needs the caller's transaction, with the order locked. One that is expected stays open.
    """
    received = Return.objects.filter(pk=return_id, status=ReturnStep.RECEIVED)
    if received.exists():
        close_return(return_id=return_id, actor=actor)


def refundable_units(row: Return) -> dict[int, int]:
    """Return the units of an approved or received return by product. Raises ReturnNotOpen."""
    if row.status not in {ReturnStep.APPROVED, ReturnStep.RECEIVED}:
        raise ReturnNotOpen(return_status=row.status, wanted="refunded")
    is_received = row.status == ReturnStep.RECEIVED
    units = {
        each.item.product_id: each.quantity_received if is_received else each.quantity
        for each in row.items.select_related("item")
    }
    return {product_id: number for product_id, number in units.items() if number}


def _lock(return_id: int) -> Return:
    """Lock the order of a return, and return the return as it is then."""
    order_id = Return.objects.values_list("order_id", flat=True).get(pk=return_id)
    Order.objects.lock(order_id)
    return Return.objects.select_related("order").get(pk=return_id)


_SOURCES = {
    ReturnStep.APPROVED: (ReturnStep.REQUESTED,),
    ReturnStep.REJECTED: (ReturnStep.REQUESTED,),
    ReturnStep.RECEIVED: (ReturnStep.APPROVED,),
    ReturnStep.CLOSED: (ReturnStep.APPROVED, ReturnStep.RECEIVED),
}


def _move(row: Return, wanted: ReturnStep, **changes: object) -> None:
    movable = Return.objects.filter(pk=row.pk, status__in=_SOURCES[wanted])
    if not movable.update(status=wanted, **changes):
        raise ReturnNotOpen(return_status=row.status, wanted=wanted.value)


def _receive(row: ReturnItem, units: Arrived) -> None:
    """Record arrived units. Raises ReturnLimit if a refund has recorded them before."""
    count, stock = units.quantity, units.quantity if units.restock else 0
    items = OrderItem.objects.filter(
        pk=row.item_id,
        quantity_returned__lte=F("quantity_fulfilled") - count,
        quantity_restocked__lte=F("quantity") - F("quantity_cancelled") - stock,
    )
    if not items.update(
        quantity_returned=F("quantity_returned") + count,
        quantity_restocked=F("quantity_restocked") + stock,
    ):
        item = OrderItem.objects.get(pk=row.item_id)
        raise _limit(item, item.quantity_fulfilled - item.quantity_returned)
    ReturnItem.objects.filter(pk=row.pk).update(quantity_received=count, quantity_restocked=stock)


def _limit(item: OrderItem, available: int, reason: str = "quantity") -> ReturnLimit:
    if available <= 0 and reason == "quantity":
        reason = "in_return" if item.quantity_fulfilled else "not_shipped"
    return ReturnLimit(
        product_id=item.product_id, name=item.name, available=max(0, available), reason=reason
    )


def _check_window(order: Order) -> None:
    days = settings.RETURN_WINDOW_DAYS
    ended_at = return_window_ends(order, timedelta(days=days))
    if ended_at is not None and order.database_time > ended_at:
        raise ReturnWindowClosed(ended_at=ended_at, days=days)


def _record(
    row: Return, name: str, note: str, actor: User | None, *, by_guest: bool = False
) -> None:
    """Refresh the statuses of the order, and add to its timeline and to the events."""
    refresh_statuses(row.order_id, actor=actor, note=note, by_guest=by_guest)
    record_event(row.order_id, f"return_{name}", return_id=row.pk, kind=row.kind)
