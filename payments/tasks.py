"""Periodic work on payments: settle what is open, expire what was not paid.

Each row is its own transaction, a failure of one stops no other, and running twice at once does
nothing twice. Nothing in the shop is wrong while none of this runs.
"""

import logging
from collections.abc import Callable
from typing import TypeVar

from django.db.models import Q, QuerySet

from orders.models import Order
from orders.states import OrderStatus
from payments import gateways, services
from payments.models import (
    OPEN,
    Payment,
    PaymentQuerySet,
    PaymentStatus,
    Refund,
    RefundStatus,
)

logger = logging.getLogger("shop.payments")

BATCH = 500
_SENT = (OrderStatus.SHIPPED, OrderStatus.DELIVERED)
_CANCELLED = OrderStatus.CANCELLED
Row = TypeVar("Row", Order, Payment, Refund)


def settle_payments() -> int:
    """Settle what is open by asking the gateways, and finish refunds; return how many ended.

    What was authorised is captured once its goods went out, and let go once its order is cancelled.
    """
    authorised = Q(status=PaymentStatus.AUTHORISED, order__status__in=[*_SENT, _CANCELLED])
    unsettled = Payment.objects.filter(Q(status__in=OPEN) | authorised)
    ended = _each(unsettled.select_related("order"), _settle_one)
    refunds = Refund.objects.filter(status=RefundStatus.PENDING)
    return ended + _each(refunds.select_related("payment", "actor"), _refund_one)


def _settle_one(payment: Payment) -> bool:
    before = payment.status
    gateway = gateways.known()[payment.method]
    is_unconfirmed = gateway.confirms_order and payment.order.status == OrderStatus.PENDING
    if before == PaymentStatus.AUTHORISED:
        payment = _finish_authorised(payment)
    elif payment.order.status == OrderStatus.CANCELLED:
        payment = services.give_up(payment)
    elif is_unconfirmed or not gateway.recorded_by_staff:
        payment = services.settle_by_asking(payment)
    return payment.status != before


def _finish_authorised(payment: Payment) -> Payment:
    if payment.order.status == OrderStatus.CANCELLED:
        return services.void_payment(payment=payment, actor=None)
    return services.capture_payment(payment=payment, amount=payment.amount, actor=None)


def _refund_one(refund: Refund) -> bool:
    return services.send_refund(refund).status != RefundStatus.PENDING


def expire_orders() -> int:
    """Cancel pending orders that were not paid in time; return how many.

    A payment that is still open is asked for first; an order waits for a method with a longer
    window of its own, such as a bank transfer.
    """
    late = Order.objects.filter(
        status=OrderStatus.PENDING, created_at__lt=services.ago(services.payment_window())
    ).exclude(pk__in=_waiting_longer().values("order_id"))
    return _each(late, _expire_one)


def _expire_one(order: Order) -> bool:
    for payment in Payment.objects.open().filter(order=order).select_related("order"):
        services.give_up(payment)
    return services.expire_order(order_id=order.pk)


def _waiting_longer() -> PaymentQuerySet:
    """Return open payments whose method's own window has not closed."""
    waiting = Q(pk__in=[])
    for code, gateway in gateways.known().items():
        if gateway.payment_window is not None:
            waiting |= Q(method=code, created_at__gte=services.ago(gateway.payment_window))
    return Payment.objects.open().filter(waiting)


def _each(rows: QuerySet[Row], work: Callable[[Row], bool]) -> int:
    """Do ``work`` on each row, in batches by id; return how often it said True."""
    done = last = 0
    while batch := list(rows.filter(pk__gt=last).order_by("pk")[:BATCH]):
        done += sum(_safely(work, row) for row in batch)
        last = batch[-1].pk
    return done


def _safely(work: Callable[[Row], bool], row: Row) -> bool:
    try:
        return work(row)
    except Exception:
        # One row that fails must not keep the others waiting; it is tried again next time.
        logger.exception("%s could not be settled", row)
        return False
