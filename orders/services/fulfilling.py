"""Fulfilments: shipping units of an order, after the authorised payment was captured.

An order whose payment is authorised is shipped in three steps, because no transaction stays open
during a call of a gateway: a pending fulfilment takes its units, the payment is captured, and the
fulfilment becomes shipped. If the payment cannot be captured, the pending fulfilment is deleted and
nothing has changed. If the process dies in between, the worker continues.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NoReturn

from django.db.models import F

from accounts.models import User
from orders.errors import (
    FulfilmentLimit,
    FulfilmentNotFound,
    FulfilmentNotOpen,
    IllegalTransition,
    PaymentNotCaptured,
    ShippingHeld,
    UnitsReturned,
)
from orders.models import Fulfilment, FulfilmentItem, FulfilmentState, Order, OrderItem
from orders.payments import captures, pending_restocks_of
from orders.services.earlier import record_earlier_shipping
from orders.services.items import items_of
from orders.services.refreshing import refresh_statuses
from orders.shown import statuses_of
from orders.states import SHIPPABLE, OrderStatus
from shop.core import events
from shop.core.errors import ShopError
from shop.core.transactions import transactional


@dataclass(frozen=True, slots=True)
class Tracking:
    """With what units are shipped. Everything may be empty."""

    carrier: str = ""
    tracking_number: str = ""
    tracking_url: str = ""


NO_TRACKING = Tracking()


def fulfil(
    *,
    order_id: int,
    actor: User,
    units: Mapping[int, int] | None = None,
    tracking: Tracking = NO_TRACKING,
) -> Fulfilment:
    """Ship units of an order, and capture its authorised payment before. Return the fulfilment.

    Must not be called in a transaction, because it may call a gateway. Arguments and errors are
    those of ``begin_fulfilment``; raises PaymentNotCaptured too.
    """
    fulfilment_id = begin_fulfilment(order_id=order_id, actor=actor, units=units, tracking=tracking)
    return finish_fulfilment(fulfilment_id)


@transactional
def begin_fulfilment(
    *,
    order_id: int,
    actor: User,
    units: Mapping[int, int] | None = None,
    tracking: Tracking = NO_TRACKING,
) -> int:
    """Insert a fulfilment and take its units; return its id. Locks the order.

    ``units`` are quantities by product; None means all that is left. The fulfilment is shipped at
    once if no payment has to be captured. Otherwise it is pending, until ``finish_fulfilment``.
    Raises IllegalTransition, ShippingHeld, ItemNotInOrder, FulfilmentLimit, and PaymentNotCaptured
    if the authorisation has ended and no payment secures the units; then nothing was changed.
    """
    order = Order.objects.lock(order_id)
    record_earlier_shipping(order)
    _check(order)
    taken = _take_units(order, units)
    _check_secured(order)
    fulfilment = Fulfilment.objects.create(
        order=order,
        status=FulfilmentState.PENDING,
        carrier=tracking.carrier,
        tracking_number=tracking.tracking_number,
        tracking_url=tracking.tracking_url,
        actor=actor,
    )
    FulfilmentItem.objects.bulk_create(
        FulfilmentItem(fulfilment=fulfilment, order_item_id=pk, quantity=quantity)
        for pk, quantity in taken.items()
    )
    gateways = captures()
    if gateways is None or not gateways.is_needed(order_id):
        _mark_shipped(fulfilment)
    return fulfilment.pk


def finish_fulfilment(fulfilment_id: int) -> Fulfilment:
    """Capture what has to be paid for a pending fulfilment, and ship it; return it as stored.

    Must not be called in a transaction. It may be repeated, and does nothing if the fulfilment is
    not pending. Raises PaymentNotCaptured, and IllegalTransition or ShippingHeld if the order was
    cancelled or held meanwhile: then the fulfilment is deleted.
    """
    fulfilment = get_fulfilment(fulfilment_id)
    if fulfilment.status != FulfilmentState.PENDING:
        return fulfilment
    gateways = captures()
    try:
        if gateways is not None:
            gateways.capture(fulfilment.order_id, fulfilment.actor)
        _ship_pending(fulfilment)
    except ShopError:
        delete_pending(fulfilment_id=fulfilment_id)
        raise
    return get_fulfilment(fulfilment_id)


def get_fulfilment(fulfilment_id: int) -> Fulfilment:
    """Return a fulfilment with its order and actor. Raises FulfilmentNotFound."""
    found = Fulfilment.objects.select_related("order", "actor").filter(pk=fulfilment_id).first()
    if found is None:
        raise FulfilmentNotFound
    return found


def _check(order: Order) -> None:
    """Raise an error unless units of the order may be shipped now."""
    is_restocked = order.restocked_at is not None
    if order.status not in SHIPPABLE or is_restocked:
        raise IllegalTransition(order_status=order.status, wanted=OrderStatus.SHIPPED.value)
    if order.shipping_held:
        raise ShippingHeld(order_id=order.pk)


def _check_secured(order: Order) -> None:
    """Raise PaymentNotCaptured if no payment secures all units in fulfilments, as it has to."""
    payments = captures()
    if payments is not None and payments.missing(order):
        raise PaymentNotCaptured(payment_status=statuses_of(order).payment_status.value)


def _take_units(order: Order, units: Mapping[int, int] | None) -> dict[int, int]:
    """Take units of the items of an order, and return them by item. Raises FulfilmentLimit.

    Units that a pending refund will return to stock are not left: their buyer gets the money.
    """
    returning = pending_restocks_of(order.pk)
    if units is None:
        items = list(OrderItem.objects.filter(order=order).order_by("pk"))
        wanted = {item: left for item in items if (left := _left(item, returning)) > 0}
        for item in items:
            if not wanted and item.quantity_left > 0:
                _raise_limit(item, 0)
        if not wanted:
            raise IllegalTransition(order_status=order.status, wanted=OrderStatus.SHIPPED.value)
    else:
        wanted = {item: units[item.product_id] for item in items_of(order.pk, units)}
    for item, quantity in wanted.items():
        _take(item, quantity, _left(item, returning))
    return {item.pk: quantity for item, quantity in wanted.items()}


def _left(item: OrderItem, returning: Mapping[int, int]) -> int:
    return max(0, item.quantity_left - returning.get(item.pk, 0))


def _take(item: OrderItem, quantity: int, left: int) -> None:
    taken = F("quantity_cancelled") + F("quantity_fulfilled")
    free = OrderItem.objects.filter(pk=item.pk, quantity__gte=taken + quantity)
    more = F("quantity_fulfilled") + quantity
    if quantity > left or not free.update(quantity_fulfilled=more):
        _raise_limit(item, left)


def _raise_limit(item: OrderItem, left: int) -> NoReturn:
    raise FulfilmentLimit(product_id=item.product_id, name=item.name, available=left)


@transactional
def _ship_pending(fulfilment: Fulfilment) -> None:
    """Ship a pending fulfilment, once. Locks the order.

    Raises IllegalTransition, ShippingHeld, and PaymentNotCaptured if its authorisation has ended
    before it was captured.
    """
    order = Order.objects.lock(fulfilment.order_id)
    if order.status not in SHIPPABLE:
        raise IllegalTransition(order_status=order.status, wanted=OrderStatus.SHIPPED.value)
    if order.shipping_held:
        raise ShippingHeld(order_id=order.pk)
    _check_secured(order)
    _mark_shipped(fulfilment)


def _mark_shipped(fulfilment: Fulfilment) -> None:
    pending = Fulfilment.objects.filter(pk=fulfilment.pk, status=FulfilmentState.PENDING)
    if not pending.update(status=FulfilmentState.SHIPPED):
        return
    units = record_fulfilment_event(fulfilment, "shipped")
    note = f"{units} unit shipped" if units == 1 else f"{units} units shipped"
    refresh_statuses(fulfilment.order_id, actor=fulfilment.actor, note=note)


def record_fulfilment_event(fulfilment: Fulfilment, name: str) -> int:
    """Record the event ``fulfilment.<name>``; return how many units the fulfilment has."""
    units = sum(fulfilment.items.values_list("quantity", flat=True))
    events.record(
        f"fulfilment.{name}",
        object_type="fulfilment",
        object_id=fulfilment.pk,
        data={"order_id": fulfilment.order_id, "units": units},
    )
    return units


@transactional
def delete_pending(*, fulfilment_id: int) -> None:
    """Delete a fulfilment that is still pending, and release its units. Locks the order."""
    fulfilment = Fulfilment.objects.filter(pk=fulfilment_id).first()
    if fulfilment is None:
        return
    Order.objects.lock(fulfilment.order_id)
    if not Fulfilment.objects.filter(pk=fulfilment_id, status=FulfilmentState.PENDING).exists():
        return
    for row in fulfilment.items.all():
        items = OrderItem.objects.filter(pk=row.order_item_id)
        items.update(quantity_fulfilled=F("quantity_fulfilled") - row.quantity)
    fulfilment.items.all().delete()
    fulfilment.delete()


@transactional
def deliver_fulfilment(*, fulfilment_id: int, actor: User) -> None:
    """Record that a shipped fulfilment has arrived. Locks the order. Raises FulfilmentNotOpen."""
    fulfilment = _move(fulfilment_id, FulfilmentState.DELIVERED, "delivered_at")
    record_fulfilment_event(fulfilment, "delivered")
    refresh_statuses(fulfilment.order_id, actor=actor, note="Delivered")


@transactional
def cancel_fulfilment(*, fulfilment_id: int, actor: User) -> None:
    """Cancel a fulfilment that did not leave, so that its units can be shipped again.

    Money that was captured for it stays with the order. Locks the order. Raises FulfilmentNotOpen,
    and UnitsReturned if the buyer has returned some of its units.
    """
    fulfilment = _move(fulfilment_id, FulfilmentState.CANCELLED, "cancelled_at")
    for row in fulfilment.items.select_related("order_item").order_by("order_item"):
        left = F("quantity_fulfilled") - row.quantity
        items = OrderItem.objects.filter(pk=row.order_item_id, quantity_returned__lte=left)
        if not items.update(quantity_fulfilled=left):
            item = row.order_item
            raise UnitsReturned(product_id=item.product_id, name=item.name)
    record_fulfilment_event(fulfilment, "cancelled")
    refresh_statuses(fulfilment.order_id, actor=actor, note="Fulfilment cancelled")


def _move(fulfilment_id: int, wanted: FulfilmentState, time: str) -> Fulfilment:
    """Change the status of a shipped fulfilment. Raises FulfilmentNotOpen."""
    fulfilment = get_fulfilment(fulfilment_id)
    order = Order.objects.lock(fulfilment.order_id)
    shipped = Fulfilment.objects.filter(pk=fulfilment_id, status=FulfilmentState.SHIPPED)
    if not shipped.update(**{"status": wanted, time: order.database_time}):
        fulfilment.refresh_from_db(fields=["status"])
        raise FulfilmentNotOpen(fulfilment_status=fulfilment.status, wanted=wanted.value)
    return fulfilment


def ship_order(*, order_id: int, actor: User) -> None:
    """Ship everything that is left of an order. Must not be called in a transaction.

    Raises the errors of ``fulfil``.
    """
    fulfil(order_id=order_id, actor=actor)


@transactional
def deliver_order(*, order_id: int, actor: User) -> None:
    """Record that all fulfilments of a shipped order have arrived. Raises IllegalTransition."""
    order = Order.objects.lock(order_id)
    record_earlier_shipping(order)
    shipped = Fulfilment.objects.filter(order=order, status=FulfilmentState.SHIPPED)
    ids = list(shipped.order_by("pk").values_list("pk", flat=True))
    if order.status not in {OrderStatus.SHIPPED, OrderStatus.REFUNDED} or not ids:
        raise IllegalTransition(order_status=order.status, wanted=OrderStatus.DELIVERED.value)
    for pk in ids:
        fulfilment = _move(pk, FulfilmentState.DELIVERED, "delivered_at")
        record_fulfilment_event(fulfilment, "delivered")
    refresh_statuses(order_id, actor=actor, note="Delivered")
