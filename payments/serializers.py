"""Shapes of payments."""

from typing import Any

from rest_framework import serializers

from payments.models import Payment
from shop.core.fields import AmountField, IdField, StrictStr
from shop.core.money import show

METHOD_LENGTH = 30
TOKEN_LENGTH = 200


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


class PaymentSerializer(serializers.Serializer[Any]):
    """Describes what ``show_payment`` writes."""

    payment_id = serializers.IntegerField()
    order_id = serializers.IntegerField()
    payment_method = serializers.CharField()
    status = serializers.CharField()
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


class PaymentMethodsSerializer(serializers.Serializer[Any]):
    """Every configured way to pay."""

    payment_methods = PaymentMethodSerializer(many=True)
