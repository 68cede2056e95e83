"""The statements that change orders, compiled once per process (``shop.engine``).

The statement that locks an order is in ``orders.models``, because the manager uses it.
"""

from decimal import Decimal
from functools import cache
from typing import Any

from django.db.models import Exists, F, OuterRef, Q, Value
from django.db.models.functions import Coalesce, Now, Round

from orders.models import (
    Order,
    OrderAddress,
    OrderAdjustment,
    OrderEvent,
    OrderItem,
    OrderQuerySet,
    OrderTax,
)
from orders.states import UNPAID, FulfilmentStatus, OrderPaymentStatus, OrderStatus, sources_of
from shop.core.postal_addresses import MEMBERS
from shop.engine import Insert, Update, instance_with, update, update_and_read

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
    OrderStatus.CANCELLED: {"amount_paid": F("amount_refunded")},
    OrderStatus.REFUNDED: {"amount_paid__gt": 0, "amount_refunded": F("amount_paid")},
}
"""Conditions that an order's amounts must meet before the order gets a status."""

FREE_AND_PAID = Q(status=OrderStatus.PAID, total=0)
"""An order that cost nothing. It can be cancelled, because there is no money to refund."""


_UNFULFILLED = Q(fulfilment_status=None) | Q(fulfilment_status=FulfilmentStatus.UNFULFILLED)


def may_be_cancelled(order: Order) -> bool:
    """Return whether an order can be cancelled, as the UPDATE of ``set_status`` decides.

    The money of a pending order that is paid in part is given back before.
    """
    if order.fulfilment_status not in {None, FulfilmentStatus.UNFULFILLED}:
        return False
    if order.status == OrderStatus.PAID:
        return not order.total
    if order.status == OrderStatus.PENDING:
        return order.restocked_at is None
    return order.status in sources_of(OrderStatus.CANCELLED) and not order.amount_paid


_PAYABLE = (
    *("id", "status", "currency", "total", "amount_cancelled", "amount_paid", "amount_committed"),
    *("pay_before", "has_own_window", "created_at"),
)
"""What a payment that begins has to know of its order."""


def _payable_order(*columns: Any) -> Order:
    order = instance_with(Order, _PAYABLE, columns[:-1])
    order.database_time = columns[-1]
    return order


@update_and_read(_payable_order, *_PAYABLE, Now())
def commit_total(
    *, order_id: int, user_id: int | None = None, cart_id: int | None = None
) -> tuple[OrderQuerySet, dict[str, object]]:
    """Commit all that is due of an order to a payment that begins; lock the order and return it.

    The columns that a payment does not need are deferred.

    Changes no row of an order that accepts no payment, has a fee, or has other payments.
    """
    orders = Order.objects.filter(pk=order_id, status__in=UNPAID)
    orders = orders.filter(Q(fee_total=None) | Q(fee_total=0), amount_committed=0, amount_paid=0)
    if user_id is not None:
        orders = orders.filter(user_id=user_id)
    if cart_id is not None:
        orders = orders.filter(cart_id=cart_id)
    # Rounded, since SQLite subtracts decimals as floats.
    due = Round(F("total") - F("amount_cancelled"), precision=2)
    return orders, {"amount_committed": due}


@cache
def set_status(status: OrderStatus) -> Update[...]:
    """Return the UPDATE that sets a status other than ``PAID``; run it with an ``order_id``.

    It changes no row if the order's present status or amounts do not allow the new status.
    """

    def build(*, order_id: int) -> tuple[OrderQuerySet, dict[str, object]]:
        allowed = Q(status__in=sources_of(status))
        if status == OrderStatus.CANCELLED:
            taken = OrderItem.objects.filter(order=OuterRef("pk"), quantity_fulfilled__gt=0)
            allowed = Q(~Exists(taken), (allowed | FREE_AND_PAID) & _UNFULFILLED)
        orders = Order.objects.filter(allowed, pk=order_id)
        return orders.filter(**_REQUIRED_AMOUNTS.get(status, {})), {"status": status}

    return Update(build)


@update
def set_paid(*, order_id: int, amount: Decimal) -> tuple[OrderQuerySet, dict[str, object]]:
    """Mark an order as paid in full by ``amount``, in the order's currency.

    Changes no row if ``amount`` is not the total, or if the order's status does not allow it, or if
    the order was paid in part before. Writes what ``refresh_statuses`` would. A payment that the
    previous release began is not committed yet.
    """
    orders = Order.objects.filter(pk=order_id, status__in=sources_of(OrderStatus.PAID))
    unfulfilled = Value(FulfilmentStatus.UNFULFILLED)
    paid = {
        "status": OrderStatus.PAID,
        "payment_status": OrderPaymentStatus.PAID,
        "fulfilment_status": Coalesce("fulfilment_status", unfulfilled),
        "amount_paid": amount,
        "amount_committed": amount,
        "paid_at": Now(),
    }
    return orders.filter(total=amount, amount_paid=0, amount_cancelled=0), paid


@update
def add_payment(*, order_id: int, amount: Decimal) -> tuple[OrderQuerySet, dict[str, object]]:
    """Add ``amount``, in the order's currency, to what was paid of an order.

    Changes no row if the order accepts no money, has nothing left to pay, or would be paid more
    than its total. ``refresh_statuses`` has to follow.
    """
    # Rounded, since SQLite adds decimals as floats.
    paid = Round(F("amount_paid") + amount, precision=2)
    due = Round(F("total") - F("amount_cancelled"), precision=2)
    orders = Order.objects.filter(pk=order_id, status__in=UNPAID, amount_paid__lt=due)
    room = Round(F("total") - amount, precision=2)
    return orders.filter(amount_paid__lte=room), {"amount_paid": paid}
