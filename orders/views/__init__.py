"""The endpoints of orders."""

from orders.views.orders import PLACING_ERRORS, OrderViewSet, order_body
from orders.views.returns import ReturnsOfOrderViewSet, ReturnViewSet

__all__ = [
    "PLACING_ERRORS",
    "OrderViewSet",
    "ReturnViewSet",
    "ReturnsOfOrderViewSet",
    "order_body",
]
