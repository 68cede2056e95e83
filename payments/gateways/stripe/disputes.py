"""Disputes, early fraud warnings and reviews of Stripe (docs.stripe.com/disputes, /radar)."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import stripe

from payments.gateways.reports import DisputeState, DisputeType, ReportedDispute
from payments.gateways.stripe.amounts import from_minor
from shop.core.money import ZERO

TYPES = {
    "dispute": DisputeType.DISPUTE,
    "radar.early_fraud_warning": DisputeType.EARLY_FRAUD_WARNING,
    "review": DisputeType.REVIEW,
}
"""The kinds of reports by the type of Stripe's object."""

# docs.stripe.com/api/disputes/object#dispute_object-status. Those of inquiries begin with warning_,
# and those of an appeal against a lost dispute with appeal_.
_STATES = {
    "needs_response": DisputeState.NEEDS_RESPONSE,
    "under_review": DisputeState.UNDER_REVIEW,
    "closed": DisputeState.CLOSED,
    "won": DisputeState.WON,
    "lost": DisputeState.LOST,
    "prevented": DisputeState.CLOSED,
}
_INQUIRY, _APPEAL = "warning_", "appeal_"


def fetch(api: stripe.V1Services, kind: str, reference: str) -> ReportedDispute:
    """Return a dispute, warning or review as it is now."""
    if kind == DisputeType.REVIEW:
        return _of_review(api.reviews.retrieve(reference))
    if kind == DisputeType.EARLY_FRAUD_WARNING:
        return _of_warning(api.radar.early_fraud_warnings.retrieve(reference))
    return _of_dispute(api.disputes.retrieve(reference))


def created_since(api: stripe.V1Services, since: datetime) -> Iterator[ReportedDispute]:
    """Yield the disputes and warnings created since ``since``, and the reviews that are open."""
    created: Any = {"created": {"gte": int(since.timestamp())}, "limit": 100}
    disputes: Any = api.disputes.list(created)
    for each in disputes.auto_paging_iter():
        yield _of_dispute(each)
    warnings: Any = api.radar.early_fraud_warnings.list(created)
    for each in warnings.auto_paging_iter():
        yield _of_warning(each)
    reviews: Any = api.reviews.list(created)
    for each in reviews.auto_paging_iter():
        yield _of_review(each)


def _of_dispute(dispute: Any) -> ReportedDispute:
    status = dispute.status
    amount = from_minor(dispute.amount, dispute.currency)
    # The balance may have another currency, so only its sign is used.
    balance = sum(each.amount for each in dispute.balance_transactions)
    due_by = dispute.evidence_details.due_by
    return ReportedDispute(
        reference=dispute.id,
        charge_reference=dispute.payment_intent or "",
        kind=DisputeType.INQUIRY if status.startswith(_INQUIRY) else DisputeType.DISPUTE,
        status=_STATES[status.removeprefix(_INQUIRY).removeprefix(_APPEAL)],
        reason=dispute.reason,
        amount=amount,
        currency=dispute.currency.upper(),
        due_by=datetime.fromtimestamp(due_by, UTC) if due_by else None,
        withdrawn=amount if balance < 0 else ZERO,
    )


def _of_warning(warning: Any) -> ReportedDispute:
    return ReportedDispute(
        reference=warning.id,
        charge_reference=warning.payment_intent or "",
        kind=DisputeType.EARLY_FRAUD_WARNING,
        status=DisputeState.NEEDS_RESPONSE if warning.actionable else DisputeState.CLOSED,
        reason=warning.fraud_type,
    )


def _of_review(review: Any) -> ReportedDispute:
    return ReportedDispute(
        reference=review.id,
        charge_reference=review.payment_intent or "",
        kind=DisputeType.REVIEW,
        status=DisputeState.NEEDS_RESPONSE if review.open else DisputeState.CLOSED,
        reason=review.reason,
    )
