"""Shapes of stock: its history, and what runs out."""

from typing import Any

from drf_spectacular.utils import extend_schema_field, extend_schema_serializer
from rest_framework import serializers

from catalog.limits import MAX_STOCK, REASON_LENGTH
from catalog.products.models import Product
from catalog.stock.models import MovementKind, StockMovement
from shop.core.fields import StrictInt, StrictStr
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


@extend_schema_field(
    {"type": "integer", "minimum": -MAX_STOCK, "maximum": MAX_STOCK, "not": {"const": 0}}
)
class DeltaField(StrictInt):
    """Pieces in, or out with a minus."""

    default_error_messages = {"zero": "delta is not 0."}

    def __init__(self) -> None:
        """Bound it by what a product can hold."""
        super().__init__(min_value=-MAX_STOCK, max_value=MAX_STOCK)

    def to_internal_value(self, data: Any) -> int:
        """Refuse a movement that moves nothing."""
        delta = super().to_internal_value(data)
        if delta == 0:
            self.fail("zero")
        return delta


@extend_schema_serializer(examples=[example({"delta": 24, "reason": "Delivery 118"})])
class StockAdjustmentSerializer(serializers.Serializer[Any]):
    """Pieces in or out, and why."""

    delta = DeltaField()
    reason = StrictStr(max_length=REASON_LENGTH)


def serialize_movement(movement: StockMovement) -> dict[str, Any]:
    """Return a movement as staff see it."""
    return {
        "id": movement.pk,
        "kind": movement.kind,
        "delta": movement.delta,
        "reason": movement.reason,
        "actor": movement.actor.get_username() if movement.actor else "shop",
        "created_at": movement.created_at,
    }


def serialize_low_stock(product: Product) -> dict[str, Any]:
    """Return a product that runs out as staff see it."""
    return {
        "id": product.pk,
        "name": product.name,
        "sku": product.sku,
        "stock": product.stock,
        "low_stock_threshold": product.low_stock_threshold,
        "backorder": product.backorder,
    }
