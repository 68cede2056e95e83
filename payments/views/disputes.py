"""Endpoints with which staff read disputes, and release the shipping that a warning holds."""

from typing import Any

from django.http.response import HttpResponseBase
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.auth import caller
from orders.errors import ShippingNotHeld
from orders.services import release_shipping
from payments.models import Dispute, DisputeKind, DisputeQuerySet, DisputeStatus
from payments.serializers.disputes import DisputeSerializer, show_dispute
from shop.core.idempotency import idempotent
from shop.core.openapi import describe
from shop.core.query import choice_parameter, id_parameter, read_parameters
from shop.core.viewsets import ShopViewSet

LIST_PARAMETERS = [
    id_parameter("order_id", "The id of an order."),
    choice_parameter(
        "status", DisputeStatus.values, "A status. Repeat it to match any of several."
    ),
    choice_parameter("kind", DisputeKind.values, "A kind. Repeat it to match any of several."),
]
_LOOKUPS = {"order_id": "payment__order_id", "status": "status__in", "kind": "kind__in"}


class DisputeViewSet(ShopViewSet):
    """Disputes, inquiries, early fraud warnings and reviews that providers have reported."""

    queryset = Dispute.objects.none()
    serializer_class = DisputeSerializer
    plural = "disputes"
    permissions = {
        "list": "payments.view_dispute",
        "retrieve": "payments.view_dispute",
        "release": "payments.change_dispute",
    }

    def get_queryset(self) -> DisputeQuerySet:
        """Return the disputes that the user may see, newest first."""
        disputes = Dispute.objects.visible_to(self.request.user)
        return disputes.select_related("payment__order").order_by("-pk")

    @describe(
        "List disputes", answers={200: DisputeSerializer(many=True)}, parameters=LIST_PARAMETERS
    )
    def list(self, request: Request) -> Response:
        """List the disputes that match the filters, newest first."""
        values = read_parameters(request.query_params, LIST_PARAMETERS)
        filters: dict[str, Any] = {_LOOKUPS[name]: value for name, value in values.items()}
        return self.page_of(self.get_queryset().filter(**filters), show_dispute)

    @describe("Retrieve dispute", answers={200: DisputeSerializer})
    def retrieve(self, request: Request, pk: str) -> Response:
        """Return one dispute."""
        return Response(show_dispute(self.get_object()))

    @describe("Release shipping", answers={200: DisputeSerializer}, refuses=[ShippingNotHeld])
    @action(detail=True, methods=["post"])
    def release(self, request: Request, pk: str) -> HttpResponseBase:
        """Let the order be shipped, whose shipping an early fraud warning holds."""

        def work() -> Response:
            order_id = self.get_object().payment.order_id
            release_shipping(order_id=order_id, actor=caller(request))
            return Response(show_dispute(self.get_object()))

        return idempotent(request, work)
