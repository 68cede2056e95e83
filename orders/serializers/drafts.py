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
from orders.serializers.schemas import SUMMARY_EXAMPLE, PlacedOrderSerializer
from shop.core.fields import AmountField
from shop.core.openapi import example
from shop.core.serializers import RequestSerializer

_SUMMARY = {
    "draft_id": 3,
    "status": "sent",
    "customer_id": None,
    "created_by": "amy",
    "link_hours": None,
    "sent_at": "2026-11-26T10:00:00Z",
    "link_expires_at": "2026-11-29T10:00:00Z",
    "order_id": None,
    "created_at": "2026-11-26T09:50:00Z",
}
_OFFER = {name: _SUMMARY[name] for name in ("status", "link_expires_at", "order_id")}


@extend_schema_serializer(examples=[example(_SUMMARY)])
class DraftSummarySerializer(serializers.Serializer[Any]):
    """A draft without its cart."""

    draft_id = serializers.IntegerField()
    status = serializers.ChoiceField(DraftStatus.choices)
    customer_id = serializers.IntegerField(allow_null=True)
    created_by = serializers.CharField(help_text="The username of the member of staff.")
    link_hours = serializers.IntegerField(
        allow_null=True, help_text="How long its link is valid; null for DRAFT_LINK_HOURS."
    )
    sent_at = serializers.DateTimeField(allow_null=True)
    link_expires_at = serializers.DateTimeField(allow_null=True)
    order_id = serializers.IntegerField(allow_null=True, help_text="The order that it became.")
    created_at = serializers.DateTimeField()


@extend_schema_serializer(examples=[example({**_SUMMARY, "cart": CART})])
class DraftSerializer(DraftSummarySerializer):
    """A draft with its cart at current prices."""

    cart = CartSerializer(allow_null=True, help_text="Null once it is ordered.")


@extend_schema_serializer(many=False, examples=[example({**_OFFER, "cart": CART})])
class OfferSerializer(serializers.Serializer[Any]):
    """What the holder of a link sees of a draft."""

    status = serializers.ChoiceField(DraftStatus.choices)
    link_expires_at = serializers.DateTimeField()
    order_id = serializers.IntegerField(allow_null=True, help_text="Once it was accepted.")
    cart = CartSerializer(allow_null=True, help_text="Null once it was accepted.")


@extend_schema_serializer(examples=[example({"expected_total": "48.00"})])
class AcceptDraftSerializer(RequestSerializer):
    """The total that the buyer expects, if that is to be checked."""

    expected_total = AmountField(
        required=False,
        help_text="The total that the buyer saw. The order is refused if the total has changed.",
    )


@extend_schema_serializer(
    examples=[example({**SUMMARY_EXAMPLE, "order_token": "42.1vXyZ1.dBjftJeZ4CVP-mB92K27uhbUJU"})]
)
class AcceptedOrderSerializer(PlacedOrderSerializer):
    """The order of a draft, with a token that pays it without an account."""

    order_token = serializers.CharField(help_text="For the header X-Order-Token.")


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


def serialize_offer(draft: Draft, request: Request) -> dict[str, Any]:
    """Return the response body of a draft for the holder of its link."""
    return {
        "status": draft.status,
        "link_expires_at": draft.link_expires_at,
        "order_id": _order_id(draft),
        "cart": _cart(draft, request),
    }


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
