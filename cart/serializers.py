"""Request and response bodies of carts."""

from typing import Any

from drf_spectacular.utils import extend_schema_serializer
from rest_framework import serializers

from cart.models import MAX_QUANTITY
from cart.services import OpenCart, Opened
from shop.core.fields import AmountField, IdField, StrictInt
from shop.core.money import currency, show
from shop.core.openapi import example
from shop.core.serializers import RequestSerializer


@extend_schema_serializer(examples=[example({"product_id": 7, "quantity": 2})])
class AddItemSerializer(RequestSerializer):
    """Units of a product to add."""

    product_id = IdField()
    quantity = StrictInt(min_value=1, max_value=MAX_QUANTITY)


@extend_schema_serializer(examples=[example({"quantity": 3})])
class QuantitySerializer(RequestSerializer):
    """The new quantity of a cart item."""

    quantity = StrictInt(min_value=1, max_value=MAX_QUANTITY)


@extend_schema_serializer(examples=[example({"message": "Added to your cart.", "cart_id": 5})])
class AddedSerializer(serializers.Serializer[Any]):
    """Confirms that units were added."""

    message = serializers.CharField()
    cart_id = serializers.IntegerField(
        help_text="To order this cart, send it to POST /api/orders/."
    )
    cart_token = serializers.CharField(
        required=False,
        help_text="The token of a new cart of a guest, for the header X-Cart-Token. Keep it: it is "
        "shown only once.",
    )


class CartItemSerializer(serializers.Serializer[Any]):
    """A product in the cart, at its current price."""

    product_id = serializers.IntegerField()
    quantity = serializers.IntegerField()
    name = serializers.CharField()
    unit_price = AmountField()
    line_total = serializers.CharField(
        help_text="`unit_price` times `quantity`. It can have more digits than other amounts."
    )


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
    """The open cart at current prices."""

    cart_id = serializers.IntegerField(allow_null=True, help_text="Null until a product is added.")
    cart_items = CartItemSerializer(many=True)
    total = serializers.CharField(
        help_text="Sum of the line totals. It can have more digits than other amounts."
    )
    currency = serializers.CharField(help_text="ISO 4217.")


def serialize_added(cart: Opened) -> dict[str, Any]:
    """Return the response body of an addition."""
    body = {"message": "Added to your cart.", "cart_id": cart.cart_id}
    return body if cart.token is None else {**body, "cart_token": cart.token}


def serialize_cart(cart: OpenCart) -> dict[str, Any]:
    """Return the response body of a cart."""
    return {
        "cart_id": cart.cart_id,
        "cart_items": [
            {
                "product_id": item.product_id,
                "quantity": item.quantity,
                "name": item.name,
                "unit_price": show(item.unit_price),
                "line_total": show(item.line_total),
            }
            for item in cart.priced.items
        ],
        "total": show(cart.priced.total),
        "currency": currency(),
    }
