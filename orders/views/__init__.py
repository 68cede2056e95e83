"""The endpoints of orders."""

from orders.views.drafts import DraftViewSet
from orders.views.fulfilments import FulfilmentViewSet
from orders.views.notes import OrderNoteViewSet
from orders.views.orders import PLACING_ERRORS, OrderViewSet, order_body
from orders.views.returns import ReturnsOfOrderViewSet, ReturnViewSet
from orders.views.withdrawals import WithdrawalViewSet

__all__ = [
    "PLACING_ERRORS",
    "DraftViewSet",
    "FulfilmentViewSet",
    "OrderNoteViewSet",
    "OrderViewSet",
    "ReturnViewSet",
    "ReturnsOfOrderViewSet",
    "WithdrawalViewSet",
    "order_body",
]
