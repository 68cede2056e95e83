"""Endpoints of drafts: staff prepare and send them, and who has the link accepts one."""

from typing import Any

from django.http.response import HttpResponseBase
from rest_framework.decorators import action
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.auth import caller
from cart import drafts
from cart.errors import DraftOrdered
from cart.models import Draft, DraftQuerySet
from cart.problems import (
    AddressIncomplete,
    CartEmpty,
    EmailMissing,
    ShippingMethodUnavailable,
    VoucherNotApplicable,
)
from cart.serializers.drafts import DraftChangesSerializer
from cart.views import EXPLAIN, ITEM_ERRORS
from catalog.errors import OutOfStock, ProductUnavailable
from orders import services
from orders.errors import DraftTokenInvalid
from orders.models import Order
from orders.payments import payments_of
from orders.serializers import serialize_summary
from orders.serializers.drafts import (
    AcceptDraftSerializer,
    AcceptedOrderSerializer,
    DraftSerializer,
    DraftSummarySerializer,
    OfferSerializer,
    serialize_draft,
    serialize_draft_summary,
    serialize_offer,
)
from orders.throttles import check_guest_orders
from orders.tokens import DRAFT_HEADER, draft_of_token, make_order_token
from orders.views.orders import PLACING_ERRORS
from shop.core.errors import TooManyRequests
from shop.core.idempotency import idempotent
from shop.core.openapi import describe
from shop.core.permissions import has_staff_permission
from shop.core.query import read_parameters
from shop.core.viewsets import ShopViewSet, read

_PROBLEMS = [
    CartEmpty,
    EmailMissing,
    AddressIncomplete,
    ShippingMethodUnavailable,
    VoucherNotApplicable,
    OutOfStock,
    ProductUnavailable,
]
"""Why a draft could not be accepted."""


class DraftViewSet(ShopViewSet):
    """Carts that staff prepare for somebody else. They take no stock until they are accepted."""

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
        page = self.paginate_queryset(self.get_queryset()) or []
        return self.get_paginated_response([serialize_draft_summary(draft) for draft in page])

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
        """Change members of a draft. Absent ones do not change, and null clears a member.

        Links that were sent lead to what the draft is then.
        """
        changes = read(DraftChangesSerializer, request)
        draft: Draft = self.get_object()
        may_override = self._may_override()
        drafts.change_draft(draft_id=draft.pk, changes=changes, may_override=may_override)
        return Response(serialize_draft(self.get_object(), request))

    @describe("Delete draft", answers={204: None}, refuses=[DraftOrdered])
    def destroy(self, request: Request, pk: str) -> Response:
        """Delete a draft that was not accepted. Links that were sent become invalid."""
        draft: Draft = self.get_object()
        drafts.delete_draft(draft_id=draft.pk)
        return Response(status=204)

    @describe("Send draft", answers={200: DraftSerializer}, refuses=[DraftOrdered, *_PROBLEMS])
    @action(detail=True, methods=["post"])
    def send(self, request: Request, pk: str) -> HttpResponseBase:
        """Mail a link with which the draft is accepted and paid, without an account.

        Sending it again makes all links valid for longer.
        """

        def work() -> Response:
            draft: Draft = self.get_object()
            services.send_draft(draft_id=draft.pk)
            return Response(serialize_draft(self.get_object(), request))

        return idempotent(request, work)

    def _may_override(self) -> bool:
        return has_staff_permission(caller(self.request), drafts.OVERRIDE_PRICES)


class AcceptDraftViewSet(ShopViewSet):
    """The draft of a link, whose token is in the header `X-Draft-Token`."""

    permission_classes = (AllowAny,)
    token_schemes = ("draft_token",)
    serializer_class = OfferSerializer
    pagination_class = None

    @describe(
        "View draft of a link",
        answers={200: OfferSerializer},
        refuses=[DraftTokenInvalid],
        audience="buyers",
    )
    def list(self, request: Request) -> Response:
        """Return what would be ordered, at current prices."""
        return Response(serialize_offer(_draft_of(request), request))

    @describe(
        "Accept draft",
        takes=AcceptDraftSerializer,
        answers={200: AcceptedOrderSerializer, 201: AcceptedOrderSerializer},
        refuses=[DraftTokenInvalid, TooManyRequests, *PLACING_ERRORS],
        audience="buyers",
        holds_secret=True,  # repeating it returns the same order
    )
    def create(self, request: Request) -> Response:
        """Place the order of a draft. Once it was accepted, return the order again (200).

        The order is read and paid with its `order_token`, until `pay_before`.
        """
        body = read(AcceptDraftSerializer, request)
        draft = _draft_of(request)
        check_guest_orders(request)
        placed = services.accept_draft(draft_id=draft.pk, **body)
        order = Order.objects.with_database_time().get(pk=placed.row.pk)
        answer: dict[str, Any] = serialize_summary(order, payments_of([order.pk]).get(order.pk, ()))
        answer["order_token"] = make_order_token(order)
        return Response(answer, status=201 if placed.is_new else 200)


def _draft_of(request: Request) -> Draft:
    """Return the draft of the token. Raises DraftTokenInvalid (401), also without a token."""
    return draft_of_token(request.META.get(DRAFT_HEADER, ""))
