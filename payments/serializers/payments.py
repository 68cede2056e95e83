"""Request and response bodies of payments."""

from typing import Any

from drf_spectacular.utils import extend_schema_serializer
from rest_framework import serializers

from orders.serializers import NO_ACTION, NextActionSerializer, serialize_action
from payments.models import Payment, PaymentStatus
from payments.next_actions import next_action_of, reference_of
from payments.serializers.fields import (
    FAILURE_EXAMPLE,
    FailureCodeField,
    FailureDetailField,
    ReturnUrlField,
    show_failure,
)
from shop.core.fields import AmountField, IdField, StrictStr
from shop.core.money import CENT, show
from shop.core.openapi import example
from shop.core.serializers import RequestSerializer

METHOD_LENGTH = 30
TOKEN_LENGTH = 200


@extend_schema_serializer(examples=[example({"order_id": 42, "payment_method": "card"})])
class PayOrderSerializer(RequestSerializer):
    """The order to pay, and the payment method."""

    order_id = IdField()
    payment_method = StrictStr(
        max_length=METHOD_LENGTH, help_text="A code of /api/payments/methods/."
    )
    payment_token = StrictStr(
        max_length=TOKEN_LENGTH,
        required=False,
        help_text="The token that the provider's form returned. The demo card accepts no token, "
        "which succeeds, or demo_decline, demo_action, demo_timeout or demo_late.",
    )
    amount = AmountField(
        required=False,
        min_value=CENT,
        help_text="How much to pay. The default is all that is due and not covered by payments "
        "that are in progress. Several payments can pay an order.",
    )
    return_url = ReturnUrlField(required=False)


@extend_schema_serializer(
    examples=[
        example(
            {
                "payment_id": 9,
                "order_id": 42,
                "payment_method": "card",
                "status": "succeeded",
                "amount": "48.00",
                "amount_captured": "48.00",
                "amount_refunded": "0.00",
                "currency": "USD",
                "reference": "",
                "created_at": "2026-11-23T10:00:05Z",
                **FAILURE_EXAMPLE,
                "next_action": NO_ACTION,
            }
        )
    ]
)
class PaymentSerializer(serializers.Serializer[Any]):
    """A payment, as its buyer and staff see it."""

    payment_id = serializers.IntegerField()
    order_id = serializers.IntegerField()
    payment_method = serializers.CharField()
    status = serializers.ChoiceField(PaymentStatus.choices)
    amount = AmountField()
    amount_captured = AmountField(help_text="What the payment has brought, which may be a part.")
    amount_refunded = AmountField(help_text="The sum of succeeded and pending refunds.")
    currency = serializers.CharField(help_text="ISO 4217 code.")
    reference = serializers.CharField(
        help_text="The reference for the buyer's bank transfer. Empty for other methods."
    )
    amount_capturable = AmountField(
        required=False,
        help_text="What can still be captured of a payment that was captured in part. Present "
        "while it is more than 0.",
    )
    capture_before = serializers.DateTimeField(
        required=False,
        help_text="When the authorisation ends. Present while something can be captured, if the "
        "provider says it.",
    )
    created_at = serializers.DateTimeField()
    failure_code = FailureCodeField()
    failure_detail = FailureDetailField()
    next_action = NextActionSerializer()


def show_payment(payment: Payment) -> dict[str, Any]:
    """Return the response body of a payment."""
    return {
        "payment_id": payment.pk,
        "order_id": payment.order_id,
        "payment_method": payment.method,
        "status": payment.status,
        "amount": show(payment.amount),
        "amount_captured": show(payment.amount_captured),
        "amount_refunded": show(payment.amount_refunded),
        "currency": payment.currency,
        "reference": reference_of(payment),
        "created_at": payment.created_at,
        **_authorisation(payment),
        **show_failure(payment),
        "next_action": serialize_action(next_action_of(payment)),
    }


def _authorisation(payment: Payment) -> dict[str, Any]:
    """Return what can still be captured of a payment, and until when."""
    left = payment.amount_capturable
    shown: dict[str, Any] = {"amount_capturable": show(left)} if left else {}
    is_open = payment.status == PaymentStatus.AUTHORISED or left
    if is_open and payment.capture_before is not None:
        shown["capture_before"] = payment.capture_before
    return shown


@extend_schema_serializer(
    examples=[
        example(
            {
                "payment_id": 9,
                "order_id": 42,
                "payment_method": "stripe",
                "status": "requires_action",
                "amount": "48.00",
                "amount_captured": "0.00",
                "amount_refunded": "0.00",
                "currency": "USD",
                "reference": "",
                "created_at": "2026-11-23T10:00:05Z",
                **FAILURE_EXAMPLE,
                "next_action": {
                    **NO_ACTION,
                    "type": "client",
                    "data": {"client_secret": "pi_1_secret_2", "publishable_key": "pk_live_1"},
                },
                "client_secret": "pi_1_secret_2",
            }
        )
    ]
)
class BegunPaymentSerializer(PaymentSerializer):
    """A payment, as the buyer sees it when beginning it."""

    client_secret = serializers.CharField(
        required=False,
        help_text="The secret for the provider's form, as in the data of `next_action`. Present "
        "while the buyer has to act.",
    )


def show_begun(payment: Payment) -> dict[str, Any]:
    """Return the response body of a begun payment, with its client secret if it has one."""
    extra = {"client_secret": payment.client_secret} if payment.client_secret else {}
    return {**show_payment(payment), **extra}


class PaymentMethodSerializer(serializers.Serializer[Any]):
    """An available payment method."""

    code = serializers.CharField(help_text="The value of payment_method in requests.")
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
    """Every available payment method."""

    payment_methods = PaymentMethodSerializer(many=True)
