"""Request and response bodies of stock."""

from typing import Any

from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema_field, extend_schema_serializer
from rest_framework import serializers

from catalog.limits import MAX_STOCK, REASON_LENGTH
from catalog.stock.models import MovementKind, StockMovement
from shop.core.fields import StrictInt, StrictStr
from shop.core.openapi import example
from shop.core.serializers import RequestSerializer


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
    """A change of a product's stock."""

    id = serializers.IntegerField()
    kind = serializers.ChoiceField(MovementKind.choices)
    delta = serializers.IntegerField(help_text="Units added, or removed if negative.")
    reason = serializers.CharField()
    actor = serializers.CharField(help_text='The username of the staff or customer, or "shop".')
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
    """A product or variant with low stock."""

    id = serializers.IntegerField()
    name = serializers.CharField()
    sku = serializers.CharField()
    stock = serializers.IntegerField()
    low_stock_threshold = serializers.IntegerField(
        source="threshold", help_text="That of the product, or the shop's default."
    )
    backorder = serializers.BooleanField()


@extend_schema_field(
    {"type": "integer", "minimum": -MAX_STOCK, "maximum": MAX_STOCK, "not": {"const": 0}}
)
class DeltaField(StrictInt):
    """A number of units to add, or to remove if negative."""

    default_error_messages = {"zero": _("The number must not be 0.")}

    def __init__(self) -> None:
        """Limit it to the maximum stock."""
        super().__init__(min_value=-MAX_STOCK, max_value=MAX_STOCK)

    def to_internal_value(self, data: Any) -> int:
        """Reject zero."""
        delta = super().to_internal_value(data)
        if delta == 0:
            self.fail("zero")
        return delta


@extend_schema_serializer(examples=[example({"delta": 24, "reason": "Delivery 118"})])
class StockAdjustmentSerializer(RequestSerializer):
    """A number of units to add or remove, with a reason."""

    delta = DeltaField()
    reason = StrictStr(max_length=REASON_LENGTH)


def serialize_movement(movement: StockMovement) -> dict[str, Any]:
    """Return the response body of a movement."""
    return {
        "id": movement.pk,
        "kind": movement.kind,
        "delta": movement.delta,
        "reason": movement.reason,
        "actor": movement.actor.get_username() if movement.actor else "shop",
        "created_at": movement.created_at,
    }
