"""Endpoints that change the money of an order with all of its payments."""

from functools import cached_property
from typing import Any

from django.http.response import HttpResponseBase
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.auth import caller
from orders.access import OrderAccess, access_of
from orders.errors import CancellationLimit, IllegalTransition, ItemNotInOrder
from orders.models import Order, OrderQuerySet
from orders.serializers import OrderSerializer
from orders.serializers.units import ItemsSerializer, units_of
from orders.views import order_body
from payments import gateways, services
from payments.errors import CardNumberRefused, GatewayBusy, PaymentInProgress
from payments.models import Refund
from payments.serializers.refunds import (
    OrderRefundsSerializer,
    RefundRequestSerializer,
    RefundSerializer,
    show_refund,
    show_refunds,
    wanted_of,
)
from payments.views.money import REFUND_ERRORS, TOKENS
from shop.core.idempotency import idempotent_steps
from shop.core.openapi import describe
from shop.core.permissions import has_staff_permission
from shop.core.viewsets import OwnOrStaffMay, ShopViewSet, read


class OrderMoneyViewSet(ShopViewSet):
    """What ``OrderViewSet`` cannot do, since it needs the payments of the order."""

    queryset = Order.objects.none()
    plural = "orders"
    serializer_class = OrderSerializer
    token_schemes = ("cart_token", "order_token")
    permissions = {"create_refund": "payments.add_refund"}

    def get_permissions(self) -> list[Any]:
        """Require a permission to cancel items of another buyer."""
        if self.action == "cancel_items":
            return [OwnOrStaffMay("orders.change_order", owner="user_id", guests=True)]
        return super().get_permissions()

    @cached_property
    def access(self) -> OrderAccess:
        """What the request gives access to. Raises 401 as ``access_of`` says."""
        return access_of(self.request)

    def get_queryset(self) -> OrderQuerySet:
        """Return the orders that the caller may see; all of them for staff who refund."""
        user = self.access.user
        if user is not None and has_staff_permission(user, "payments.add_refund"):
            return Order.objects.all()
        return Order.objects.visible_to(self.access)

    @describe(
        "Cancel items of order",
        takes=ItemsSerializer,
        answers={200: OrderSerializer},
        refuses=[
            *TOKENS,
            ItemNotInOrder,
            CancellationLimit,
            IllegalTransition,
            PaymentInProgress,
            GatewayBusy,
        ],
    )
    @action(detail=True, methods=["post"], url_path="cancel-items")
    def cancel_items(self, request: Request, pk: str) -> HttpResponseBase:
        """Cancel units that were not shipped: their stock returns, and what was paid for them.

        The total of the order does not change, but `amount_cancelled` does. If nothing is left of
        an unpaid order, the order is cancelled. Buyers may do so as long as they may cancel the
        order, and staff until the units are shipped.
        """
        order = self.get_object()
        units = units_of(read(ItemsSerializer, request)["items"])
        user = self.access.user

        def begin() -> int:
            row: Order = self.get_object()
            is_staff = user is not None and has_staff_permission(user, "orders.change_order")
            services.cancel_items(
                order_id=row.pk,
                units=units,
                actor=user,
                by_guest=user is None,
                by_buyer=not is_staff,
            )
            return row.pk

        def finish(order_id: int) -> Response:
            services.send_refunds_of_cancellations(order_id)
            return replay(order_id)

        def replay(order_id: int) -> Response:
            return Response(order_body(request, self.access, order.pk))

        with gateways.slot():
            return idempotent_steps(
                request, begin=begin, finish=finish, replay=replay, guest=self.access.guest
            )

    @describe(
        "List refunds of order",
        answers={200: RefundSerializer(many=True)},
        refuses=TOKENS,
    )
    @action(detail=True, plural="refunds")
    def refunds(self, request: Request, pk: str) -> Response:
        """List the refunds of all payments of an order, newest first."""
        order = self.get_object()
        refunds = Refund.objects.visible_to(caller(request)).filter(payment__order=order)
        refunds = refunds.select_related("payment").prefetch_related("items__item")
        return self.page_of(refunds.order_by("-pk"), show_refund)

    @describe(
        "Refund order",
        takes=RefundRequestSerializer,
        answers={201: OrderRefundsSerializer},
        refuses=[*TOKENS, CardNumberRefused, *REFUND_ERRORS],
    )
    @refunds.mapping.post
    def create_refund(self, request: Request, pk: str) -> HttpResponseBase:
        """Refund items, the shipping, an amount, or all that is left of an order.

        The newest payments are refunded first, each up to the captured amount.
        """
        form = read(RefundRequestSerializer, request)

        def begin() -> int:
            return services.begin_order_refund(
                order_id=self.get_object().pk, wanted=wanted_of(form), actor=caller(request)
            )

        def finish(refund_id: int) -> Response:
            for refund in services.refunds_of_request(refund_id):
                services.send_refund(refund)
            return replay(refund_id)

        def replay(refund_id: int) -> Response:
            refunds = services.refunds_of_request(refund_id)
            location = f"/api/orders/{refunds[0].payment.order_id}/refunds/"
            return Response(show_refunds(refunds), status=201, headers={"Location": location})

        with gateways.slot():
            return idempotent_steps(request, begin=begin, finish=finish, replay=replay)
