"""The endpoints of webhooks and of the feed of events, for staff and for other systems."""

from functools import partial
from typing import Any

from django.http.response import HttpResponseBase
from django.utils.translation import gettext as _
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from shop.core.fields import MAX_ID
from shop.core.idempotency import idempotent, idempotent_steps
from shop.core.models import Event
from shop.core.openapi import describe
from shop.core.query import Parameter, choice_parameter, id_parameter, read_parameters
from shop.core.viewsets import ShopViewSet, read
from shop.integrations import services
from shop.integrations.bodies import body_of
from shop.integrations.errors import (
    DeliveryNotFound,
    DeliveryWaits,
    EndpointDisabled,
    EndpointNotFound,
    PositionUnknown,
)
from shop.integrations.feed import DEFAULT_LIMIT, MAX_LIMIT, read_events
from shop.integrations.models import (
    DeliveryQuerySet,
    EndpointQuerySet,
    WebhookDelivery,
    WebhookEndpoint,
)
from shop.integrations.serializers import (
    DeliverySerializer,
    EndpointChangesSerializer,
    EndpointSerializer,
    EndpointWithSecretSerializer,
    FeedSerializer,
    NewEndpointSerializer,
    serialize_delivery,
    serialize_endpoint,
    serialize_with_secret,
)
from shop.integrations.states import DeliveryStatus

_DELIVERY_FILTERS = [
    id_parameter("endpoint_id", "Deliveries to this endpoint."),
    choice_parameter("status", DeliveryStatus.values, "Repeat it to match any of several."),
]


def _number(text: str, *, least: int, most: int) -> int:
    if text.isascii() and text.isdigit() and len(text) < 20 and least <= int(text) <= most:
        return int(text)
    sentence = _("The value must be a whole number from {least} to {most}.")
    raise ValueError(sentence.format(least=least, most=most))


def _number_parameter(name: str, description: str, *, least: int, most: int) -> Parameter:
    schema = {"type": "integer", "minimum": least, "maximum": most}
    return Parameter(name, schema, description, read=partial(_number, least=least, most=most))


_FEED_PARAMETERS = [
    _number_parameter(
        "after",
        "The position after which to read: `next` of the page before, and 0 at first.",
        least=0,
        most=MAX_ID,
    ),
    _number_parameter(
        "limit", f"The largest number of events ({DEFAULT_LIMIT}).", least=1, most=MAX_LIMIT
    ),
]


class WebhookEndpointViewSet(ShopViewSet):
    """URLs to which the shop sends events."""

    queryset = WebhookEndpoint.objects.none()
    serializer_class = EndpointSerializer
    plural = "webhook_endpoints"
    permissions = {
        "list": "shop_integrations.view_webhookendpoint",
        "retrieve": "shop_integrations.view_webhookendpoint",
        "create": "shop_integrations.add_webhookendpoint",
        "partial_update": "shop_integrations.change_webhookendpoint",
        "rotate_secret": "shop_integrations.change_webhookendpoint",
        "destroy": "shop_integrations.delete_webhookendpoint",
    }

    def get_queryset(self) -> EndpointQuerySet:
        """Return the endpoints that the user may see, oldest first."""
        return WebhookEndpoint.objects.visible_to(self.request.user).order_by("pk")

    @describe("List webhook endpoints", answers={200: EndpointSerializer(many=True)})
    def list(self, request: Request) -> Response:
        """Return a page of endpoints, oldest first."""
        return self.page_of(self.get_queryset(), serialize_endpoint)

    @describe(
        "Retrieve webhook endpoint", answers={200: EndpointSerializer}, refuses=[EndpointNotFound]
    )
    def retrieve(self, request: Request, pk: str) -> Response:
        """Return one endpoint."""
        endpoint = self.get_queryset().filter(pk=int(pk)).first()
        if endpoint is None:
            raise EndpointNotFound
        return Response(serialize_endpoint(endpoint))

    @describe(
        "Create webhook endpoint",
        takes=NewEndpointSerializer,
        answers={201: EndpointWithSecretSerializer},
        refuses=[EndpointNotFound],
    )
    def create(self, request: Request) -> HttpResponseBase:
        """Create an endpoint, and return its secret, which no other response has.

        It gets the events from now on. A repeated request has the secret null.
        """
        values = read(NewEndpointSerializer, request)

        def respond(body: dict[str, Any]) -> Response:
            location = f"{request.path}{body['id']}/"
            return Response(body, status=201, headers={"Location": location})

        return idempotent_steps(
            request,
            begin=lambda: services.create_endpoint(**values).pk,
            finish=lambda pk: respond(_with_secret(pk)),
            replay=lambda pk: respond(_without_secret(pk)),
        )

    @describe(
        "Change webhook endpoint",
        takes=EndpointChangesSerializer,
        answers={200: EndpointSerializer},
        refuses=[EndpointNotFound],
    )
    def partial_update(self, request: Request, pk: str) -> Response:
        """Change the given fields. One that is enabled again gets the events from now on."""
        changes = read(EndpointChangesSerializer, request)
        endpoint = services.update_endpoint(endpoint_id=int(pk), **changes)
        return Response(serialize_endpoint(endpoint))

    @describe("Delete webhook endpoint", answers={204: None}, refuses=[EndpointNotFound])
    def destroy(self, request: Request, pk: str) -> Response:
        """Delete an endpoint with its deliveries."""
        services.delete_endpoint(endpoint_id=int(pk))
        return Response(status=204)

    @describe(
        "Rotate webhook secret",
        answers={200: EndpointWithSecretSerializer},
        refuses=[EndpointNotFound],
    )
    @action(detail=True, methods=["post"], url_path="rotate-secret")
    def rotate_secret(self, request: Request, pk: str) -> HttpResponseBase:
        """Give an endpoint a new secret, and return it. The former one signs as well for 24 hours.

        A repeated request has the secret null.
        """
        return idempotent_steps(
            request,
            begin=lambda: services.rotate_secret(endpoint_id=int(pk)).pk,
            finish=lambda endpoint_id: Response(_with_secret(endpoint_id)),
            replay=lambda endpoint_id: Response(_without_secret(endpoint_id)),
        )


def _with_secret(endpoint_id: int) -> dict[str, Any]:
    return serialize_with_secret(WebhookEndpoint.objects.get(pk=endpoint_id))


def _without_secret(endpoint_id: int) -> dict[str, Any]:
    """Return the body for a repeated request. Raises EndpointNotFound if it was deleted since."""
    endpoint = WebhookEndpoint.objects.filter(pk=endpoint_id).first()
    if endpoint is None:
        raise EndpointNotFound
    return {**serialize_endpoint(endpoint), "secret": None}


class WebhookDeliveryViewSet(ShopViewSet):
    """The log of deliveries: what was sent to which endpoint, and how it responded."""

    queryset = WebhookDelivery.objects.none()
    serializer_class = DeliverySerializer
    plural = "webhook_deliveries"
    permissions = {
        "list": "shop_integrations.view_webhookdelivery",
        "retrieve": "shop_integrations.view_webhookdelivery",
        "redeliver": "shop_integrations.change_webhookdelivery",
    }

    def get_queryset(self) -> DeliveryQuerySet:
        """Return the deliveries that the user may see, with their events, newest first."""
        rows = WebhookDelivery.objects.visible_to(self.request.user)
        return rows.select_related("event").order_by("-pk")

    @describe(
        "List webhook deliveries",
        answers={200: DeliverySerializer(many=True)},
        parameters=_DELIVERY_FILTERS,
    )
    def list(self, request: Request) -> Response:
        """Return a page of deliveries, newest first. They are kept for 30 days after their end."""
        values = read_parameters(request.query_params, _DELIVERY_FILTERS)
        lookups = {"endpoint_id": "endpoint_id", "status": "status__in"}
        filters = {lookups[name]: value for name, value in values.items()}
        return self.page_of(self.get_queryset().filter(**filters), serialize_delivery)

    @describe(
        "Retrieve webhook delivery", answers={200: DeliverySerializer}, refuses=[DeliveryNotFound]
    )
    def retrieve(self, request: Request, pk: str) -> Response:
        """Return one delivery."""
        delivery = self.get_queryset().filter(pk=int(pk)).first()
        if delivery is None:
            raise DeliveryNotFound
        return Response(serialize_delivery(delivery))

    @describe(
        "Redeliver webhook",
        answers={200: DeliverySerializer},
        refuses=[DeliveryNotFound, DeliveryWaits, EndpointDisabled],
    )
    @action(detail=True, methods=["post"])
    def redeliver(self, request: Request, pk: str) -> HttpResponseBase:
        """Send a delivery that has ended again, with the same `webhook-id`."""
        return idempotent(
            request,
            lambda: Response(serialize_delivery(services.redeliver(delivery_id=int(pk)))),
        )


class EventViewSet(ShopViewSet):
    """The feed of events."""

    queryset = Event.objects.none()
    serializer_class = FeedSerializer
    pagination_class = None
    permissions = {"list": "core.view_event"}

    @describe(
        "List events",
        answers={200: FeedSerializer},
        refuses=[PositionUnknown],
        parameters=_FEED_PARAMETERS,
    )
    def list(self, request: Request) -> Response:
        """Return the events after a position, in the bodies that webhooks have.

        Read on with `after` set to `next`: no event is missed. Internal events are left out.
        """
        values = read_parameters(request.query_params, _FEED_PARAMETERS)
        page = read_events(after=values.get("after", 0), limit=values.get("limit", DEFAULT_LIMIT))
        body = {
            "events": [body_of(event) for event in page.events],
            "next": page.next,
            "has_more": page.has_more,
        }
        return Response(body)
