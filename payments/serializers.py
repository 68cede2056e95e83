"""Shapes of payments."""

from typing import Any

from drf_spectacular.utils import extend_schema_serializer
from rest_framework import serializers

from payments.models import Payment, PaymentStatus
from shop.core.fields import AmountField, IdField, StrictStr
from shop.core.money import show
from shop.core.openapi import example

METHOD_LENGTH = 30
TOKEN_LENGTH = 200


@extend_schema_serializer(examples=[example({"order_id": 42, "payment_method": "card"})])
class PayOrderSerializer(serializers.Serializer[Any]):
    """An order to pay, and how."""

    order_id = IdField()
    payment_method = StrictStr(max_length=METHOD_LENGTH, help_text="One of /api/payments/methods/.")
    payment_token = StrictStr(
        max_length=TOKEN_LENGTH,
        required=False,
        help_text="From the provider's own form; the demo card succeeds without one, and obeys "
        "demo_decline, demo_action, demo_timeout and demo_late.",
    )


@extend_schema_serializer(
    examples=[
        example(
            {
                "payment_id": 9,
                "order_id": 42,
                "payment_method": "card",
                "status": "succeeded",
                "amount": "48.00",
                "currency": "USD",
                "created_at": "2026-11-23T10:00:05Z",
            }
        )
    ]
)
class PaymentSerializer(serializers.Serializer[Any]):
    """A payment, as its owner and staff see it."""

    payment_id = serializers.IntegerField()
    order_id = serializers.IntegerField()
    payment_method = serializers.CharField()
    status = serializers.ChoiceField(PaymentStatus.choices)
    amount = AmountField()
    currency = serializers.CharField(help_text="ISO 4217.")
    created_at = serializers.DateTimeField()


def show_payment(payment: Payment) -> dict[str, Any]:
    """Return a payment as its owner and staff see it."""
    return {
        "payment_id": payment.pk,
        "order_id": payment.order_id,
        "payment_method": payment.method,
        "status": payment.status,
        "amount": show(payment.amount),
        "currency": payment.currency,
        "created_at": payment.created_at,
    }


class PaymentMethodSerializer(serializers.Serializer[Any]):
    """A configured way to pay."""

    code = serializers.CharField(help_text="Send it as payment_method.")
    name = serializers.CharField()


@extend_schema_serializer(
    examples=[
        example(
            {
                "payment_methods": [
                    {"code": "card", "name": "Card"},
                    {"code": "bank_transfer", "name": "Bank transfer"},
                ]
            }
        )
    ]
)
class PaymentMethodsSerializer(serializers.Serializer[Any]):
    """Every configured way to pay."""

    payment_methods = PaymentMethodSerializer(many=True)
