"""Reads orders with what belongs to them, by statements that are compiled once per process."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from django.db.models import Model, QuerySet, Sum
from django.db.models.functions import Now

from accounts.models import User
from orders.models import (
    OPEN_STEPS,
    Fulfilment,
    FulfilmentItem,
    Order,
    OrderAddress,
    OrderAdjustment,
    OrderEvent,
    OrderItem,
    OrderTax,
    ReturnItem,
)
from shop.engine import Select, columns_of, instance_of, json_columns_of, select

M = TypeVar("M", bound=Model)


@dataclass(frozen=True, slots=True)
class FulfilmentDetails:
    """A fulfilment with its actor, and its items with the order items."""

    fulfilment: Fulfilment
    items: list[FulfilmentItem]


@dataclass(frozen=True, slots=True)
class OrderDetails:
    """An order with what belongs to it, in the order in which it was written."""

    order: Order
    items: Sequence[OrderItem]
    addresses: Sequence[OrderAddress]
    adjustments: Sequence[OrderAdjustment]
    taxes: Sequence[OrderTax]
    events: Sequence[OrderEvent]
    """With their actors."""
    fulfilments: Sequence[FulfilmentDetails]
    units_in_returns: Mapping[int, int]
    """The units of returns that are requested or approved, by the id of the item."""


def details_of(order: Order) -> OrderDetails:
    """Return an order that was read already with what belongs to it: a statement for each kind.

    Those of returns are read if the order has any.
    """
    return OrderDetails(
        order,
        _items.rows(order_id=order.pk),
        _addresses.rows(order_id=order.pk),
        _adjustments.rows(order_id=order.pk),
        _taxes.rows(order_id=order.pk),
        _events.rows(order_id=order.pk),
        fulfilments_of(order.pk),
        units_in_returns(order.pk) if order.return_status else {},
    )


def fulfilments_of(order_id: int) -> list[FulfilmentDetails]:
    """Return the fulfilments of an order, the oldest first. Sends one statement."""
    found: dict[int, FulfilmentDetails] = {}
    for item in _fulfilment_items.rows(order_id=order_id):
        details = FulfilmentDetails(item.fulfilment, [])
        found.setdefault(item.fulfilment_id, details).items.append(item)
    return list(found.values())


def units_in_returns(order_id: int) -> dict[int, int]:
    """Return the units of returns that are requested or approved, by the id of the item."""
    rows = ReturnItem.objects.filter(
        order_return__order_id=order_id, order_return__status__in=OPEN_STEPS
    )
    return dict(rows.values_list("item_id").annotate(Sum("quantity")).order_by())


def read_order(order_id: int) -> Order:
    """Return an order with ``database_time``. Raises DoesNotExist."""
    order = _order.row(order_id=order_id)
    if order is None:
        raise Order.DoesNotExist
    return order


def _order_of(database_time: Any, *columns: Any) -> Order:
    order = instance_of(Order, columns)
    order.database_time = database_time
    return order


@select(_order_of)
def _order(*, order_id: int) -> QuerySet[Order, Any]:
    """An order."""
    columns = (*columns_of(Order), *json_columns_of(Order))
    return Order.objects.filter(pk=order_id).values_list(Now(), *columns)


def _belonging(model: type[M]) -> Select[..., M]:
    """Return the statement that reads the rows of a model that belong to an order."""

    def build(*, order_id: int) -> QuerySet[M, Any]:
        rows = model._default_manager.filter(order_id=order_id).order_by("pk")  # noqa: SLF001 - public
        return rows.values_list(*columns_of(model), *json_columns_of(model))

    return Select(lambda *columns: instance_of(model, columns), build)


_items = _belonging(OrderItem)
_addresses = _belonging(OrderAddress)
_adjustments = _belonging(OrderAdjustment)
_taxes = _belonging(OrderTax)


def _event_of(*columns: Any) -> OrderEvent:
    count = len(columns_of(OrderEvent))
    event = instance_of(OrderEvent, columns[:count])
    event.actor = None if event.actor_id is None else instance_of(User, columns[count:])
    return event


@select(_event_of)
def _events(*, order_id: int) -> QuerySet[OrderEvent, Any]:
    """The timeline of an order, with the actors."""
    events = OrderEvent.objects.filter(order_id=order_id).order_by("pk")
    return events.values_list(*columns_of(OrderEvent), *columns_of(User, "actor__"))


_PARTS: tuple[tuple[type[Model], str], ...] = (
    (FulfilmentItem, ""),
    (Fulfilment, "fulfilment__"),
    (OrderItem, "order_item__"),
    (User, "fulfilment__actor__"),
)


def _fulfilment_item_of(*columns: Any) -> FulfilmentItem:
    rows: list[Any] = []
    start = 0
    for model, _ in _PARTS:
        end = start + len(columns_of(model))
        rows.append(instance_of(model, columns[start:end]))
        start = end
    item: FulfilmentItem = rows[0]
    item.fulfilment, item.order_item, actor = rows[1:]
    item.fulfilment.actor = None if item.fulfilment.actor_id is None else actor
    return item


@select(_fulfilment_item_of)
def _fulfilment_items(*, order_id: int) -> QuerySet[FulfilmentItem, Any]:
    """The items of an order's fulfilments, with fulfilments, order items and actors."""
    items = FulfilmentItem.objects.filter(fulfilment__order_id=order_id)
    columns = [name for model, prefix in _PARTS for name in columns_of(model, prefix)]
    return items.order_by("fulfilment_id", "pk").values_list(*columns)
