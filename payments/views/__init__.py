"""The endpoints of payments and webhooks."""

from payments.views.payments import PaymentViewSet
from payments.views.webhooks import WebhookViewSet

__all__ = ["PaymentViewSet", "WebhookViewSet"]
