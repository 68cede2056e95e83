"""Request and response bodies of webhook endpoints, deliveries and the feed of events."""

from typing import Any

from django.utils import timezone
from drf_spectacular.utils import extend_schema_serializer
from rest_framework import serializers

from shop.core.fields import StrictBool, StrictList, StrictStr
from shop.core.openapi import example
from shop.core.outbound import MAX_URL
from shop.core.serializers import RequestSerializer
from shop.integrations.models import (
    DESCRIPTION_LENGTH,
    MAX_KINDS,
    WebhookDelivery,
    WebhookEndpoint,
)
from shop.integrations.signing import secret_of
from shop.integrations.states import Deactivation, DeliveryStatus

_CHOSEN = {
    "url": "https://erp.example.com/shop-events",
    "description": "Accounting",
    "kinds": ["order.paid", "order.refunded"],
    "is_enabled": True,
}
_ENDPOINT = {
    "id": 3,
    **_CHOSEN,
    "former_secret_until": None,
    "failing_since": None,
    "deactivated_at": None,
    "deactivation": "",
    "created_at": "2026-11-26T12:00:00Z",
}
_EVENT = {
    "type": "order.paid",
    "timestamp": "2026-11-26T12:00:00.123456Z",
    "data": {
        "amount": "19.00",
        "event_id": 1041,
        "position": 1040,
        "object_type": "order",
        "object_id": 17,
        "sequence": 2,
    },
}


@extend_schema_serializer(examples=[example({"kinds": [], "is_enabled": True})])
class EndpointChangesSerializer(RequestSerializer):
    """What to change about an endpoint."""

    url = StrictStr(
        max_length=MAX_URL, required=False, help_text="It must not lead to a private network."
    )
    description = StrictStr(max_length=DESCRIPTION_LENGTH, required=False, allow_blank=True)
    kinds = StrictList(
        child=StrictStr(max_length=64),
        max_length=MAX_KINDS,
        required=False,
        help_text="The kinds of events that it gets, such as order.paid; empty: all of them.",
    )
    is_enabled = StrictBool(
        required=False,
        help_text="Enabling it again starts with the next event; the feed has those before.",
    )


@extend_schema_serializer(examples=[example(_CHOSEN)])
class NewEndpointSerializer(EndpointChangesSerializer):
    """An endpoint to create."""

    url = StrictStr(max_length=MAX_URL, help_text="It must not lead to a private network.")


@extend_schema_serializer(examples=[example(_ENDPOINT)])
class EndpointSerializer(serializers.Serializer[Any]):
    """A webhook endpoint, without its secret."""

    id = serializers.IntegerField()
    url = serializers.CharField()
    description = serializers.CharField()
    kinds = serializers.ListField(
        child=serializers.CharField(), help_text="Empty: all kinds of events."
    )
    is_enabled = serializers.BooleanField()
    former_secret_until = serializers.DateTimeField(
        allow_null=True, help_text="Until then, the former secret signs as well."
    )
    failing_since = serializers.DateTimeField(
        allow_null=True, help_text="When the first of the present failures was; null without any."
    )
    deactivated_at = serializers.DateTimeField(allow_null=True)
    deactivation = serializers.ChoiceField(
        [*Deactivation.choices, ("", "")], help_text="Why the shop has disabled it by itself."
    )
    created_at = serializers.DateTimeField()


@extend_schema_serializer(
    examples=[example({**_ENDPOINT, "secret": "whsec_9X0bEXAMPLEvV5S0b0c1d2e3f4a5b6c7d8e9fA="})]
)
class EndpointWithSecretSerializer(EndpointSerializer):
    """A webhook endpoint with its new secret."""

    secret = serializers.CharField(
        allow_null=True,
        help_text="The secret, which no other response has; null for a repeated request.",
    )


@extend_schema_serializer(
    examples=[
        example(
            {
                "id": 12,
                "endpoint_id": 3,
                "event_id": 1041,
                "type": "order.paid",
                "status": "waiting",
                "attempts": 2,
                "created_at": "2026-11-26T12:00:01Z",
                "last_attempt_at": "2026-11-26T12:00:12Z",
                "next_attempt_at": "2026-11-26T12:00:32Z",
                "ended_at": None,
                "response_status": 503,
                "response_excerpt": "maintenance",
                "duration_ms": 184,
                "last_error": "The endpoint responded with 503.",
            }
        )
    ]
)
class DeliverySerializer(serializers.Serializer[Any]):
    """The delivery of an event to an endpoint, with the result of the last attempt."""

    id = serializers.IntegerField()
    endpoint_id = serializers.IntegerField()
    event_id = serializers.IntegerField()
    type = serializers.CharField(help_text="The kind of the event.")
    status = serializers.ChoiceField(DeliveryStatus.choices)
    attempts = serializers.IntegerField()
    created_at = serializers.DateTimeField()
    last_attempt_at = serializers.DateTimeField(allow_null=True)
    next_attempt_at = serializers.DateTimeField(
        allow_null=True, help_text="Null if it has ended. A pause of the endpoint can delay it."
    )
    ended_at = serializers.DateTimeField(allow_null=True)
    response_status = serializers.IntegerField(allow_null=True)
    response_excerpt = serializers.CharField()
    duration_ms = serializers.IntegerField(allow_null=True)
    last_error = serializers.CharField()


class EventSerializer(serializers.Serializer[Any]):
    """An event, as webhooks have it."""

    type = serializers.CharField()
    timestamp = serializers.DateTimeField(help_text="When it happened.")
    data = serializers.DictField(  # type: ignore[assignment] # the name that DRF uses
        help_text="Ids, numbers, amounts, codes and statuses. `sequence` counts the events of the "
        "object: 1, 2, 3."
    )


@extend_schema_serializer(
    many=False, examples=[example({"events": [_EVENT], "next": 1040, "has_more": False})]
)
class FeedSerializer(serializers.Serializer[Any]):
    """A page of the feed."""

    events = EventSerializer(many=True)
    next = serializers.IntegerField(help_text="The value of `after` in the next request.")
    has_more = serializers.BooleanField(help_text="Whether to request the next page at once.")


def serialize_endpoint(endpoint: WebhookEndpoint) -> dict[str, Any]:
    """Return the response body of an endpoint."""
    names = ("url", "description", "kinds", "is_enabled", "failing_since", "deactivated_at")
    until = endpoint.former_secret_until
    return {
        "id": endpoint.pk,
        **{name: getattr(endpoint, name) for name in (*names, "deactivation", "created_at")},
        "former_secret_until": until if until and until > timezone.now() else None,
    }


def serialize_with_secret(endpoint: WebhookEndpoint) -> dict[str, Any]:
    """Return the response body of an endpoint whose secret is new."""
    return {**serialize_endpoint(endpoint), "secret": secret_of(endpoint.secret_ref)}


def serialize_delivery(delivery: WebhookDelivery) -> dict[str, Any]:
    """Return the response body of a delivery, which was read with its event."""
    names = ("endpoint_id", "event_id", "status", "attempts", "created_at", "last_attempt_at")
    results = ("ended_at", "response_status", "response_excerpt", "duration_ms", "last_error")
    return {
        "id": delivery.pk,
        **{name: getattr(delivery, name) for name in (*names, *results)},
        "type": delivery.event.kind,
        "next_attempt_at": None if delivery.ended_at else delivery.next_attempt_at,
    }
