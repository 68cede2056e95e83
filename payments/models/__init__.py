"""Payments, refunds, disputes, the ledger, invoices, provider events, and the demo's tables."""

from payments.models.demo import DemoCapture, DemoCharge, DemoRefund
from payments.models.disputes import Dispute, DisputeKind, DisputeQuerySet, DisputeStatus
from payments.models.events import ProviderEvent
from payments.models.invoices import DocumentCounter, DocumentKind, Invoice, InvoiceQuerySet
from payments.models.ledger import EntryKind, LedgerEntry, Refund
from payments.models.payments import Payment, PaymentQuerySet
from payments.models.refund_items import RefundItem
from payments.states import PaymentStatus, RefundStatus

__all__ = [
    "DemoCapture",
    "DemoCharge",
    "DemoRefund",
    "Dispute",
    "DisputeKind",
    "DisputeQuerySet",
    "DisputeStatus",
    "DocumentCounter",
    "DocumentKind",
    "EntryKind",
    "Invoice",
    "InvoiceQuerySet",
    "LedgerEntry",
    "Payment",
    "PaymentQuerySet",
    "PaymentStatus",
    "ProviderEvent",
    "Refund",
    "RefundItem",
    "RefundStatus",
]
