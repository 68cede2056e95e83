"""Bodies of drafts."""

from datetime import timedelta
from typing import Any

from django.conf import settings
from drf_spectacular.utils import extend_schema_serializer
from rest_framework import serializers
from rest_framework.request import Request

from cart.drafts import view_draft
from cart.models import CartStatus, Draft, DraftStatus
from cart.serializers.bodies import serialize_cart
from cart.serializers.examples import CART
from cart.serializers.responses import CartSerializer
from orders.models import Order
from shop.core.openapi import example

_SUMMARY = {
    "draft_id": 3,
    "status": "ordered",
    "customer_id": None,
    "created_by": "amy",
    "link_hours": None,
    "sent_at": "2026-11-26T10:00:00Z",
    "link_expires_at": "2026-11-29T10:00:00Z",
    "order_id": 42,
    "created_at": "2026-11-26T09:50:00Z",
}


@extend_schema_serializer(examples=[example(_SUMMARY)])
class DraftSummarySerializer(serializers.Serializer[Any]):
    """A draft without its cart."""

    draft_id = serializers.IntegerField()
    status = serializers.ChoiceField(DraftStatus.choices)
    customer_id = serializers.IntegerField(allow_null=True)
    created_by = serializers.CharField(help_text="The username of the member of staff.")
    link_hours = serializers.IntegerField(
        allow_null=True, help_text="How long its order can be paid; null for DRAFT_LINK_HOURS."
    )
    sent_at = serializers.DateTimeField(allow_null=True, help_text="When it was sent last.")
    link_expires_at = serializers.DateTimeField(
        allow_null=True, help_text="The end of the time in which its order can be paid."
    )
    order_id = serializers.IntegerField(allow_null=True, help_text="The order that it became.")
    created_at = serializers.DateTimeField()


@extend_schema_serializer(examples=[example({**_SUMMARY, "cart": CART})])
class DraftSerializer(DraftSummarySerializer):
    """A draft with its cart at current prices."""

    cart = CartSerializer(allow_null=True, help_text="Null once it is ordered.")


def serialize_draft_summary(draft: Draft) -> dict[str, Any]:
    """Return the response body of a draft, which was read with its cart and author."""
    names = ("status", "customer_id", "link_hours", "sent_at", "link_expires_at", "created_at")
    return {
        "draft_id": draft.pk,
        "created_by": draft.created_by.username,
        "order_id": _order_id(draft),
        **{name: getattr(draft, name) for name in names},
    }


def serialize_draft(draft: Draft, request: Request, *, explained: bool = False) -> dict[str, Any]:
    """Return the response body of a draft with its cart."""
    return {**serialize_draft_summary(draft), "cart": _cart(draft, request, explained=explained)}


def _order_id(draft: Draft) -> int | None:
    if draft.cart.status != CartStatus.ORDERED:
        return None
    return Order.objects.values_list("pk", flat=True).get(cart=draft.cart_id)


def _cart(draft: Draft, request: Request, *, explained: bool = False) -> dict[str, Any] | None:
    if draft.cart.status != CartStatus.OPEN:
        return None
    cart = view_draft(draft)
    body = serialize_cart(cart, request, explained=explained)
    if cart.changed_at is not None:  # it is kept as long as the cart of a user
        body["expires_at"] = cart.changed_at + timedelta(days=settings.USER_CART_DAYS)
    return body
