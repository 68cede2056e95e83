"""Request and response bodies of refunds and captures."""

from typing import Any

from drf_spectacular.utils import extend_schema_serializer
from rest_framework import serializers

from payments.models import Refund, RefundStatus
from payments.serializers.fields import (
    FAILURE_EXAMPLE,
    FailureCodeField,
    FailureDetailField,
    show_failure,
)
from shop.core.fields import AmountField, StrictBool, StrictStr
from shop.core.money import CENT, show
from shop.core.openapi import example
from shop.core.serializers import RequestSerializer

REASON_LENGTH = 200


@extend_schema_serializer(
    component_name="GiveBack",  # Generated clients use the name of the component.
    examples=[example({"amount": "4.50", "reason": "Lid broken", "restock": False})],
)
class RefundRequestSerializer(RequestSerializer):
    """How much of a payment to refund, and why."""

    amount = AmountField(
        required=False,
        min_value=CENT,
        help_text="The amount to refund. The default is all that can still be refunded.",
    )
    reason = StrictStr(max_length=REASON_LENGTH, required=False, allow_blank=True)
    restock = StrictBool(
        required=False,
        help_text="Return all items of the order to stock. Possible once for each order.",
    )
    by_hand = StrictBool(
        required=False,
        help_text="You have already returned the money in cash or by bank transfer. The refund is "
        "recorded, and the payment provider is not called.",
    )


@extend_schema_serializer(examples=[example({"amount": "40.00"})])
class CaptureSerializer(RequestSerializer):
    """How much of an authorised payment to capture."""

    amount = AmountField(
        required=False,
        min_value=CENT,
        help_text="The amount to capture. The default is the authorised amount.",
    )


@extend_schema_serializer(examples=[example({"amount": "48.00"})])
class RecordSerializer(RequestSerializer):
    """How much money arrived in cash or by bank transfer."""

    amount = AmountField(
        required=False,
        min_value=CENT,
        help_text="The amount that arrived. It must be the amount of the payment, which is the "
        "default.",
    )


@extend_schema_serializer(
    examples=[
        example(
            {
                "refund_id": 3,
                "payment_id": 9,
                "status": "succeeded",
                "amount": "4.50",
                "currency": "USD",
                "reason": "Lid broken",
                "restock": False,
                "by_hand": False,
                "created_at": "2026-11-24T09:00:00Z",
                **FAILURE_EXAMPLE,
            }
        )
    ]
)
class RefundSerializer(serializers.Serializer[Any]):
    """A refund, as the payment's buyer and staff see it."""

    refund_id = serializers.IntegerField()
    payment_id = serializers.IntegerField()
    status = serializers.ChoiceField(RefundStatus.choices)
    amount = AmountField()
    currency = serializers.CharField(help_text="ISO 4217 code.")
    reason = serializers.CharField()
    restock = serializers.BooleanField()
    by_hand = serializers.BooleanField()
    created_at = serializers.DateTimeField()
    failure_code = FailureCodeField()
    failure_detail = FailureDetailField()


def show_refund(refund: Refund) -> dict[str, Any]:
    """Return the response body of a refund. Its payment must be fetched with it."""
    return {
        "refund_id": refund.pk,
        "payment_id": refund.payment_id,
        "status": refund.status,
        "amount": show(refund.amount),
        "currency": refund.payment.currency,
        "reason": refund.reason,
        "restock": refund.restock,
        "by_hand": refund.by_hand,
        "created_at": refund.created_at,
        **show_failure(refund),
    }
