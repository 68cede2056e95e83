"""Request and response bodies of returns."""

from typing import Any

from drf_spectacular.utils import extend_schema_serializer
from rest_framework import serializers

from cart.models import MAX_QUANTITY
from orders.models import Return, ReturnKind, ReturnResolution, ReturnStep
from orders.models.orders import NOTE_LENGTH
from orders.models.returns import REASON_LENGTH
from orders.serializers.units import ReturnedUnitsSerializer, UnitsField
from shop.core.fields import IdField, StrictBool, StrictChoice, StrictInt, StrictStr
from shop.core.openapi import example
from shop.core.serializers import RequestSerializer


@extend_schema_serializer(
    examples=[
        example(
            {
                "items": [{"product_id": 7, "quantity": 1}],
                "kind": "complaint",
                "reason": "Lid broken",
            }
        )
    ]
)
class ReturnRequestSerializer(RequestSerializer):
    """The units to return, and why."""

    items = UnitsField()
    kind = StrictChoice(ReturnKind.choices, required=False, default=ReturnKind.RETURN.value)
    resolution = StrictChoice(
        ReturnResolution.choices,
        required=False,
        default=ReturnResolution.REFUND.value,
        help_text="What the buyer wants for the units. Staff may decide for another one.",
    )
    reason = StrictStr(max_length=REASON_LENGTH, required=False, allow_blank=True, default="")
    note = StrictStr(max_length=NOTE_LENGTH, required=False, allow_blank=True, default="")


@extend_schema_serializer(examples=[example({"answer": "Please send it to our shop."})])
class ApproveReturnSerializer(RequestSerializer):
    """What staff answer, and what the buyer gets."""

    resolution = StrictChoice(
        ReturnResolution.choices,
        required=False,
        help_text="What the buyer gets. The default is what the buyer asked for.",
    )
    answer = StrictStr(
        max_length=NOTE_LENGTH, required=False, allow_blank=True, help_text="For the buyer."
    )


@extend_schema_serializer(examples=[example({"answer": "It was damaged after the delivery."})])
class RejectReturnSerializer(RequestSerializer):
    """Why a return is rejected."""

    answer = StrictStr(
        max_length=NOTE_LENGTH, required=False, allow_blank=True, help_text="For the buyer."
    )


class ArrivedUnitsSerializer(RequestSerializer):
    """Units that arrived, and whether they go into stock."""

    product_id = IdField()
    quantity = StrictInt(min_value=0, max_value=MAX_QUANTITY)
    restock = StrictBool(required=False)


@extend_schema_serializer(
    examples=[example({"items": [{"product_id": 7, "quantity": 1, "restock": True}]})]
)
class ReceiveReturnSerializer(RequestSerializer):
    """Which units of a return arrived, and which of them go into stock."""

    items = UnitsField(
        child=ArrivedUnitsSerializer(),
        required=False,
        help_text="The default is all units of the return. Items that are not listed did not "
        "arrive.",
    )
    restock = StrictBool(
        required=False,
        default=False,
        help_text="Return the units to stock. It applies to each item that does not say so itself.",
    )


@extend_schema_serializer(
    examples=[
        example(
            {
                "return_id": 3,
                "order_id": 42,
                "status": "requested",
                "kind": "complaint",
                "resolution": "refund",
                "reason": "Lid broken",
                "note": "",
                "answer": "",
                "items": [
                    {
                        "product_id": 7,
                        "name": "Teapot",
                        "quantity": 1,
                        "quantity_received": 0,
                        "quantity_restocked": 0,
                    }
                ],
                "created_at": "2026-11-24T09:00:00Z",
                "decided_at": None,
                "received_at": None,
                "closed_at": None,
            }
        )
    ]
)
class ReturnSerializer(serializers.Serializer[Any]):
    """A return, as the buyer and staff see it."""

    return_id = serializers.IntegerField()
    order_id = serializers.IntegerField()
    status = serializers.ChoiceField(ReturnStep.choices)
    kind = serializers.ChoiceField(ReturnKind.choices)
    resolution = serializers.ChoiceField(ReturnResolution.choices)
    reason = serializers.CharField()
    note = serializers.CharField(help_text="Of the buyer.")
    answer = serializers.CharField(help_text="Of staff, for the buyer.")
    items = ReturnedUnitsSerializer(many=True)
    created_at = serializers.DateTimeField()
    decided_at = serializers.DateTimeField(
        allow_null=True, help_text="When it was approved or rejected."
    )
    received_at = serializers.DateTimeField(allow_null=True)
    closed_at = serializers.DateTimeField(allow_null=True)


def serialize_return(row: Return) -> dict[str, Any]:
    """Return the response body of a return, which was read ``with_items``."""
    names = ("status", "kind", "resolution", "reason", "note", "answer")
    times = ("created_at", "decided_at", "received_at", "closed_at")
    return {
        "return_id": row.pk,
        "order_id": row.order_id,
        **{name: getattr(row, name) for name in names},
        "items": [
            {
                "product_id": each.item.product_id,
                "name": each.item.name,
                "quantity": each.quantity,
                "quantity_received": each.quantity_received,
                "quantity_restocked": each.quantity_restocked,
            }
            for each in sorted(row.items.all(), key=lambda each: each.item.product_id)
        ],
        **{name: getattr(row, name) for name in times},
    }
