"""The states of payments and refunds, and a table of the allowed transitions for each.

Every guarded UPDATE of ``payments.services`` and ``payments.reconciliation`` uses these tables.
"""

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _


class PaymentStatus(TextChoices):
    """The state of a payment."""

    PENDING = "pending", _("Pending")
    REQUIRES_ACTION = "requires_action", _("Requires action")
    PROCESSING = "processing", _("Processing")
    AUTHORISED = "authorised", _("Authorised")
    SUCCEEDED = "succeeded", _("Succeeded")
    FAILED = "failed", _("Failed")
    CANCELLED = "cancelled", _("Cancelled")
    REFUND_PENDING = "refund_pending", _("Refund pending")
    REFUNDED = "refunded", _("Refunded")


_WORDS = {
    PaymentStatus.PENDING: _("pending"),
    PaymentStatus.REQUIRES_ACTION: _("waiting for the buyer"),
    PaymentStatus.PROCESSING: _("being processed"),
    PaymentStatus.AUTHORISED: _("authorised"),
    PaymentStatus.SUCCEEDED: _("succeeded"),
    PaymentStatus.FAILED: _("failed"),
    PaymentStatus.CANCELLED: _("cancelled"),
    PaymentStatus.REFUND_PENDING: _("being refunded"),
    PaymentStatus.REFUNDED: _("refunded"),
}


def describe_payment_status(status: str) -> str:
    """Return the word for a status within a sentence, in the active language."""
    return str(_WORDS[PaymentStatus(status)])


class RefundStatus(TextChoices):
    """The state of a refund."""

    PENDING = "pending", _("Pending")
    SUCCEEDED = "succeeded", _("Succeeded")
    FAILED = "failed", _("Failed")


_P = PaymentStatus
_R = RefundStatus

CANCELLABLE = (_P.PENDING, _P.REQUIRES_ACTION)
"""States in which buyers and the expiry of orders may cancel a payment."""

OPEN = (*CANCELLABLE, _P.PROCESSING)
"""States whose outcome is not known yet. The bank of the buyer decides about a processing payment,
which may take days, and the shop waits for it.
"""

UNDECIDED = (*OPEN, _P.AUTHORISED)
"""States in which the gateway may still report another outcome."""

LIVE = (*UNDECIDED, _P.SUCCEEDED)
"""States that count as live: the amounts of these payments are not due any more."""

ENDED = (_P.FAILED, _P.CANCELLED, _P.REFUND_PENDING, _P.REFUNDED)
"""All other states."""

CAPTURED = (_P.SUCCEEDED, _P.REFUND_PENDING, _P.REFUNDED)
"""States in which money was captured, whether or not it was refunded."""

REFUNDABLE = (_P.SUCCEEDED, _P.REFUND_PENDING)
"""States in which a refund may begin."""

# An open payment may keep its state: the UPDATE then only stores the gateway's reference. Money
# that is captured for an ended payment, or for an order that cannot be paid, makes the payment
# ``refund_pending``.
PAYMENT_MOVES: dict[PaymentStatus, frozenset[PaymentStatus]] = {
    _P.PENDING: frozenset({*UNDECIDED, _P.SUCCEEDED, _P.FAILED, _P.CANCELLED}),
    _P.REQUIRES_ACTION: frozenset({*UNDECIDED, _P.SUCCEEDED, _P.FAILED, _P.CANCELLED}),
    _P.PROCESSING: frozenset({*UNDECIDED, _P.SUCCEEDED, _P.FAILED, _P.CANCELLED}),
    _P.AUTHORISED: frozenset({_P.SUCCEEDED, _P.FAILED, _P.CANCELLED}),
    _P.SUCCEEDED: frozenset({_P.REFUND_PENDING, _P.REFUNDED}),
    _P.FAILED: frozenset({_P.REFUND_PENDING}),
    _P.CANCELLED: frozenset({_P.REFUND_PENDING}),
    _P.REFUND_PENDING: frozenset({_P.REFUNDED}),
    _P.REFUNDED: frozenset(),
}

REFUND_MOVES: dict[RefundStatus, frozenset[RefundStatus]] = {
    _R.PENDING: frozenset(_R),
    _R.SUCCEEDED: frozenset({_R.FAILED}),
    _R.FAILED: frozenset(),
}


def payment_sources(wanted: PaymentStatus) -> list[PaymentStatus]:
    """Return the states from which a payment may become ``wanted``."""
    return [status for status, targets in PAYMENT_MOVES.items() if wanted in targets]


def refund_sources(wanted: RefundStatus) -> list[RefundStatus]:
    """Return the states from which a refund may become ``wanted``."""
    return [status for status, targets in REFUND_MOVES.items() if wanted in targets]
