"""Scheduled jobs: settle open payments, expire orders that were not paid.

Each row has its own transaction, an error in one stops no other, and two jobs at once do nothing
twice. The shop stays correct while no job runs.
"""

import logging
from collections.abc import Callable
from typing import TypeVar

from django.db.models import Q, QuerySet

from orders.models import Order
from orders.states import OrderStatus
from payments import gateways, services
from payments.models import Payment, PaymentQuerySet, PaymentStatus, Refund, RefundStatus
from payments.states import OPEN

logger = logging.getLogger("shop.payments")

BATCH = 500
_SENT = (OrderStatus.SHIPPED, OrderStatus.DELIVERED)
_CANCELLED = OrderStatus.CANCELLED
Row = TypeVar("Row", Order, Payment, Refund)


def settle_payments() -> int:
    """Settle open payments and refunds by asking the gateways; return how many changed.

    An authorised payment is captured once its order was shipped, and voided once it was cancelled.
    """
    authorised = Q(status=PaymentStatus.AUTHORISED, order__status__in=[*_SENT, _CANCELLED])
    unsettled = Payment.objects.filter(Q(status__in=OPEN) | authorised)
    ended = _each(unsettled.select_related("order"), _settle_one)
    return ended + _each(Refund.objects.pending(), _refund_one)


def _settle_one(payment: Payment) -> bool:
    before = payment.status
    gateway = gateways.registered()[payment.method]
    is_unconfirmed = gateway.confirms_order and payment.order.status == OrderStatus.PENDING
    if before == PaymentStatus.AUTHORISED:
        payment = _finish_authorised(payment)
    elif payment.order.status == OrderStatus.CANCELLED:
        payment = services.abandon_payment(payment)
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

    An open payment is settled first; an order waits for a method with a longer window of its own,
    such as a bank transfer.
    """
    late = Order.objects.filter(
        status=OrderStatus.PENDING, created_at__lt=services.ago(services.payment_window())
    ).exclude(pk__in=_waiting_longer().values("order_id"))
    return _each(late, _expire_one)


def _expire_one(order: Order) -> bool:
    for payment in Payment.objects.open().filter(order=order).select_related("order"):
        services.abandon_payment(payment)
    return services.expire_order(order_id=order.pk)


def _waiting_longer() -> PaymentQuerySet:
    """Return open payments whose method has a window of its own that has not closed."""
    waiting = Q(pk__in=[])
    for code, gateway in gateways.registered().items():
        if gateway.payment_window is not None:
            waiting |= Q(method=code, created_at__gte=services.ago(gateway.payment_window))
    return Payment.objects.open().filter(waiting)


def _each(rows: QuerySet[Row], work: Callable[[Row], bool]) -> int:
    """Do ``work`` on each row, in batches by id; return how often it returned True."""
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
