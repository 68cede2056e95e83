"""Endpoints to request returns, and with which staff decide about them."""

from collections.abc import Callable
from functools import cached_property
from typing import Any

from django.http.response import HttpResponseBase
from rest_framework.decorators import action
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.auth import caller
from cart.errors import CartTokenInvalid
from orders import services
from orders.access import OrderAccess, access_of
from orders.errors import (
    ItemNotInOrder,
    OrderNotFound,
    OrderTokenInvalid,
    ReturnLimit,
    ReturnNotOpen,
    ReturnWindowClosed,
)
from orders.models import Order, Return, ReturnQuerySet, ReturnStep
from orders.serializers.returns import (
    ApproveReturnSerializer,
    ReceiveReturnSerializer,
    RejectReturnSerializer,
    ReturnRequestSerializer,
    ReturnSerializer,
    serialize_return,
)
from orders.serializers.units import units_of
from orders.services.returns import Arrived, Wish
from shop.core.errors import Unauthorized
from shop.core.idempotency import idempotent
from shop.core.openapi import describe
from shop.core.permissions import has_staff_permission
from shop.core.query import choice_parameter, id_parameter, read_parameters
from shop.core.viewsets import OwnOrStaffMay, ShopViewSet, read

_TOKENS = [Unauthorized, CartTokenInvalid, OrderTokenInvalid]
_PARAMETERS = [
    id_parameter("order_id", "The id of an order."),
    choice_parameter("status", ReturnStep.values, "A status. Repeat it to match any of several."),
]


class _SeesReturns(ShopViewSet):
    """What both viewsets read: the returns of the caller, and all for permitted staff."""

    queryset = Return.objects.none()
    serializer_class = ReturnSerializer
    plural = "returns"
    token_schemes = ("cart_token", "order_token")

    @cached_property
    def access(self) -> OrderAccess:
        """What the request gives access to. Raises 401 as ``access_of`` says."""
        return access_of(self.request, reads=self.request.method in {"GET", "HEAD"})

    def get_queryset(self) -> ReturnQuerySet:
        """Return the returns that the caller may see, newest first, with their items."""
        return Return.objects.visible_to(self.access).with_items().order_by("-pk")


class ReturnsOfOrderViewSet(_SeesReturns):
    """The returns of an order. Buyers request them, and staff with the permission do so too."""

    def get_permissions(self) -> list[Any]:
        """Require a permission to return the items of another buyer."""
        if self.action == "create":
            return [OwnOrStaffMay("orders.add_return", owner="user_id", guests=True)]
        return [AllowAny()]

    @describe(
        "List returns of order",
        answers={200: ReturnSerializer(many=True)},
        refuses=[*_TOKENS, OrderNotFound],
    )
    def list(self, request: Request, order_id: str) -> Response:
        """List the returns of an order, newest first."""
        returns = self.get_queryset().filter(order=self._order(order_id))
        return self.page_of(returns, serialize_return)

    @describe(
        "Request return",
        takes=ReturnRequestSerializer,
        answers={201: ReturnSerializer},
        refuses=[*_TOKENS, OrderNotFound, ItemNotInOrder, ReturnLimit, ReturnWindowClosed],
    )
    def create(self, request: Request, order_id: str) -> HttpResponseBase:
        """Ask to return units that were shipped, within the time that the shop allows.

        The time is RETURN_WINDOW_DAYS after the last arrival, or after the shipping if no arrival
        is recorded. It does not apply to staff, who may request a return for a buyer.
        """
        order = self._order(order_id)
        user = self.access.user

        def work() -> Response:
            form = read(ReturnRequestSerializer, request)
            units = units_of(form.pop("items"))
            return_id = services.request_return(
                order_id=order.pk,
                wish=Wish(units=units, **form),
                actor=user,
                at_any_time=user is not None and has_staff_permission(user, "orders.add_return"),
            )
            body = serialize_return(Return.objects.with_items().get(pk=return_id))
            headers = {"Location": f"/api/returns/{return_id}/"}
            return Response(body, status=201, headers=headers)

        return idempotent(request, work, guest=self.access.guest)

    def _order(self, order_id: str) -> Order:
        """Return the order. Raises OrderNotFound, and NotYours for staff who may only see it."""
        order = Order.objects.visible_to(self.access).filter(pk=order_id).first()
        if order is None:
            raise OrderNotFound
        self.check_object_permissions(self.request, order)
        return order


class ReturnViewSet(_SeesReturns):
    """The caller's returns. Staff with the permission see all, and decide about them."""

    permissions = {
        "approve": "orders.change_return",
        "reject": "orders.change_return",
        "receive": "orders.change_return",
        "close": "orders.change_return",
    }

    def get_permissions(self) -> list[Any]:
        """Let guests read the return of an order whose token they have."""
        return [AllowAny()] if self.action == "retrieve" else super().get_permissions()

    @describe(
        "List returns",
        answers={200: ReturnSerializer(many=True)},
        parameters=_PARAMETERS,
        refuses=_TOKENS,
    )
    def list(self, request: Request) -> Response:
        """Return a page of the returns that match the filters, newest first."""
        values = read_parameters(request.query_params, _PARAMETERS)
        lookups = {"order_id": "order_id", "status": "status__in"}
        filters = {lookups[name]: value for name, value in values.items()}
        return self.page_of(self.get_queryset().filter(**filters), serialize_return)

    @describe("Retrieve return", answers={200: ReturnSerializer}, refuses=_TOKENS)
    def retrieve(self, request: Request, pk: str) -> Response:
        """Return a return with its items."""
        return Response(serialize_return(self.get_object()))

    @describe(
        "Approve return",
        takes=ApproveReturnSerializer,
        answers={200: ReturnSerializer},
        refuses=[*_TOKENS, ReturnNotOpen],
    )
    @action(detail=True, methods=["post"])
    def approve(self, request: Request, pk: str) -> HttpResponseBase:
        """Approve a requested return. The buyer gets a message with the answer."""
        form = read(ApproveReturnSerializer, request)
        return self._do(
            lambda return_id: services.approve_return(
                return_id=return_id,
                actor=caller(request),
                resolution=form.get("resolution"),
                answer=form.get("answer", ""),
            )
        )

    @describe(
        "Reject return",
        takes=RejectReturnSerializer,
        answers={200: ReturnSerializer},
        refuses=[*_TOKENS, ReturnNotOpen],
    )
    @action(detail=True, methods=["post"])
    def reject(self, request: Request, pk: str) -> HttpResponseBase:
        """Reject a requested return. The buyer gets a message with the answer."""
        answer = read(RejectReturnSerializer, request).get("answer", "")
        return self._do(
            lambda return_id: services.reject_return(
                return_id=return_id, actor=caller(request), answer=answer
            )
        )

    @describe(
        "Receive return",
        takes=ReceiveReturnSerializer,
        answers={200: ReturnSerializer},
        refuses=[*_TOKENS, ReturnNotOpen, ItemNotInOrder, ReturnLimit],
    )
    @action(detail=True, methods=["post"])
    def receive(self, request: Request, pk: str) -> HttpResponseBase:
        """Record which units of an approved return have arrived, and return them to stock or not.

        Refund them by `POST /api/orders/{id}/refunds/` with the `return_id`.
        """
        form = read(ReceiveReturnSerializer, request)
        restock = form["restock"]
        rows = form.get("items")
        arrived = None
        if rows is not None:
            arrived = {
                row["product_id"]: Arrived(row["quantity"], row.get("restock", restock))
                for row in rows
            }
        return self._do(
            lambda return_id: services.receive_return(
                return_id=return_id, actor=caller(request), arrived=arrived, restock=restock
            )
        )

    @describe("Close return", answers={200: ReturnSerializer}, refuses=[*_TOKENS, ReturnNotOpen])
    @action(detail=True, methods=["post"])
    def close(self, request: Request, pk: str) -> HttpResponseBase:
        """Close an approved or received return, for example after a replacement was sent.

        A received return is closed by itself when its refund succeeds.
        """
        return self._do(
            lambda return_id: services.close_return(return_id=return_id, actor=caller(request))
        )

    def _do(self, step: Callable[[int], None]) -> HttpResponseBase:
        """Take a step of the return, once for each idempotency key; respond with the return."""

        def work() -> Response:
            row: Return = self.get_object()
            step(row.pk)
            return Response(serialize_return(self.get_queryset().get(pk=row.pk)))

        return idempotent(self.request, work)
