"""The endpoints of checkout, payments, invoices and webhooks."""

from payments.views.checkout import CheckoutViewSet
from payments.views.disputes import DisputeViewSet
from payments.views.invoices import InvoiceFileViewSet, OrderInvoiceViewSet
from payments.views.orders import OrderMoneyViewSet
from payments.views.payments import PaymentViewSet
from payments.views.webhooks import WebhookViewSet

__all__ = [
    "CheckoutViewSet",
    "DisputeViewSet",
    "InvoiceFileViewSet",
    "OrderInvoiceViewSet",
    "OrderMoneyViewSet",
    "PaymentViewSet",
    "WebhookViewSet",
]
