"""Shapes of what staff do with a payment's money."""

from typing import Any

from drf_spectacular.utils import extend_schema_serializer
from rest_framework import serializers

from payments.models import Refund, RefundStatus
from shop.core.fields import AmountField, StrictBool, StrictStr
from shop.core.money import CENT, show
from shop.core.openapi import example

REASON_LENGTH = 200


@extend_schema_serializer(
    examples=[example({"amount": "4.50", "reason": "Lid broken", "restock": False})]
)
class GiveBackSerializer(serializers.Serializer[Any]):
    """How much of a payment goes back, and why."""

    amount = AmountField(
        required=False, min_value=CENT, help_text="All that is left, unless given."
    )
    reason = StrictStr(max_length=REASON_LENGTH, required=False, allow_blank=True)
    restock = StrictBool(
        required=False, help_text="The goods of the whole order come back into stock; once."
    )
    by_hand = StrictBool(
        required=False,
        help_text="You handed the money back yourself, in cash or by bank: the provider is not "
        "asked. For a refund that the customer's bank refused.",
    )


@extend_schema_serializer(examples=[example({"amount": "40.00"})])
class CaptureSerializer(serializers.Serializer[Any]):
    """How much of an authorised payment is taken."""

    amount = AmountField(
        required=False, min_value=CENT, help_text="All that is authorised, unless given."
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
            }
        )
    ]
)
class RefundSerializer(serializers.Serializer[Any]):
    """Money that goes back, as the payment's owner and staff see it."""

    refund_id = serializers.IntegerField()
    payment_id = serializers.IntegerField()
    status = serializers.ChoiceField(RefundStatus.choices)
    amount = AmountField()
    currency = serializers.CharField(help_text="ISO 4217.")
    reason = serializers.CharField()
    restock = serializers.BooleanField()
    by_hand = serializers.BooleanField()
    created_at = serializers.DateTimeField()


def show_refund(refund: Refund) -> dict[str, Any]:
    """Return a refund as the payment's owner and staff see it; its payment is fetched already."""
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
    }
