"""Request and response bodies of orders."""

from orders.serializers.bodies import serialize_order, serialize_summary
from orders.serializers.schemas import (
    LookUpOrderSerializer,
    MessageOfLookUpSerializer,
    OrderSerializer,
    PlacedOrderSerializer,
    PlaceOrderSerializer,
)

__all__ = [
    "LookUpOrderSerializer",
    "MessageOfLookUpSerializer",
    "OrderSerializer",
    "PlaceOrderSerializer",
    "PlacedOrderSerializer",
    "serialize_order",
    "serialize_summary",
]
