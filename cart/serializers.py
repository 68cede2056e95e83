"""Shapes of the cart."""

from typing import Any

from drf_spectacular.utils import extend_schema_serializer
from rest_framework import serializers

from cart.models import MAX_QUANTITY
from cart.services import CartView
from shop.core.fields import AmountField, IdField, StrictInt
from shop.core.money import currency, show
from shop.core.openapi import example


@extend_schema_serializer(examples=[example({"product_id": 7, "quantity": 2})])
class AddItemSerializer(serializers.Serializer[Any]):
    """Pieces of a product to add."""

    product_id = IdField()
    quantity = StrictInt(min_value=1, max_value=MAX_QUANTITY)


@extend_schema_serializer(examples=[example({"quantity": 3})])
class QuantitySerializer(serializers.Serializer[Any]):
    """The quantity that a line is to have."""

    quantity = StrictInt(min_value=1, max_value=MAX_QUANTITY)


@extend_schema_serializer(examples=[example({"message": "Added to your cart.", "cart_id": 5})])
class AddedSerializer(serializers.Serializer[Any]):
    """Confirms an addition."""

    message = serializers.CharField()
    cart_id = serializers.IntegerField(help_text="Order it with POST /api/orders/.")


class CartItemSerializer(serializers.Serializer[Any]):
    """One line, at today's price."""

    product_id = serializers.IntegerField()
    quantity = serializers.IntegerField()
    name = serializers.CharField()
    unit_price = AmountField()
    line_total = AmountField()


@extend_schema_serializer(
    many=False,
    examples=[
        example(
            {
                "cart_id": 5,
                "cart_items": [
                    {
                        "product_id": 7,
                        "quantity": 2,
                        "name": "Teapot",
                        "unit_price": "24.00",
                        "line_total": "48.00",
                    }
                ],
                "total": "48.00",
                "currency": "USD",
            }
        )
    ],
)
class CartSerializer(serializers.Serializer[Any]):
    """The open cart, at today's prices."""

    cart_id = serializers.IntegerField(allow_null=True, help_text="Null until something is added.")
    cart_items = CartItemSerializer(many=True)
    total = serializers.CharField(help_text="Sum of the lines; may outgrow a single amount.")
    currency = serializers.CharField(help_text="ISO 4217.")


def show_cart(view: CartView) -> dict[str, Any]:
    """Return a cart as its owner sees it."""
    return {
        "cart_id": view.cart_id,
        "cart_items": [
            {
                "product_id": line.product_id,
                "quantity": line.quantity,
                "name": line.name,
                "unit_price": show(line.unit_price),
                "line_total": show(line.line_total),
            }
            for line in view.priced.items
        ],
        "total": show(view.priced.total),
        "currency": currency(),
    }
