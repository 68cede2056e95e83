"""The endpoints of checkout, payments and webhooks."""

from payments.views.checkout import CheckoutViewSet
from payments.views.orders import OrderMoneyViewSet
from payments.views.payments import PaymentViewSet
from payments.views.webhooks import WebhookViewSet

__all__ = ["CheckoutViewSet", "OrderMoneyViewSet", "PaymentViewSet", "WebhookViewSet"]
