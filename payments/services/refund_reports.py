"""Refunds that a provider reports, also those that were made in its dashboard."""

import logging
from collections.abc import Iterable
from decimal import Decimal

from django.db.models import Q, Sum

from orders.models import Order
from payments.errors import RefundLimit
from payments.gateways import RefundOutcome, RefundState, ReportedRefund
from payments.models import Payment, Refund, RefundStatus
from payments.services.refunds import reserve
from payments.services.settlement import settle_refund
from shop.core.money import ZERO, quantize, show
from shop.core.transactions import transactional
from shop.engine import insert

logger = logging.getLogger("shop.payments")


def find_refund(payment: Payment, reported: ReportedRefund) -> Refund | None:
    """Return the refund of a payment that a provider reports, or None if the shop has none."""
    matches = Q(provider_reference=reported.reference)
    if reported.key:
        matches |= Q(provider_key=reported.key)
    refunds = Refund.objects.select_related("payment", "actor").filter(matches, payment=payment)
    return refunds.filter(by_hand=False).first()


@transactional
def record_reported_refund(payment: Payment, reported: ReportedRefund) -> None:
    """Store the outcome of a refund that the provider reports, also of one made in its dashboard.

    Locks the order. Raises RefundLimit if such a refund exceeds what can be refunded.
    """
    Order.objects.lock(payment.order_id)
    if not _store(payment, reported):
        payment.refresh_from_db()
        left = payment.amount_captured - payment.amount_refunded
        raise RefundLimit(refundable=show(left))


def record_reported_refunds(payment: Payment, reported: Iterable[ReportedRefund]) -> None:
    """Store the outcomes of a payment's refunds, in a transaction that has locked the order.

    A refund that exceeds what can be refunded is left to the reconciliation.
    """
    for each in reported:
        if not _store(payment, each):
            logger.error("payment %s: refund %s exceeds what is left", payment.pk, each.reference)


def _store(payment: Payment, reported: ReportedRefund) -> bool:
    """Store a refund; return False if it exceeds what is left.

    One that was made without the shop is added when it has succeeded. The shop would otherwise
    send a pending one to the provider itself.
    """
    refund = find_refund(payment, reported)
    if refund is None:
        if reported.status != RefundState.SUCCEEDED:
            return True
        if not reserve(payment.pk, reported.amount):
            return False
        refund = Refund(payment=payment, amount=reported.amount, reason="Made at the provider")
        insert(refund)
    outcome = RefundOutcome(reported.status, reported.reference, reported.failure_code)
    settle_refund(refund=refund, outcome=outcome)
    return True


def has_news(payment: Payment, refund: ReportedRefund) -> bool:
    """Return whether the shop has another status of a refund, or does not know it."""
    stored = find_refund(payment, refund)
    if stored is None:
        return refund.status == RefundState.SUCCEEDED
    return stored.status != refund.status.value


def sent_sum(payment: Payment) -> Decimal:
    """Return the sum of a payment's refunds at its provider, as far as the shop knows."""
    sent = Refund.objects.filter(payment=payment, by_hand=False)
    sent = sent.exclude(status=RefundStatus.FAILED)
    total: Decimal | None = sent.aggregate(total=Sum("amount"))["total"]
    return ZERO if total is None else quantize(total)
