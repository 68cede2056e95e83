"""The states of payments and refunds, and which may follow which: one table for each.

Every guarded UPDATE of ``payments.services`` and ``payments.reconciliation`` uses these tables.
"""

from django.db.models import TextChoices


class PaymentStatus(TextChoices):
    """The state of a payment."""

    PENDING = "pending", "Pending"
    REQUIRES_ACTION = "requires_action", "Requires action"
    AUTHORISED = "authorised", "Authorised"
    SUCCEEDED = "succeeded", "Succeeded"
    FAILED = "failed", "Failed"
    CANCELLED = "cancelled", "Cancelled"
    REFUND_PENDING = "refund_pending", "Refund pending"
    REFUNDED = "refunded", "Refunded"


class RefundStatus(TextChoices):
    """The state of a refund."""

    PENDING = "pending", "Pending"
    SUCCEEDED = "succeeded", "Succeeded"
    FAILED = "failed", "Failed"


_P = PaymentStatus
_R = RefundStatus

OPEN = (_P.PENDING, _P.REQUIRES_ACTION)
"""The outcome is not known yet."""

UNDECIDED = (*OPEN, _P.AUTHORISED)
"""The gateway may still report another outcome."""

LIVE = (*UNDECIDED, _P.SUCCEEDED)
"""An order has at most one payment in these states."""

CAPTURED = (_P.SUCCEEDED, _P.REFUND_PENDING, _P.REFUNDED)
"""Money was captured, whether or not it was refunded."""

REFUNDABLE = (_P.SUCCEEDED, _P.REFUND_PENDING)
"""A refund may begin."""

# An open payment may stay as it is, which stores the gateway's reference. Money that arrives for a
# payment that had ended, or for an order that takes none, makes the payment ``refund_pending``.
PAYMENT_MOVES: dict[PaymentStatus, frozenset[PaymentStatus]] = {
    _P.PENDING: frozenset({*UNDECIDED, _P.SUCCEEDED, _P.FAILED, _P.CANCELLED}),
    _P.REQUIRES_ACTION: frozenset({*UNDECIDED, _P.SUCCEEDED, _P.FAILED, _P.CANCELLED}),
    _P.AUTHORISED: frozenset({_P.SUCCEEDED, _P.FAILED, _P.CANCELLED}),
    _P.SUCCEEDED: frozenset({_P.REFUND_PENDING, _P.REFUNDED}),
    _P.FAILED: frozenset({_P.REFUND_PENDING}),
    _P.CANCELLED: frozenset({_P.REFUND_PENDING}),
    _P.REFUND_PENDING: frozenset({_P.REFUNDED}),
    _P.REFUNDED: frozenset(),
}

REFUND_MOVES: dict[RefundStatus, frozenset[RefundStatus]] = {
    _R.PENDING: frozenset(_R),
    _R.SUCCEEDED: frozenset(),
    _R.FAILED: frozenset(),
}


def payment_sources(wanted: PaymentStatus) -> list[PaymentStatus]:
    """Return the states from which a payment may become ``wanted``."""
    return [status for status, after in PAYMENT_MOVES.items() if wanted in after]


def refund_sources(wanted: RefundStatus) -> list[RefundStatus]:
    """Return the states from which a refund may become ``wanted``."""
    return [status for status, after in REFUND_MOVES.items() if wanted in after]
