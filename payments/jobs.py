"""Scheduled jobs: settle open payments, and expire orders that were not paid.

Each row is processed in transactions of its own, and an error in one row does not affect the
others. Jobs may run in parallel and repeatedly. The shop stays correct while no job runs.
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

BATCH_SIZE = 500
_SHIPPED = (OrderStatus.SHIPPED, OrderStatus.DELIVERED)
_CANCELLED = OrderStatus.CANCELLED
Row = TypeVar("Row", Order, Payment, Refund)


def settle_payments() -> int:
    """Settle open payments and pending refunds at their gateways; return how many changed.

    An authorised payment is captured if its order was shipped, and voided if it was cancelled.
    """
    authorised = Q(status=PaymentStatus.AUTHORISED, order__status__in=[*_SHIPPED, _CANCELLED])
    unsettled = Payment.objects.filter(Q(status__in=OPEN) | authorised)
    settled = _apply_to_each(unsettled.select_related("order"), _settle_payment)
    return settled + _apply_to_each(Refund.objects.pending(), _settle_refund)


def _settle_payment(payment: Payment) -> bool:
    previous_status = payment.status
    gateway = gateways.registered()[payment.method]
    is_unconfirmed = gateway.confirms_order and payment.order.status == OrderStatus.PENDING
    if previous_status == PaymentStatus.AUTHORISED:
        payment = _finish_authorised(payment)
    elif payment.order.status == OrderStatus.CANCELLED:
        payment = services.abandon_payment(payment)
    elif is_unconfirmed or not gateway.recorded_by_staff:
        payment = services.fetch_and_settle(payment)
    return payment.status != previous_status


def _finish_authorised(payment: Payment) -> Payment:
    if payment.order.status == OrderStatus.CANCELLED:
        return services.void_payment(payment=payment, actor=None)
    return services.capture_payment(payment=payment, amount=payment.amount, actor=None)


def _settle_refund(refund: Refund) -> bool:
    return services.send_refund(refund).status != RefundStatus.PENDING


def expire_orders() -> int:
    """Cancel pending orders whose payment window has closed; return how many.

    An open payment is settled or cancelled first. An order does not expire while it has an open
    payment whose method has a longer window of its own, such as a bank transfer.
    """
    unpaid = Order.objects.filter(
        status=OrderStatus.PENDING, created_at__lt=services.ago(services.payment_window())
    ).exclude(pk__in=_in_longer_window().values("order_id"))
    return _apply_to_each(unpaid, _expire_order)


def _expire_order(order: Order) -> bool:
    for payment in Payment.objects.open().filter(order=order).select_related("order"):
        services.abandon_payment(payment)
    return services.expire_order(order_id=order.pk)


def _in_longer_window() -> PaymentQuerySet:
    """Return open payments whose method has a payment window of its own that is still open."""
    in_window = Q(pk__in=[])
    for code, gateway in gateways.registered().items():
        if gateway.payment_window is not None:
            in_window |= Q(method=code, created_at__gte=services.ago(gateway.payment_window))
    return Payment.objects.open().filter(in_window)


def _apply_to_each(rows: QuerySet[Row], function: Callable[[Row], bool]) -> int:
    """Call ``function`` for each row, in batches by id; return how often it returned True."""
    count = last_pk = 0
    while batch := list(rows.filter(pk__gt=last_pk).order_by("pk")[:BATCH_SIZE]):
        count += sum(_apply_logging_errors(function, row) for row in batch)
        last_pk = batch[-1].pk
    return count


def _apply_logging_errors(function: Callable[[Row], bool], row: Row) -> bool:
    try:
        return function(row)
    except Exception:
        # A row that fails must not stop the others. The next run tries it again.
        logger.exception("%s could not be settled", row)
        return False
