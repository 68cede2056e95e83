"""Payments, refunds, the ledger, provider events, and the tables of the demo gateway."""

from payments.models.demo import DemoCharge, DemoRefund
from payments.models.events import ProviderEvent
from payments.models.ledger import EntryKind, LedgerEntry, Refund
from payments.models.refund_items import RefundItem
from payments.models.payments import Payment, PaymentQuerySet
from payments.states import PaymentStatus, RefundStatus

__all__ = [
    "DemoCharge",
    "DemoRefund",
    "EntryKind",
    "LedgerEntry",
    "Payment",
    "PaymentQuerySet",
    "PaymentStatus",
    "ProviderEvent",
    "Refund",
    "RefundItem",
    "RefundStatus",
]
