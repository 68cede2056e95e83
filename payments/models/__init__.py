"""Payments, refunds, disputes, the ledger, provider events, and the tables of the demo gateway."""

from payments.models.demo import DemoCharge, DemoRefund
from payments.models.disputes import Dispute, DisputeKind, DisputeStatus
from payments.models.events import ProviderEvent
from payments.models.ledger import EntryKind, LedgerEntry, Refund
from payments.models.payments import Payment, PaymentQuerySet
from payments.states import PaymentStatus, RefundStatus

__all__ = [
    "DemoCharge",
    "DemoRefund",
    "Dispute",
    "DisputeKind",
    "DisputeStatus",
    "EntryKind",
    "LedgerEntry",
    "Payment",
    "PaymentQuerySet",
    "PaymentStatus",
    "ProviderEvent",
    "Refund",
    "RefundStatus",
]
