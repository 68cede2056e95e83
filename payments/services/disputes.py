"""Disputes, early fraud warnings and reviews, as the provider reports them.

Events arrive in any order, so the present state of a dispute is fetched from the provider. While it
is fetched, another process may store a newer state: ``Dispute.revision`` tells, and the state is
fetched again.
"""

import logging
from collections.abc import Callable
from decimal import Decimal

from django.utils import timezone

from orders.models import Order
from orders.services import flag_dispute, hold_shipping, note_event
from payments import gateways
from payments.errors import GatewayBusy
from payments.gateways import ReportedDispute
from payments.models import Dispute, DisputeKind, DisputeStatus, EntryKind, LedgerEntry, Payment
from payments.models.disputes import OPEN_DISPUTES
from shop.core import events
from shop.core.money import ZERO, show
from shop.core.transactions import transactional

logger = logging.getLogger("shop.payments")

_ATTEMPTS = 5
_REASON_LENGTH = 40
_FLAGGED = (DisputeKind.DISPUTE, DisputeKind.INQUIRY)


class _ChangedMeanwhileError(Exception):
    """Another process stored the dispute while this one fetched it."""


def refresh_dispute(
    payment: Payment,
    fetch: Callable[[], ReportedDispute],
    reference: str,
    is_first: Callable[[], bool] = lambda: True,
) -> None:
    """Fetch a dispute of a payment, and store its present state.

    ``is_first`` is called in the transaction. If it returns False, nothing is stored. Raises
    GatewayUnavailable, and GatewayBusy if others change the dispute all the time.
    """
    for _ in range(_ATTEMPTS):
        revision = _revision_of(payment, reference)
        reported = gateways.call_outside_transaction(fetch)
        try:
            _store(payment, reported, revision, is_first)
        except _ChangedMeanwhileError:
            continue
        return
    raise GatewayBusy


def has_dispute_news(payment: Payment, reported: ReportedDispute) -> bool:
    """Return whether the provider reports another state of a dispute than the shop has."""
    stored = Dispute.objects.filter(payment=payment, reference=reported.reference).first()
    return stored is None or _facts_of(stored) != _reported_facts(payment, reported)


def _revision_of(payment: Payment, reference: str) -> int:
    found = Dispute.objects.filter(payment=payment, reference=reference)
    return found.values_list("revision", flat=True).first() or 0


@transactional
def _store(
    payment: Payment, reported: ReportedDispute, revision: int, is_first: Callable[[], bool]
) -> None:
    """Store a dispute that was not stored since ``revision``. Locks the order."""
    Order.objects.lock(payment.order_id)
    if not is_first():
        return
    if _revision_of(payment, reported.reference) != revision:
        raise _ChangedMeanwhileError
    stored = Dispute.objects.filter(payment=payment, reference=reported.reference).first()
    facts = _reported_facts(payment, reported)
    if stored is not None and _facts_of(stored) == facts:
        return
    before = None if stored is None else stored.status
    withdrawn = ZERO if stored is None else stored.amount_withdrawn
    dispute = _write(payment, reported.reference, stored, facts)
    _enter_in_ledger(dispute, dispute.amount_withdrawn - withdrawn)
    _tell(dispute, before)


def _reported_facts(payment: Payment, reported: ReportedDispute) -> dict[str, object]:
    """Return the columns of a dispute. An amount in another currency than the payment's is left."""
    has_amount = reported.currency == payment.currency
    return {
        "kind": reported.kind.value,
        "status": reported.status.value,
        "reason": reported.reason[:_REASON_LENGTH],
        "amount": reported.amount if has_amount else None,
        "amount_withdrawn": reported.withdrawn if has_amount else ZERO,
        "due_by": reported.due_by,
    }


def _facts_of(dispute: Dispute) -> dict[str, object]:
    names = ("kind", "status", "reason", "amount", "amount_withdrawn", "due_by")
    return {name: getattr(dispute, name) for name in names}


def _write(
    payment: Payment, reference: str, stored: Dispute | None, facts: dict[str, object]
) -> Dispute:
    is_open = facts["status"] in OPEN_DISPUTES
    dispute = stored or Dispute(payment=payment, reference=reference, revision=0)
    for name, value in facts.items():
        setattr(dispute, name, value)
    if is_open:
        dispute.closed_at = None
    elif dispute.closed_at is None:
        dispute.closed_at = timezone.now()
    dispute.revision += 1
    dispute.save()
    return dispute


def _enter_in_ledger(dispute: Dispute, more: Decimal) -> None:
    """Add what the provider has withdrawn since, or what it gave back (negative), to the ledger."""
    if more == ZERO:
        return
    kind = EntryKind.DISPUTE_WITHDRAWN if more > ZERO else EntryKind.DISPUTE_REINSTATED
    LedgerEntry.objects.create(
        payment=dispute.payment,
        dispute=dispute,
        kind=kind,
        amount=abs(more),
        reference=dispute.reference,
    )


def _tell(dispute: Dispute, before: str | None) -> None:
    """Flag the order, and record the change on its timeline, as an event and in the log."""
    order_id = dispute.payment.order_id
    is_disputed = Dispute.objects.disputing().filter(payment__order=order_id).exists()
    flag_dispute(order_id=order_id, is_open=is_disputed)
    if before is None and dispute.kind == DisputeKind.EARLY_FRAUD_WARNING:
        hold_shipping(order_id=order_id)
    note = _note_of(dispute, before)
    if note:
        note_event(order_id=order_id, note=note, actor=None)
    was_open = before in OPEN_DISPUTES
    is_open = dispute.status in OPEN_DISPUTES
    if before is None:
        _record(dispute, "opened")
    if not is_open and (was_open or before is None):
        _record(dispute, "closed")
    elif before is not None:
        _record(dispute, "updated")


def _note_of(dispute: Dispute, before: str | None) -> str:
    """Return the entry of the timeline, which buyers read: only of what they know already."""
    if dispute.kind not in _FLAGGED or dispute.status == before:
        return ""
    if dispute.status not in OPEN_DISPUTES:
        return f"Dispute {DisputeStatus(dispute.status).value}"
    amount = "" if dispute.amount is None else f": {show(dispute.amount)}"
    return f"Payment disputed{amount}" if before not in OPEN_DISPUTES else ""


def _record(dispute: Dispute, name: str) -> None:
    payment = dispute.payment
    facts: dict[str, events.Fact] = {
        "order_id": payment.order_id,
        "payment_id": payment.pk,
        "kind": dispute.kind,
        "status": dispute.status,
        "amount": None if dispute.amount is None else show(dispute.amount),
        "currency": payment.currency,
    }
    events.record(f"dispute.{name}", object_type="dispute", object_id=dispute.pk, data=facts)
    logger.warning("dispute %s is %s: %s", dispute.pk, name, dispute.status, extra={"facts": facts})
