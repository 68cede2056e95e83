"""What orders show of their payments (``orders.payments``)."""

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from django.db.models import Exists, OuterRef, QuerySet

from orders.payments import Payments, PaymentSummary
from orders.states import PaymentStage
from payments.models import EntryKind, LedgerEntry, Payment, PaymentStatus
from payments.next_actions import next_action_of, reference_of
from payments.states import UNDECIDED
from shop.engine import columns_of, instance_of, select


def read_summaries(order_ids: Sequence[int]) -> Payments:
    """Return the payments of orders, the oldest first. Sends one statement."""
    found: defaultdict[int, list[PaymentSummary]] = defaultdict(list)
    for payment in _payments.rows(order_ids=list(order_ids)):
        found[payment.order_id].append(summary_of(payment))
    return found


def _payment_of(*columns: Any) -> Payment:
    return instance_of(Payment, columns)


@select(_payment_of)
def _payments(*, order_ids: list[int]) -> QuerySet[Payment, Any]:
    """The payments of orders, the oldest first."""
    payments = Payment.objects.filter(order_id__in=order_ids).order_by("pk")
    return payments.values_list(*columns_of(Payment))


def summary_of(payment: Payment) -> PaymentSummary:
    """Return what an order shows of a payment."""
    return PaymentSummary(
        payment_id=payment.pk,
        method=payment.method,
        status=payment.status,
        amount=payment.amount,
        amount_refunded=payment.amount_refunded,
        currency=payment.currency,
        reference=reference_of(payment),
        created_at=payment.created_at,
        amount_open=payment.amount if payment.status in UNDECIDED else payment.amount_capturable,
        next_action=next_action_of(payment),
    )


_ENDED = {PaymentStatus.FAILED, PaymentStatus.CANCELLED}


def read_stage(order_id: int) -> PaymentStage:
    """Return how far the payments of an order are that brought no money. Sends one statement.

    A payment that was only begun does not count, since beginning one does not store the statuses.
    """
    entries = LedgerEntry.objects.filter(payment=OuterRef("pk"), kind=EntryKind.AUTHORISED)
    rows = Payment.objects.filter(order=order_id).annotate(was_authorised=Exists(entries))
    found = set(rows.values_list("status", "was_authorised"))
    present = {status for status, _ in found}
    if PaymentStatus.PROCESSING in present:
        return PaymentStage.PROCESSING
    if PaymentStatus.AUTHORISED in present:
        return PaymentStage.AUTHORISED
    is_voided = any(status in _ENDED and authorised for status, authorised in found)
    if is_voided and PaymentStatus.SUCCEEDED not in present:
        return PaymentStage.VOIDED
    return PaymentStage.NONE
