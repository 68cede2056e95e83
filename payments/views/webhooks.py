"""Webhooks: endpoints that receive the events of payment providers."""

from collections.abc import Mapping
from typing import IO, Any

from drf_spectacular.utils import extend_schema_serializer
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.parsers import BaseParser
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response

from payments import services
from payments.errors import GatewayBusy, SignatureInvalid
from payments.gateways import GatewayUnavailable
from payments.gateways.stripe import read_event
from payments.throttles import WebhookThrottle
from shop.core.errors import Unavailable
from shop.core.openapi import describe, example
from shop.core.viewsets import ShopViewSet


class RawParser(BaseParser):
    """Returns the body unparsed, because the signature covers its exact bytes."""

    media_type = "*/*"

    def parse(
        self,
        stream: IO[Any],
        media_type: str | None = None,
        parser_context: Mapping[str, Any] | None = None,
    ) -> Any:
        """Return the bytes, of which there are as many as any request may have."""
        body: bytes = stream.read()
        return body


@extend_schema_serializer(examples=[example({"received": True})])
class ReceivedSerializer(serializers.Serializer[Any]):
    """Confirmation that an event was received. The provider need not send it again."""

    received = serializers.BooleanField()


class WebhookViewSet(ShopViewSet):
    """Receives events of payment providers, which authenticate by a signature."""

    authentication_classes = ()
    parser_classes = (RawParser,)
    throttle_classes = (WebhookThrottle,)
    pagination_class = None
    serializer_class = ReceivedSerializer
    reads_raw_body = True

    def get_permissions(self) -> list[Any]:
        """Allow any request: the action verifies the signature."""
        return [AllowAny()]

    @describe(
        "Receive Stripe event",
        answers={200: ReceivedSerializer},
        refuses=[SignatureInvalid, GatewayBusy],
        audience="staff",
    )
    @action(detail=False, methods=["post"])
    def stripe(self, request: Request) -> Response:
        """Receive an event with a valid `Stripe-Signature`. A duplicate event has no effect."""
        body = request.data if isinstance(request.data, bytes) else b""
        event = read_event(body, request.headers.get("Stripe-Signature", ""))
        if event is None:
            raise SignatureInvalid
        try:
            services.apply_event(event=event, method="stripe")
        except GatewayUnavailable:
            raise Unavailable from None
        return Response({"received": True})
