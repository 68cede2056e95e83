"""Request bodies of drafts."""

from typing import Any

from drf_spectacular.utils import extend_schema_serializer
from rest_framework import serializers

from cart.models import MAX_ITEMS, MAX_LINK_HOURS
from cart.serializers.examples import CHANGES
from cart.serializers.requests import AddItemSerializer, CartChangesSerializer
from shop.core.fields import AmountField, IdField, StrictInt
from shop.core.openapi import example

_ITEM = {"product_id": 7, "quantity": 2, "price_override": "20.00"}


@extend_schema_serializer(examples=[example(_ITEM)])
class DraftItemSerializer(AddItemSerializer):
    """An item, at the current price or at one that staff set."""

    price_override = AmountField(
        required=False,
        allow_null=True,
        help_text="The price of one unit, instead of the product's. Promotions and vouchers apply "
        "to it as to any price. Needs the permission `cart.override_prices`.",
    )


@extend_schema_serializer(examples=[example({**CHANGES, "items": [_ITEM], "link_hours": 48})])
class DraftChangesSerializer(CartChangesSerializer):
    """Members of a draft: those of a cart, the customer, and how long its order can be paid."""

    items: serializers.ListSerializer[Any] = serializers.ListSerializer(
        child=DraftItemSerializer(), required=False, allow_null=True, max_length=MAX_ITEMS
    )
    customer_id = IdField(
        required=False,
        allow_null=True,
        help_text="The user whose order it becomes. Without one, `email` says who gets the link.",
    )
    link_hours = StrictInt(
        min_value=1,
        max_value=MAX_LINK_HOURS,
        required=False,
        allow_null=True,
        help_text="How long the order can be paid by the link. Null: as the shop says.",
    )
