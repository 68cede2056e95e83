"""Response bodies of disputes."""

from typing import Any

from drf_spectacular.utils import extend_schema_serializer
from rest_framework import serializers

from payments.models import Dispute, DisputeKind, DisputeStatus
from shop.core.fields import AmountField
from shop.core.money import show
from shop.core.openapi import example


@extend_schema_serializer(
    examples=[
        example(
            {
                "dispute_id": 5,
                "payment_id": 9,
                "order_id": 42,
                "kind": "dispute",
                "status": "needs_response",
                "reason": "fraudulent",
                "amount": "48.00",
                "amount_withdrawn": "48.00",
                "currency": "USD",
                "reference": "dp_1PxQv2",
                "due_by": "2026-12-03T23:59:59Z",
                "shipping_held": False,
                "created_at": "2026-11-26T10:00:00Z",
                "closed_at": None,
            }
        )
    ]
)
class DisputeSerializer(serializers.Serializer[Any]):
    """A dispute, inquiry, early fraud warning or review of a payment."""

    dispute_id = serializers.IntegerField()
    payment_id = serializers.IntegerField()
    order_id = serializers.IntegerField()
    kind = serializers.ChoiceField(DisputeKind.choices)
    status = serializers.ChoiceField(DisputeStatus.choices)
    reason = serializers.CharField(help_text="The reason, as the provider names it.")
    amount = AmountField(
        allow_null=True, help_text="The disputed amount. Null for warnings and reviews."
    )
    amount_withdrawn = AmountField(
        help_text="What the provider has withdrawn from the shop and not given back."
    )
    currency = serializers.CharField(help_text="ISO 4217 code.")
    reference = serializers.CharField(help_text="The provider's id of the dispute.")
    due_by = serializers.DateTimeField(
        allow_null=True, help_text="Until when the provider accepts the shop's evidence."
    )
    shipping_held = serializers.BooleanField(
        help_text="Whether the order must not be shipped until a person releases it."
    )
    created_at = serializers.DateTimeField()
    closed_at = serializers.DateTimeField(allow_null=True)


def show_dispute(dispute: Dispute) -> dict[str, Any]:
    """Return the response body of a dispute. Payment and order must be fetched with it."""
    return {
        "dispute_id": dispute.pk,
        "payment_id": dispute.payment_id,
        "order_id": dispute.payment.order_id,
        "kind": dispute.kind,
        "status": dispute.status,
        "reason": dispute.reason,
        "amount": None if dispute.amount is None else show(dispute.amount),
        "amount_withdrawn": show(dispute.amount_withdrawn),
        "currency": dispute.payment.currency,
        "reference": dispute.reference,
        "due_by": dispute.due_by,
        "shipping_held": dispute.payment.order.shipping_held,
        "created_at": dispute.created_at,
        "closed_at": dispute.closed_at,
    }
