"""Request and response bodies of orders."""

from orders.serializers.bodies import serialize_order, serialize_summary
from orders.serializers.schemas import (
    OrderSerializer,
    PlacedOrderSerializer,
    PlaceOrderSerializer,
)

__all__ = [
    "OrderSerializer",
    "PlaceOrderSerializer",
    "PlacedOrderSerializer",
    "serialize_order",
    "serialize_summary",
]
