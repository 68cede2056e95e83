"""Refunds that fail: their amount is free again, also if the provider had said that they succeeded.

A bank may return the money of a refund after days, for example because the card was closed.
"""

import logging

from django.db.models import Case, F, Value, When
from django.db.models.functions import Round

from orders.services import note_event, reverse_refund
from payments.models import EntryKind, LedgerEntry, Payment, PaymentStatus, Refund
from payments.services.allocations import release_items
from payments.services.entries import record_payment_event
from shop.core.money import show

logger = logging.getLogger("shop.payments")


def record_failure(refund: Refund, *, had_succeeded: bool) -> None:
    """Release the amount of a failed refund; reverse the refund if it ``had_succeeded`` before.

    The caller has stored the status, and has locked the order. A payment that was ``refunded``
    becomes what it was before, so that staff can refund it again or by hand.
    """
    payment = refund.payment
    before = PaymentStatus.REFUND_PENDING if payment.is_late else PaymentStatus.SUCCEEDED
    was_refunded = When(status=PaymentStatus.REFUNDED, then=Value(before))
    Payment.objects.filter(pk=payment.pk).update(
        amount_refunded=Round(F("amount_refunded") - refund.amount, precision=2),
        status=Case(was_refunded, default=F("status")),
    )
    release_items(refund)
    if had_succeeded:
        _reverse(refund)
    else:
        note_event(order_id=payment.order_id, note="Refund failed", actor=refund.actor)
        record_payment_event(payment, "refund_declined", refund.amount, refund_id=refund.pk)


def _reverse(refund: Refund) -> None:
    """Take a refund that had succeeded out of the order, and tell staff."""
    payment, shown = refund.payment, show(refund.amount)
    entry = LedgerEntry.objects.get(refund=refund)
    LedgerEntry.objects.create(
        payment=payment,
        kind=EntryKind.REFUND_FAILED,
        amount=refund.amount,
        reference=refund.provider_reference,
        reverses=entry,
    )
    record_payment_event(
        payment, "refund_failed", refund.amount, refund_id=refund.pk, is_late=payment.is_late
    )
    note = f"Refund of {shown} failed after it had succeeded"
    if payment.is_late:
        note_event(order_id=payment.order_id, note=note, actor=None)
    else:
        reverse_refund(order_id=payment.order_id, amount=refund.amount, note=note)
    facts = {"refund_id": refund.pk, "amount": shown, "currency": payment.currency}
    logger.error("refund %s failed after it had succeeded", refund.pk, extra={"facts": facts})
