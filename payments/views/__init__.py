"""The endpoints of checkout, payments and webhooks."""

from payments.views.checkout import CheckoutViewSet
from payments.views.disputes import DisputeViewSet
from payments.views.orders import OrderMoneyViewSet
from payments.views.payments import PaymentViewSet
from payments.views.webhooks import WebhookViewSet

__all__ = [
    "CheckoutViewSet",
    "DisputeViewSet",
    "OrderMoneyViewSet",
    "PaymentViewSet",
    "WebhookViewSet",
]
