"""Request and response bodies of orders."""

from typing import Any

from drf_spectacular.utils import extend_schema_serializer
from rest_framework import serializers

from accounts.models import User
from orders.models import Order, OrderEvent, OrderItem
from orders.states import OrderStatus
from shop.core.fields import AmountField, IdField
from shop.core.money import show
from shop.core.openapi import example
from shop.core.permissions import sees_all
from shop.core.serializers import RequestSerializer


@extend_schema_serializer(examples=[example({"cart_id": 5, "expected_total": "48.00"})])
class PlaceOrderSerializer(RequestSerializer):
    """The cart to order, and optionally the total that the buyer expects."""

    cart_id = IdField()
    expected_total = AmountField(
        required=False,
        help_text="The total that the buyer saw. The order is refused if the total has changed.",
    )


@extend_schema_serializer(
    examples=[
        example(
            {
                "order_id": 42,
                "status": "pending",
                "total": "48.00",
                "currency": "USD",
                "created_at": "2026-11-23T10:00:00Z",
            }
        )
    ]
)
class PlacedOrderSerializer(serializers.Serializer[Any]):
    """An order without its items and events."""

    order_id = serializers.IntegerField()
    status = serializers.ChoiceField(OrderStatus.choices)
    total = AmountField()
    currency = serializers.CharField(help_text="ISO 4217.")
    created_at = serializers.DateTimeField()


class OrderItemSerializer(serializers.Serializer[Any]):
    """A product of an order, as it was when the order was placed."""

    product_id = serializers.IntegerField()
    name = serializers.CharField()
    unit_price = AmountField()
    quantity = serializers.IntegerField()
    line_total = AmountField()


class OrderEventSerializer(serializers.Serializer[Any]):
    """An entry of the order's timeline. `status` is the order's status after it."""

    status = serializers.ChoiceField(OrderStatus.choices)
    note = serializers.CharField()
    actor = serializers.CharField(
        help_text='Who made the change: a username, or "shop" for the shop itself. '
        'Buyers see "staff" instead of the username of a member of staff.'
    )
    created_at = serializers.DateTimeField()


@extend_schema_serializer(
    examples=[
        example(
            {
                "order_id": 42,
                "status": "pending",
                "total": "48.00",
                "currency": "USD",
                "created_at": "2026-11-23T10:00:00Z",
                "amount_paid": "0.00",
                "amount_refunded": "0.00",
                "items": [
                    {
                        "product_id": 7,
                        "name": "Teapot",
                        "unit_price": "24.00",
                        "quantity": 2,
                        "line_total": "48.00",
                    }
                ],
                "events": [
                    {
                        "status": "pending",
                        "note": "Order placed",
                        "actor": "ada",
                        "created_at": "2026-11-23T10:00:00Z",
                    }
                ],
            }
        )
    ]
)
class OrderSerializer(PlacedOrderSerializer):
    """An order with its items and events."""

    amount_paid = AmountField()
    amount_refunded = AmountField()
    items = OrderItemSerializer(many=True)
    events = OrderEventSerializer(many=True)


def serialize_summary(order: Order) -> dict[str, Any]:
    """Return the response body of an order without its items and events."""
    return {
        "order_id": order.pk,
        "status": order.status,
        "total": show(order.total),
        "currency": order.currency,
        "created_at": order.created_at,
    }


def serialize_order(order: Order, *, reader: User) -> dict[str, Any]:
    """Return the response body of an order for ``reader``.

    The caller prefetches items and events (``OrderQuerySet.with_details``).
    """
    return {
        **serialize_summary(order),
        "amount_paid": show(order.amount_paid),
        "amount_refunded": show(order.amount_refunded),
        "items": [_serialize_item(item) for item in order.items.all()],
        "events": [_serialize_event(event, order, reader) for event in order.events.all()],
    }


def _serialize_item(item: OrderItem) -> dict[str, Any]:
    return {
        "product_id": item.product_id,
        "name": item.name,
        "unit_price": show(item.unit_price),
        "quantity": item.quantity,
        "line_total": show(item.line_total),
    }


def _serialize_event(event: OrderEvent, order: Order, reader: User) -> dict[str, Any]:
    return {
        "status": event.status,
        "note": event.note,
        "actor": _name_actor(event, order, reader),
        "created_at": event.created_at,
    }


def _name_actor(event: OrderEvent, order: Order, reader: User) -> str:
    """Return the name of the event's actor. Only permitted staff see the names of other people."""
    if event.actor is None:
        return "shop"
    if event.actor_id == order.user_id or sees_all(reader, "orders.order"):
        return event.actor.username
    return "staff"
