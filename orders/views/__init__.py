"""The endpoints of orders."""

from orders.views.orders import PLACING_ERRORS, OrderViewSet

__all__ = ["PLACING_ERRORS", "OrderViewSet"]
