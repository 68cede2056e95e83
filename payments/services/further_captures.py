"""Further captures of a payment whose authorised money is captured in parts.

A gateway reports what was captured in all. So a report that is older than what is stored, or is
repeated, changes nothing, whether a request, an event or a scheduled job has fetched it.
"""

import logging
from decimal import Decimal

from django.db.models import Case, F, Value, When

from accounts.models import User
from orders.services import record_further_payment
from payments.gateways import Outcome, OutcomeStatus
from payments.models import EntryKind, LedgerEntry, Payment, PaymentStatus, Refund
from payments.services.commitments import recommit
from payments.services.entries import record_payment_event
from payments.services.late_refunds import begin_refund_of_excess
from shop.core.money import ZERO, show
from shop.engine import insert

logger = logging.getLogger("shop.payments")


def settle_further_capture(payment_id: int, outcome: Outcome, actor: User | None) -> Payment:
    """Record what was captured since the last report; return the payment as stored afterwards.

    Changes nothing unless something could still be captured of the payment. The caller has locked
    the order. Money of a late payment, and for items that were cancelled meanwhile, gets a pending
    refund.
    """
    payment = Payment.objects.get(pk=payment_id)
    captured = _captured_in_all(payment, outcome)
    if not payment.amount_capturable or captured is None:
        return payment
    more = captured - payment.amount_captured
    left = min(outcome.capturable, payment.amount_capturable - more)
    if more < ZERO or left < ZERO or (not more and left == payment.amount_capturable):
        return payment
    if more and not _credit(payment, more, actor):
        return payment
    _store(payment, more, left)
    recommit(payment.order_id)
    if more:
        begin_refund = _refund_late if payment.is_late else begin_refund_of_excess
        begin_refund(payment, more)
    return Payment.objects.get(pk=payment_id)


def _captured_in_all(payment: Payment, outcome: Outcome) -> Decimal | None:
    """Return what the outcome says that was captured in all, or None if it does not say it.

    A charge that has ended keeps what was captured of it.
    """
    if outcome.status in {OutcomeStatus.CANCELLED, OutcomeStatus.FAILED}:
        return payment.amount_captured
    return outcome.captured if outcome.status == OutcomeStatus.SUCCEEDED else None


def _credit(payment: Payment, more: Decimal, actor: User | None) -> bool:
    """Add further money to the order, unless the payment is late. Return False if that is wrong.

    Only the previous release can have let another payment cover what this one was authorised for.
    """
    order_id = payment.order_id
    if payment.is_late or record_further_payment(order_id=order_id, amount=more, actor=actor):
        number = LedgerEntry.objects.filter(payment=payment, kind=EntryKind.CAPTURED).count() + 1
        LedgerEntry.objects.create(
            payment=payment,
            kind=EntryKind.CAPTURED,
            number=number,
            amount=more,
            reference=payment.provider_reference,
            actor=actor,
        )
        if not payment.is_late:
            record_payment_event(payment, "succeeded", more)
        return True
    logger.error("payment %s: %s captured, which its order does not owe", payment.pk, show(more))
    return False


def _store(payment: Payment, more: Decimal, left: Decimal) -> None:
    """Store what was captured of a payment. One that was refunded holds money again."""
    was_refunded = When(status=PaymentStatus.REFUNDED, then=Value(PaymentStatus.SUCCEEDED))
    status = Case(was_refunded, default=F("status")) if more else F("status")
    payment.amount_captured += more
    Payment.objects.filter(pk=payment.pk).update(
        amount_captured=payment.amount_captured, amount_capturable=left, status=status
    )


def _refund_late(payment: Payment, more: Decimal) -> None:
    refunded = payment.amount_refunded + more
    waiting = PaymentStatus.REFUND_PENDING
    Payment.objects.filter(pk=payment.pk).update(amount_refunded=refunded, status=waiting)
    insert(Refund(payment=payment, amount=more, reason="Late payment"))
