"""Shapes of stock: its history, and what runs out."""

from typing import Any

from drf_spectacular.utils import extend_schema_serializer
from rest_framework import serializers

from catalog.models import MovementKind, Product, StockMovement
from shop.core.openapi import example


@extend_schema_serializer(
    examples=[
        example(
            {
                "id": 90,
                "kind": "adjustment",
                "delta": 24,
                "reason": "Delivery 118",
                "actor": "amy",
                "created_at": "2026-11-24T10:00:00Z",
            }
        )
    ]
)
class StockMovementSerializer(serializers.Serializer[Any]):
    """One change of a product's stock."""

    id = serializers.IntegerField()
    kind = serializers.ChoiceField(MovementKind.choices)
    delta = serializers.IntegerField(help_text="Pieces in, or out with a minus.")
    reason = serializers.CharField()
    actor = serializers.CharField(help_text='Who did it, or "shop".')
    created_at = serializers.DateTimeField()


@extend_schema_serializer(
    examples=[
        example(
            {
                "id": 8,
                "name": "Teapot – Red",
                "sku": "POT-RED",
                "stock": 2,
                "low_stock_threshold": 5,
                "backorder": False,
            }
        )
    ]
)
class LowStockSerializer(serializers.Serializer[Any]):
    """A product or variant that runs out."""

    id = serializers.IntegerField()
    name = serializers.CharField()
    sku = serializers.CharField()
    stock = serializers.IntegerField()
    low_stock_threshold = serializers.IntegerField()
    backorder = serializers.BooleanField()


def show_movement(movement: StockMovement) -> dict[str, Any]:
    """Return a movement as staff see it."""
    return {
        "id": movement.pk,
        "kind": movement.kind,
        "delta": movement.delta,
        "reason": movement.reason,
        "actor": movement.actor.get_username() if movement.actor else "shop",
        "created_at": movement.created_at,
    }


def show_low_stock(product: Product) -> dict[str, Any]:
    """Return a product that runs out as staff see it."""
    return {
        "id": product.pk,
        "name": product.name,
        "sku": product.sku,
        "stock": product.stock,
        "low_stock_threshold": product.low_stock_threshold,
        "backorder": product.backorder,
    }
