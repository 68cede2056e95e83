"""The verbs of payments."""

from payments.views.payments import PaymentViewSet

__all__ = ["PaymentViewSet"]
