"""Request and response bodies of fulfilments."""

from collections.abc import Sequence
from typing import Any

from django.core.validators import URLValidator
from drf_spectacular.utils import extend_schema_serializer
from rest_framework import serializers

from accounts.models import User
from orders.models import FulfilmentItem, FulfilmentState
from orders.models.fulfilments import CARRIER_LENGTH, TRACKING_NUMBER_LENGTH, TRACKING_URL_LENGTH
from orders.reads import FulfilmentDetails
from orders.serializers.units import UnitsField
from shop.core.fields import StrictStr
from shop.core.openapi import example
from shop.core.serializers import RequestSerializer

_TRACKING = {
    "carrier": "DHL",
    "tracking_number": "00340434161094042557",
    "tracking_url": "https://example.com/track/00340434161094042557",
}


@extend_schema_serializer(
    examples=[example({"items": [{"product_id": 7, "quantity": 1}], **_TRACKING})]
)
class FulfilSerializer(RequestSerializer):
    """What is shipped, and with which carrier."""

    items = UnitsField(
        required=False, help_text="The units that are shipped; without it, all that are left."
    )
    carrier = StrictStr(max_length=CARRIER_LENGTH, required=False, allow_blank=True)
    tracking_number = StrictStr(max_length=TRACKING_NUMBER_LENGTH, required=False, allow_blank=True)
    tracking_url = StrictStr(
        max_length=TRACKING_URL_LENGTH,
        required=False,
        allow_blank=True,
        validators=[URLValidator(schemes=["https", "http"])],
        help_text="Where the buyer follows the shipment.",
    )


class FulfilledItemSerializer(serializers.Serializer[Any]):
    """Units of an order item in a fulfilment."""

    product_id = serializers.IntegerField()
    name = serializers.CharField()
    quantity = serializers.IntegerField()


@extend_schema_serializer(
    examples=[
        example(
            {
                "fulfilment_id": 3,
                "order_id": 42,
                "status": "shipped",
                **_TRACKING,
                "items": [{"product_id": 7, "name": "Teapot", "quantity": 1}],
                "actor": "amy",
                "created_at": "2026-11-24T09:00:00Z",
                "delivered_at": None,
                "cancelled_at": None,
            }
        )
    ]
)
class FulfilmentSerializer(serializers.Serializer[Any]):
    """Units of an order that were shipped together."""

    fulfilment_id = serializers.IntegerField()
    order_id = serializers.IntegerField()
    status = serializers.ChoiceField(
        FulfilmentState.choices, help_text="`pending` while the payment is being captured."
    )
    carrier = serializers.CharField()
    tracking_number = serializers.CharField()
    tracking_url = serializers.CharField()
    items = FulfilledItemSerializer(many=True)
    actor = serializers.CharField(
        help_text="Who shipped it: a username, which only staff see, `staff` or `shop`."
    )
    created_at = serializers.DateTimeField()
    delivered_at = serializers.DateTimeField(allow_null=True)
    cancelled_at = serializers.DateTimeField(allow_null=True)


def serialize_fulfilments(
    found: Sequence[FulfilmentDetails], *, sees_names: bool
) -> list[dict[str, Any]]:
    """Return the response bodies of fulfilments. ``sees_names`` says whether staff read them."""
    return [serialize_fulfilment(each, sees_names=sees_names) for each in found]


def serialize_fulfilment(found: FulfilmentDetails, *, sees_names: bool) -> dict[str, Any]:
    """Return the response body of a fulfilment."""
    fulfilment = found.fulfilment
    return {
        "fulfilment_id": fulfilment.pk,
        "order_id": fulfilment.order_id,
        "status": fulfilment.status,
        "carrier": fulfilment.carrier,
        "tracking_number": fulfilment.tracking_number,
        "tracking_url": fulfilment.tracking_url,
        "items": [_item(item) for item in found.items],
        "actor": _name(fulfilment.actor, sees_names=sees_names),
        "created_at": fulfilment.created_at,
        "delivered_at": fulfilment.delivered_at,
        "cancelled_at": fulfilment.cancelled_at,
    }


def _item(item: FulfilmentItem) -> dict[str, Any]:
    ordered = item.order_item
    return {"product_id": ordered.product_id, "name": ordered.name, "quantity": item.quantity}


def _name(actor: User | None, *, sees_names: bool) -> str:
    if actor is None:
        return "shop"
    return actor.username if sees_names else "staff"
