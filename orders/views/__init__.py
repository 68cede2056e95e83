"""The endpoints of orders."""

from orders.views.fulfilments import FulfilmentViewSet
from orders.views.orders import PLACING_ERRORS, OrderViewSet

__all__ = ["PLACING_ERRORS", "FulfilmentViewSet", "OrderViewSet"]
