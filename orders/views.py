"""The verbs of orders: place, read, cancel."""

from typing import Any

from django.http.response import HttpResponseBase
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.auth import caller
from catalog.errors import OutOfStock, ProductUnavailable
from orders import services
from orders.errors import (
    CartEmpty,
    CartNotFound,
    CartNotOpen,
    IllegalTransition,
    TotalChanged,
    TotalLimit,
)
from orders.models import Order, OrderQuerySet
from orders.serializers import (
    OrderSerializer,
    PlacedOrderSerializer,
    PlaceOrderSerializer,
    show_order,
    show_placed,
)
from shop.core.idempotency import idempotent
from shop.core.openapi import describe
from shop.core.viewsets import ShopViewSet, read


class OrderViewSet(ShopViewSet):
    """One's own orders; staff read and cancel everyone's."""

    queryset = Order.objects.none()
    serializer_class = OrderSerializer
    plural = "orders"

    def get_queryset(self) -> OrderQuerySet:
        """What the caller may see, newest first."""
        return Order.objects.visible_to(caller(self.request)).order_by("-pk")

    @describe("List orders", answers={200: PlacedOrderSerializer(many=True)})
    def list(self, request: Request) -> Response:
        """Show a page of orders without items, newest first."""
        page = self.paginate_queryset(self.get_queryset())
        return self.get_paginated_response([show_placed(order) for order in page or ()])

    @describe("Retrieve order", answers={200: OrderSerializer})
    def retrieve(self, request: Request, pk: str) -> Response:
        """Show one order with items and events."""
        return Response(self._shown(pk))

    @describe(
        "Create order",
        takes=PlaceOrderSerializer,
        answers={201: PlacedOrderSerializer},
        refuses=[
            CartNotFound,
            CartEmpty,
            CartNotOpen,
            OutOfStock,
            ProductUnavailable,
            TotalChanged,
            TotalLimit,
        ],
    )
    def create(self, request: Request) -> HttpResponseBase:
        """Make an open cart an order and take its stock; one cart makes at most one order."""

        def work() -> Response:
            form = read(PlaceOrderSerializer, request)
            order = services.place_order(user=caller(request), **form)
            location = f"{request.path}{order.pk}/"
            return Response(show_placed(order), status=201, headers={"Location": location})

        return idempotent(request, work)

    @describe("Cancel order", answers={200: OrderSerializer}, refuses=[IllegalTransition])
    @action(detail=True, methods=["post"])
    def cancel(self, request: Request, pk: str) -> HttpResponseBase:
        """Cancel a pending or confirmed order, and return its stock."""

        def work() -> Response:
            order = self.get_object()
            services.cancel_order(order_id=order.pk, actor=caller(request), note="Order cancelled")
            return Response(self._shown(pk))

        return idempotent(request, work)

    def _shown(self, pk: str) -> dict[str, Any]:
        order = self.get_queryset().with_details().get(pk=pk)
        return show_order(order, reader=caller(self.request))
