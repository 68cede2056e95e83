"""The statuses of an order as they are shown, and what it owes: from its own columns only."""

from datetime import datetime
from decimal import Decimal
from typing import Protocol

from orders.states import (
    Facts,
    FulfilmentStatus,
    OrderPaymentStatus,
    OrderStatus,
    PaymentStage,
    ReturnStatus,
    Statuses,
    payment_status_of,
)
from shop.core.money import ZERO

_F, _R, _S = FulfilmentStatus, ReturnStatus, OrderStatus


class OrderRow(Protocol):
    """The columns of an order from which its statuses are shown."""

    status: str
    payment_status: str | None
    fulfilment_status: str | None
    return_status: str | None
    total: Decimal
    amount_cancelled: Decimal
    amount_paid: Decimal
    amount_refunded: Decimal
    paid_at: datetime | None
    restocked_at: datetime | None


_SHIPPED_BY_STATUS = {_S.SHIPPED: _F.FULFILLED, _S.DELIVERED: _F.DELIVERED}


def statuses_of(order: OrderRow) -> Statuses:
    """Return the statuses of an order to show, from its own columns.

    The previous release writes ``status`` and the amounts, and leaves the other statuses as they
    are: null, or what this release had stored before. So the amounts decide what is paid, and an
    order that is shipped or delivered by its ``status`` is so by its ``fulfilment_status``.
    """
    status = OrderStatus(order.status)
    return Statuses(status, _payment_of(order), _fulfilment_of(order), _return_of(order))


def _payment_of(order: OrderRow) -> OrderPaymentStatus:
    try:
        stage = PaymentStage(order.payment_status or "")
    except ValueError:
        stage = PaymentStage.NONE
    return payment_status_of(_amounts(order, stage))


def _amounts(order: OrderRow, stage: PaymentStage) -> Facts:
    return Facts(
        total=order.total,
        amount_cancelled=order.amount_cancelled,
        amount_paid=order.amount_paid,
        amount_refunded=order.amount_refunded,
        was_paid=order.paid_at is not None,
        stage=stage,
    )


def _fulfilment_of(order: OrderRow) -> FulfilmentStatus:
    if is_shipped_by_status_alone(order):
        return _SHIPPED_BY_STATUS[OrderStatus(order.status)]
    return FulfilmentStatus(order.fulfilment_status or _F.UNFULFILLED)


def _return_of(order: OrderRow) -> ReturnStatus | None:
    if order.return_status:
        return ReturnStatus(order.return_status)
    is_restocked = order.restocked_at is not None
    return _R.RETURNED if is_restocked and _fulfilment_of(order) != _F.UNFULFILLED else None


def is_shipped_by_status_alone(order: OrderRow) -> bool:
    """Return whether the previous release shipped or delivered an order.

    This release writes ``fulfilment_status`` in the same UPDATE as ``status``, so that then it is
    behind.
    """
    if order.status == _S.DELIVERED:
        return order.fulfilment_status != _F.DELIVERED
    shipped = {_F.FULFILLED, _F.DELIVERED}
    return order.status == _S.SHIPPED and order.fulfilment_status not in shipped


def amount_due(order: OrderRow) -> Decimal:
    """Return what is to pay of an order: total − cancelled − paid, at least 0.

    An order owes it in every status but cancelled and refunded.
    """
    if order.status in {_S.CANCELLED, _S.REFUNDED}:
        return ZERO
    return max(ZERO, order.total - order.amount_cancelled - order.amount_paid)
