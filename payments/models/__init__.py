"""Payments, their refunds and their ledger; what providers told; the demo provider's own books."""

from payments.models.demo import DemoCharge, DemoRefund
from payments.models.events import ProviderEvent
from payments.models.ledger import EntryKind, LedgerEntry, Refund, RefundStatus
from payments.models.payments import LIVE, OPEN, Payment, PaymentQuerySet, PaymentStatus

__all__ = [
    "LIVE",
    "OPEN",
    "DemoCharge",
    "DemoRefund",
    "EntryKind",
    "LedgerEntry",
    "Payment",
    "PaymentQuerySet",
    "PaymentStatus",
    "ProviderEvent",
    "Refund",
    "RefundStatus",
]
