"""Endpoints of drafts, which staff prepare and send."""

from django.http.response import HttpResponseBase
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.auth import caller
from cart import drafts
from cart.errors import DraftOrdered
from cart.models import Draft, DraftQuerySet
from cart.serializers.drafts import DraftChangesSerializer
from cart.views import EXPLAIN, ITEM_ERRORS
from orders import services
from orders.models import Order
from orders.payments import payments_of
from orders.serializers import serialize_summary
from orders.serializers.drafts import (
    DraftSerializer,
    DraftSummarySerializer,
    serialize_draft,
    serialize_draft_summary,
)
from orders.serializers.schemas import PlacedOrderSerializer
from orders.views.orders import PLACING_ERRORS
from shop.core.idempotency import idempotent
from shop.core.openapi import describe
from shop.core.permissions import has_staff_permission
from shop.core.query import read_parameters
from shop.core.viewsets import ShopViewSet, read


class DraftViewSet(ShopViewSet):
    """Carts that staff prepare for somebody else. They take no stock until they are sent."""

    queryset = Draft.objects.none()
    permissions = {
        "list": "cart.view_draft",
        "retrieve": "cart.view_draft",
        "create": "cart.add_draft",
        "partial_update": "cart.change_draft",
        "send": "cart.change_draft",
        "destroy": "cart.delete_draft",
    }
    serializer_class = DraftSerializer
    plural = "drafts"

    def get_queryset(self) -> DraftQuerySet:
        """Return all drafts, newest first: each action needs a permission."""
        return Draft.objects.select_related("cart", "customer", "created_by").order_by("-pk")

    @describe("List drafts", answers={200: DraftSummarySerializer(many=True)})
    def list(self, request: Request) -> Response:
        """Return a page of drafts without their carts, newest first."""
        return self.page_of(self.get_queryset(), serialize_draft_summary)

    @describe("Retrieve draft", answers={200: DraftSerializer}, parameters=[EXPLAIN])
    def retrieve(self, request: Request, pk: str) -> Response:
        """Return a draft with its cart at current prices."""
        is_explained = bool(read_parameters(request.query_params, [EXPLAIN]))
        return Response(serialize_draft(self.get_object(), request, explained=is_explained))

    @describe(
        "Create draft",
        takes=DraftChangesSerializer,
        answers={201: DraftSerializer},
        refuses=ITEM_ERRORS,
    )
    def create(self, request: Request) -> HttpResponseBase:
        """Create a draft, for a customer or for an e-mail address."""
        changes = read(DraftChangesSerializer, request)

        def work() -> Response:
            draft = drafts.create_draft(
                actor=caller(request), changes=changes, may_override=self._may_override()
            )
            location = f"{request.path}{draft.pk}/"
            body = serialize_draft(draft, request)
            return Response(body, status=201, headers={"Location": location})

        return idempotent(request, work)

    @describe(
        "Change draft",
        takes=DraftChangesSerializer,
        answers={200: DraftSerializer},
        refuses=[*ITEM_ERRORS, DraftOrdered],
    )
    def partial_update(self, request: Request, pk: str) -> Response:
        """Change members of a draft. Absent ones do not change, and null clears a member."""
        changes = read(DraftChangesSerializer, request)
        draft: Draft = self.get_object()
        may_override = self._may_override()
        drafts.change_draft(draft_id=draft.pk, changes=changes, may_override=may_override)
        return Response(serialize_draft(self.get_object(), request))

    @describe("Delete draft", answers={204: None}, refuses=[DraftOrdered])
    def destroy(self, request: Request, pk: str) -> Response:
        """Delete a draft that was not sent."""
        draft: Draft = self.get_object()
        drafts.delete_draft(draft_id=draft.pk)
        return Response(status=204)

    @describe(
        "Send draft",
        answers={200: PlacedOrderSerializer, 201: PlacedOrderSerializer},
        refuses=[DraftOrdered, *PLACING_ERRORS],
    )
    @action(detail=True, methods=["post"])
    def send(self, request: Request, pk: str) -> HttpResponseBase:
        """Place the order of a draft, and mail a link that pays it, without an account.

        Sending it again mails the link again (200), as long as the order can be paid.
        """

        def work() -> Response:
            draft: Draft = self.get_object()
            placed = services.send_draft(draft_id=draft.pk, actor=caller(request))
            order_id = placed.row.pk
            order = Order.objects.with_database_time().get(pk=order_id)
            body = serialize_summary(order, payments_of([order_id]).get(order_id, ()))
            location = {"Location": f"/api/orders/{order_id}/"} if placed.is_new else None
            return Response(body, status=201 if placed.is_new else 200, headers=location)

        return idempotent(request, work)

    def _may_override(self) -> bool:
        return has_staff_permission(caller(self.request), drafts.OVERRIDE_PRICES)
