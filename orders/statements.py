"""The statements that change orders, compiled once per process (``shop.engine``).

The statement that locks an order is in ``orders.models``, because the manager uses it.
"""

from decimal import Decimal
from functools import cache
from typing import Any

from django.db.models import F, Q
from django.db.models.functions import Now

from orders.models import (
    Order,
    OrderAddress,
    OrderAdjustment,
    OrderEvent,
    OrderItem,
    OrderQuerySet,
    OrderTax,
)
from orders.states import OrderStatus, sources_of
from shop.core.postal_addresses import MEMBERS
from shop.engine import Insert, Update, update

new_items = Insert(
    OrderItem,
    *("order_id", "product_id", "name", "sku", "options", "image"),
    *("quantity", "unit_price", "regular_unit_price", "line_total"),
    *("discount", "tax_rate", "tax", "weight", "requires_shipping"),
)
new_addresses = Insert(OrderAddress, "order_id", "kind", *MEMBERS)
new_adjustments = Insert(
    OrderAdjustment,
    *("order_id", "kind", "name", "amount", "promotion_id", "voucher", "allocations"),
)
new_taxes = Insert(
    OrderTax, "order_id", "rate", "country", "region", "name", "base", "amount", "reason"
)
new_events = Insert(OrderEvent, "order_id", "status", "note", "actor_id", "by_guest")

_REQUIRED_AMOUNTS: dict[OrderStatus, dict[str, Any]] = {
    OrderStatus.CANCELLED: {"amount_paid": 0},
    OrderStatus.REFUNDED: {"amount_paid__gt": 0, "amount_refunded": F("amount_paid")},
}
"""Conditions that an order's amounts must meet before the order gets a status."""

FREE_AND_PAID = Q(status=OrderStatus.PAID, total=0)
"""An order that cost nothing. It can be cancelled, because there is no money to refund."""


def may_be_cancelled(order: Order) -> bool:
    """Return whether an order can be cancelled, as the UPDATE of ``set_status`` decides."""
    if order.status == OrderStatus.PAID:
        return not order.total
    return order.status in sources_of(OrderStatus.CANCELLED) and not order.amount_paid


@cache
def set_status(status: OrderStatus) -> Update[...]:
    """Return the UPDATE that sets a status other than ``PAID``; run it with an ``order_id``.

    It changes no row if the order's present status or amounts do not allow the new status.
    """

    def build(*, order_id: int) -> tuple[OrderQuerySet, dict[str, object]]:
        allowed = Q(status__in=sources_of(status))
        if status == OrderStatus.CANCELLED:
            allowed |= FREE_AND_PAID
        orders = Order.objects.filter(allowed, pk=order_id)
        return orders.filter(**_REQUIRED_AMOUNTS.get(status, {})), {"status": status}

    return Update(build)


@update
def set_paid(*, order_id: int, amount: Decimal) -> tuple[OrderQuerySet, dict[str, object]]:
    """Mark an order as paid in full by ``amount``, in the order's currency.

    Changes no row if ``amount`` is not the total, or if the order's status does not allow it.
    """
    orders = Order.objects.filter(pk=order_id, status__in=sources_of(OrderStatus.PAID))
    paid = {"status": OrderStatus.PAID, "amount_paid": amount, "paid_at": Now()}
    return orders.filter(total=amount), paid
