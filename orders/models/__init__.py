"""Orders: copies of what was bought, with their timelines."""

from orders.models.contents import (
    AddressKind,
    AdjustmentKind,
    OrderAddress,
    OrderAdjustment,
    OrderItem,
    OrderTax,
)
from orders.models.events import OrderEvent
from orders.models.fulfilments import Fulfilment, FulfilmentItem, FulfilmentState
from orders.models.notes import OrderNote
from orders.models.orders import Order, OrderQuerySet, order_for_update
from orders.models.returns import (
    OPEN_STEPS,
    Return,
    ReturnItem,
    ReturnKind,
    ReturnQuerySet,
    ReturnResolution,
    ReturnStep,
)
from orders.models.withdrawals import Withdrawal, WithdrawalStatus

__all__ = [
    "OPEN_STEPS",
    "AddressKind",
    "AdjustmentKind",
    "Fulfilment",
    "FulfilmentItem",
    "FulfilmentState",
    "Order",
    "OrderAddress",
    "OrderAdjustment",
    "OrderEvent",
    "OrderItem",
    "OrderNote",
    "OrderQuerySet",
    "OrderTax",
    "Return",
    "ReturnItem",
    "ReturnKind",
    "ReturnQuerySet",
    "ReturnResolution",
    "ReturnStep",
    "Withdrawal",
    "WithdrawalStatus",
    "order_for_update",
]
