"""Request and response bodies of refunds and captures."""

from collections.abc import Sequence
from typing import Any

from drf_spectacular.utils import extend_schema_serializer
from rest_framework import serializers

from orders.serializers.units import UnitsField, units_of
from payments.models import Refund, RefundItem, RefundStatus
from payments.serializers.fields import (
    FAILURE_EXAMPLE,
    FailureCodeField,
    FailureDetailField,
    show_failure,
)
from payments.services import Wanted
from shop.core.fields import AmountField, IdField, StrictBool, StrictStr
from shop.core.money import CENT, add_up, show
from shop.core.openapi import example
from shop.core.serializers import RequestSerializer

REASON_LENGTH = 200


@extend_schema_serializer(
    component_name="GiveBack",  # Generated clients use the name of the component.
    examples=[
        example(
            {
                "items": [{"product_id": 7, "quantity": 1}],
                "reason": "Lid broken",
                "restock": False,
            }
        )
    ],
)
class RefundRequestSerializer(RequestSerializer):
    """What to refund, and why: items, the shipping, an amount, or all that is left."""

    items = UnitsField(
        required=False,
        help_text="Units whose price is refunded, with their share of discount and tax.",
    )
    shipping = StrictBool(
        required=False, help_text="Refund what is left of the shipping, with its tax."
    )
    amount = AmountField(
        required=False,
        min_value=CENT,
        help_text="The amount to refund. With `items` or `shipping` it can be less than they are "
        "worth; otherwise the default is all that can still be refunded.",
    )
    return_id = IdField(
        required=False,
        help_text="The approved or received return that the refund is for. Its units that were "
        "not refunded yet are refunded, or those of them that `items` names.",
    )
    reason = StrictStr(max_length=REASON_LENGTH, required=False, allow_blank=True)
    restock = StrictBool(
        required=False,
        help_text="Return the `items` to stock; without `items`, all items of the order. Each unit "
        "returns to stock once. Not allowed with `return_id`: receive the return instead.",
    )
    by_hand = StrictBool(
        required=False,
        help_text="You have already returned the money in cash or by bank transfer. The refund is "
        "recorded, and the payment provider is not called.",
    )


def wanted_of(form: dict[str, Any]) -> Wanted:
    """Return what a validated request wants to refund."""
    others = {name: value for name, value in form.items() if name != "items"}
    return Wanted(units=units_of(form.get("items", ())), **others)


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


class RefundedItemSerializer(serializers.Serializer[Any]):
    """What of a refund is for an order item."""

    product_id = serializers.IntegerField()
    name = serializers.CharField()
    quantity = serializers.IntegerField(
        help_text="0 if another refund of the same request has the units, and this one a part of "
        "their amount."
    )
    amount = AmountField(help_text="With the tax.")
    tax = AmountField()


_EXAMPLE = {
    "refund_id": 3,
    "payment_id": 9,
    "status": "succeeded",
    "amount": "4.50",
    "currency": "USD",
    "items": [
        {
            "product_id": 7,
            "name": "Teapot",
            "quantity": 1,
            "amount": "4.50",
            "tax": "0.72",
        }
    ],
    "shipping": "0.00",
    "shipping_tax": "0.00",
    "return_id": None,
    "reason": "Lid broken",
    "restock": False,
    "by_hand": False,
    "created_at": "2026-11-24T09:00:00Z",
    **FAILURE_EXAMPLE,
}


@extend_schema_serializer(examples=[example(_EXAMPLE)])
class RefundSerializer(serializers.Serializer[Any]):
    """A refund, as the payment's buyer and staff see it."""

    refund_id = serializers.IntegerField()
    payment_id = serializers.IntegerField()
    status = serializers.ChoiceField(RefundStatus.choices)
    amount = AmountField()
    currency = serializers.CharField(help_text="ISO 4217 code.")
    items = RefundedItemSerializer(
        many=True, help_text="What of the amount is for which items; empty if it names none."
    )
    shipping = AmountField(help_text="What of the amount is for the shipping, with its tax.")
    shipping_tax = AmountField()
    return_id = serializers.IntegerField(allow_null=True)
    reason = serializers.CharField()
    restock = serializers.BooleanField()
    by_hand = serializers.BooleanField()
    created_at = serializers.DateTimeField()
    failure_code = FailureCodeField()
    failure_detail = FailureDetailField()


def show_refund(refund: Refund) -> dict[str, Any]:
    """Return the response body of a refund, which was read with its payment and its items."""
    return {
        "refund_id": refund.pk,
        "payment_id": refund.payment_id,
        "status": refund.status,
        "amount": show(refund.amount),
        "currency": refund.payment.currency,
        "items": [_item(each) for each in sorted(refund.items.all(), key=_place)],
        "shipping": show(refund.shipping),
        "shipping_tax": show(refund.shipping_tax),
        "return_id": refund.order_return_id,
        "reason": refund.reason,
        "restock": refund.restock,
        "by_hand": refund.by_hand,
        "created_at": refund.created_at,
        **show_failure(refund),
    }


def _place(row: RefundItem) -> int:
    """Return the sort key of a refunded item: they are in the order of the order's items."""
    return row.item_id


def _item(row: RefundItem) -> dict[str, Any]:
    return {
        "product_id": row.item.product_id,
        "name": row.item.name,
        "quantity": row.quantity,
        "amount": show(row.amount),
        "tax": show(row.tax),
    }


@extend_schema_serializer(
    component_name="OrderRefunds",
    examples=[example({"amount": "4.50", "currency": "USD", "refunds": [_EXAMPLE]})],
)
class OrderRefundsSerializer(serializers.Serializer[Any]):
    """The refunds of one request: one of each payment that pays for it."""

    amount = AmountField(help_text="The sum of the refunds.")
    currency = serializers.CharField(help_text="ISO 4217 code.")
    refunds = RefundSerializer(many=True)


def show_refunds(refunds: Sequence[Refund]) -> dict[str, Any]:
    """Return the response body of the refunds of one request."""
    return {
        "amount": show(add_up(refund.amount for refund in refunds)),
        "currency": refunds[0].payment.currency,
        "refunds": [show_refund(refund) for refund in refunds],
    }
