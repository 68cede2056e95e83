"""Endpoints to place, read and cancel orders."""

from typing import Any

from django.http.response import HttpResponseBase
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.auth import caller
from cart.problems import (
    AddressIncomplete,
    EmailMissing,
    ShippingMethodUnavailable,
    VoucherNotApplicable,
)
from catalog.errors import OutOfStock, ProductUnavailable
from catalog.stock.errors import StockLimit
from orders import services
from orders.errors import (
    CartEmpty,
    CartNotFound,
    CartNotOpen,
    HeldUnitsLimit,
    IllegalTransition,
    OpenOrderLimit,
    TotalChanged,
    TotalLimit,
)
from orders.models import Order, OrderQuerySet
from orders.parameters import LIST_PARAMETERS, apply_parameters
from orders.serializers import (
    OrderSerializer,
    PlacedOrderSerializer,
    PlaceOrderSerializer,
    serialize_order,
    serialize_summary,
)
from shop.core.idempotency import idempotent
from shop.core.openapi import describe
from shop.core.query import read_parameters
from shop.core.viewsets import OwnOrStaffMay, ShopViewSet, read


class OrderViewSet(ShopViewSet):
    """The caller's orders. Staff with the permissions read and cancel all orders."""

    queryset = Order.objects.none()
    serializer_class = OrderSerializer
    plural = "orders"

    def get_permissions(self) -> list[Any]:
        """Require a permission to cancel the order of another buyer."""
        if self.action == "cancel":
            return [OwnOrStaffMay("orders.change_order", owner="user_id")]
        return super().get_permissions()

    def get_queryset(self) -> OrderQuerySet:
        """Return the orders that the caller may see, newest first."""
        return Order.objects.visible_to(caller(self.request)).order_by("-pk")

    @describe(
        "List orders",
        answers={200: PlacedOrderSerializer(many=True)},
        parameters=LIST_PARAMETERS,
    )
    def list(self, request: Request) -> Response:
        """Return a page of the orders that match the filters, without items and events."""
        values = read_parameters(request.query_params, LIST_PARAMETERS)
        page = self.paginate_queryset(apply_parameters(self.get_queryset(), values))
        return self.get_paginated_response([serialize_summary(order) for order in page or ()])

    @describe("Retrieve order", answers={200: OrderSerializer})
    def retrieve(self, request: Request, pk: str) -> Response:
        """Return an order with its items and events."""
        return Response(self._response_body(pk))

    @describe(
        "Create order",
        takes=PlaceOrderSerializer,
        answers={201: PlacedOrderSerializer},
        refuses=[
            CartNotFound,
            CartEmpty,
            CartNotOpen,
            OpenOrderLimit,
            HeldUnitsLimit,
            OutOfStock,
            StockLimit,
            ProductUnavailable,
            TotalChanged,
            TotalLimit,
            EmailMissing,
            AddressIncomplete,
            VoucherNotApplicable,
            ShippingMethodUnavailable,
        ],
        audience="buyers",
    )
    def create(self, request: Request) -> HttpResponseBase:
        """Turn an open cart into an order, and take its units from stock."""

        def work() -> Response:
            body = read(PlaceOrderSerializer, request)
            order = services.place_order(user=caller(request), **body)
            location = f"{request.path}{order.pk}/"
            return Response(serialize_summary(order), status=201, headers={"Location": location})

        return idempotent(request, work)

    @describe("Cancel order", answers={200: OrderSerializer}, refuses=[IllegalTransition])
    @action(detail=True, methods=["post"])
    def cancel(self, request: Request, pk: str) -> HttpResponseBase:
        """Cancel a pending or confirmed order, and return its units to stock."""

        def work() -> Response:
            order = self.get_object()
            services.cancel_order(order_id=order.pk, actor=caller(request), note="Order cancelled")
            return Response(self._response_body(pk))

        if caller(request).is_staff:
            self.get_object()  # a stored response needs the permission too
        return idempotent(request, work)

    def _response_body(self, pk: str) -> dict[str, Any]:
        order = self.get_queryset().with_details().get(pk=pk)
        return serialize_order(order, reader=caller(self.request))
