"""Request and response bodies of orders."""

from orders.serializers.bodies import serialize_action, serialize_order, serialize_summary
from orders.serializers.schemas import (
    NO_ACTION,
    LookUpOrderSerializer,
    MessageOfLookUpSerializer,
    NextActionSerializer,
    OrderSerializer,
    PlacedOrderSerializer,
    PlaceOrderSerializer,
)

__all__ = [
    "NO_ACTION",
    "LookUpOrderSerializer",
    "MessageOfLookUpSerializer",
    "NextActionSerializer",
    "OrderSerializer",
    "PlaceOrderSerializer",
    "PlacedOrderSerializer",
    "serialize_action",
    "serialize_order",
    "serialize_summary",
]
