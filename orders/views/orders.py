"""Endpoints to place, read and cancel orders."""

from dataclasses import replace
from functools import cached_property
from typing import Any

from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.utils.translation import gettext as _
from rest_framework.decorators import action
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response

from cart.errors import CartTokenInvalid
from cart.guests import Buyer, buyer_of, guest_without_cart
from cart.problems import (
    AddressIncomplete,
    EmailMissing,
    ShippingMethodUnavailable,
    VoucherNotApplicable,
    serialize_problem,
)
from cart.serializers.bodies import serialize_cart
from cart.serializers.responses import CartSerializer, OpenedCartSerializer
from cart.throttles import count_new_cart
from catalog.errors import OutOfStock, ProductUnavailable
from catalog.stock.errors import StockLimit
from orders import services
from orders.access import OrderAccess, access_of
from orders.errors import (
    AmountsWouldChange,
    CartEmpty,
    CartNotFound,
    CartNotOpen,
    HeldUnitsLimit,
    IllegalTransition,
    OpenOrderLimit,
    OrderNotChangeable,
    OrderTokenInvalid,
    TotalChanged,
    TotalLimit,
)
from orders.models import Order, OrderQuerySet
from orders.parameters import LIST_PARAMETERS, apply_parameters
from orders.payments import payments_of
from orders.reads import details_of
from orders.serializers import (
    LookUpOrderSerializer,
    MessageOfLookUpSerializer,
    OrderSerializer,
    PlacedOrderSerializer,
    PlaceOrderSerializer,
    serialize_order,
    serialize_summary,
)
from orders.serializers.contact import ChangeOrderSerializer
from orders.serializers.customers import customers_of
from orders.throttles import LookUpThrottle, check_guest_orders
from shop.core.errors import PermissionMissing, TooManyRequests, Unauthorized
from shop.core.idempotency import idempotent
from shop.core.links import origin_of
from shop.core.openapi import describe
from shop.core.permissions import has_staff_permission
from shop.core.query import read_parameters
from shop.core.renderers import respond
from shop.core.viewsets import OwnOrStaffMay, ShopViewSet, read

PLACING_ERRORS = [
    CartNotFound,
    CartEmpty,
    EmailMissing,
    AddressIncomplete,
    ShippingMethodUnavailable,
    VoucherNotApplicable,
    OpenOrderLimit,
    HeldUnitsLimit,
    OutOfStock,
    StockLimit,
    ProductUnavailable,
    TotalChanged,
    TotalLimit,
]
"""Why a cart cannot be ordered."""

_FOR_GUESTS = frozenset({"retrieve", "create", "reorder", "lookup"})
_CHANGE = "orders.change_order"
_TOKENS = [Unauthorized, CartTokenInvalid, OrderTokenInvalid]


class OrderViewSet(ShopViewSet):
    """The caller's orders. Staff with the permissions read and cancel all orders.

    A guest's order is that of the cart whose token the guest has. A link in an e-mail has a token
    for one order.
    """

    queryset = Order.objects.none()
    serializer_class = OrderSerializer
    plural = "orders"
    token_schemes = ("cart_token", "order_token")
    permissions = {"confirm": "orders.change_order"}

    def get_permissions(self) -> list[Any]:
        """Require a permission to change or cancel the order of another buyer."""
        if self.action in {"cancel", "partial_update"}:
            return [OwnOrStaffMay(_CHANGE, owner="user_id", guests=True)]
        return [AllowAny()] if self.action in _FOR_GUESTS else super().get_permissions()

    def get_throttles(self) -> list[Any]:
        """Limit the links that are asked for."""
        return [LookUpThrottle()] if self.action == "lookup" else []

    @cached_property
    def access(self) -> OrderAccess:
        """What the request gives access to. Raises 401 as ``access_of`` says."""
        return access_of(self.request, reads=self.action in {"retrieve", "reorder"})

    def get_queryset(self) -> OrderQuerySet:
        """Return the orders that the caller may see, newest first."""
        return Order.objects.visible_to(self.access).order_by("-pk")

    @describe(
        "List orders",
        answers={200: PlacedOrderSerializer(many=True)},
        parameters=LIST_PARAMETERS,
        refuses=_TOKENS,
    )
    def list(self, request: Request) -> Response:
        """Return a page of the orders that match the filters, without items and events."""
        values = read_parameters(request.query_params, LIST_PARAMETERS)
        orders = apply_parameters(self.get_queryset(), values).with_database_time()
        page = self.paginate_queryset(orders) or []
        payments = payments_of([order.pk for order in page])
        customers = customers_of(page, self.access.user)
        return self.get_paginated_response(
            [
                {
                    **serialize_summary(order, payments.get(order.pk, ())),
                    **customers.get(order.pk, {}),
                }
                for order in page
            ]
        )

    @describe("Retrieve order", answers={200: OrderSerializer}, refuses=_TOKENS)
    def retrieve(self, request: Request, pk: str) -> Response:
        """Return an order with its items and events."""
        return Response(self._response_body(pk))

    @describe(
        "Create order",
        takes=PlaceOrderSerializer,
        answers={201: PlacedOrderSerializer},
        refuses=[CartTokenInvalid, Unauthorized, CartNotOpen, *PLACING_ERRORS],
        audience="buyers",
    )
    def create(self, request: Request) -> HttpResponseBase:
        """Turn an open cart into an order, and take its units from stock."""

        def work() -> HttpResponse:
            body = read(PlaceOrderSerializer, request)
            order = services.place_order(buyer=buyer, **body)
            location = f"{request.path}{order.pk}/"
            return respond(serialize_summary(order), status=201, headers={"Location": location})

        buyer = buyer_of(request)
        if buyer.user is None:
            check_guest_orders(request)
        return idempotent(request, work, guest=buyer.guest)

    @describe(
        "Change order",
        takes=ChangeOrderSerializer,
        answers={200: OrderSerializer},
        refuses=[OrderNotChangeable, AmountsWouldChange, *_TOKENS],
    )
    def partial_update(self, request: Request, pk: str) -> Response:
        """Change addresses or contact of an order. Its amounts do not change.

        Buyers may do so while the order is pending, staff until a part of it is shipped.
        """
        changes = read(ChangeOrderSerializer, request)
        order, user = self.get_object(), self.access.user
        is_staff = user is not None and has_staff_permission(user, _CHANGE)
        if "email" in changes and not is_staff:
            raise PermissionMissing(permission=_CHANGE)
        services.change_contact(
            order_id=order.pk,
            changes=changes,
            actor=user,
            by_guest=user is None,
            is_late=is_staff,
        )
        return Response(self._response_body(pk))

    @describe("Cancel order", answers={200: OrderSerializer}, refuses=[IllegalTransition, *_TOKENS])
    @action(detail=True, methods=["post"])
    def cancel(self, request: Request, pk: str) -> HttpResponseBase:
        """Cancel a pending or confirmed order, and return its units to stock."""

        def work() -> Response:
            order = self.get_object()
            user = self.access.user
            services.cancel_order(
                order_id=order.pk, actor=user, by_guest=user is None, note="Order cancelled"
            )
            return Response(self._response_body(pk))

        if self.access.user is None or self.access.user.is_staff:
            self.get_object()  # a stored response needs the permission too
        return idempotent(request, work, guest=self.access.guest)

    @describe(
        "Confirm order", answers={200: OrderSerializer}, refuses=[IllegalTransition, *_TOKENS]
    )
    @action(detail=True, methods=["post"])
    def confirm(self, request: Request, pk: str) -> HttpResponseBase:
        """Confirm a pending order, so that it can be shipped before it is paid. For staff."""
        order = self.get_object()

        def work() -> Response:
            services.confirm_order(
                order_id=order.pk, actor=self.access.user, note="Confirmed by staff"
            )
            return Response(self._response_body(pk))

        return idempotent(request, work)

    @describe(
        "Reorder",
        answers={200: CartSerializer, 201: OpenedCartSerializer},
        refuses=[*_TOKENS, TooManyRequests],
        audience="buyers",
    )
    @action(detail=True, methods=["post"])
    def reorder(self, request: Request, pk: str) -> HttpResponseBase:
        """Set the open cart to at least the quantities of an order. Return the cart.

        Doing it twice has the same result as once. What could not be put into the cart is in its
        `problems` too. A guest gets a new cart (201), whose `cart_token` is in this response only.
        """
        order = self.get_object()
        user = self.access.user
        if user is not None:
            buyer = replace(guest_without_cart(request), user=user)
            return idempotent(request, lambda: _reorder(request, order, buyer))
        count_new_cart(request)
        return _reorder(request, order, guest_without_cart(request))

    @describe(
        "Look up order",
        takes=LookUpOrderSerializer,
        answers={202: MessageOfLookUpSerializer},
        refuses=[TooManyRequests],
        audience="buyers",
        holds_secret=True,  # a key would belong to nobody
    )
    @action(detail=False, methods=["post"], pagination_class=None)
    def lookup(self, request: Request) -> Response:
        """Send a link to an order to its e-mail address. The response is always the same."""
        services.request_link(**read(LookUpOrderSerializer, request))
        message = _("If there is such an order, a link was sent to its address.")
        return Response({"message": message}, status=202)

    def _response_body(self, pk: str) -> dict[str, Any]:
        return order_body(self.request, self.access, int(pk))


def order_body(request: Request, access: OrderAccess, order_id: int) -> dict[str, Any]:
    """Return the response body of an order for whom the request gives ``access`` to it."""
    order = Order.objects.visible_to(access).with_database_time().get(pk=order_id)
    payments = payments_of([order.pk]).get(order.pk, ())
    body = serialize_order(
        details_of(order), payments, reader=access.user, origin=origin_of(request)
    )
    return {**body, **customers_of([order], access.user).get(order.pk, {})}


def _reorder(request: Request, order: Order, buyer: Buyer) -> Response:
    result = services.reorder(order=order, buyer=buyer)
    body = serialize_cart(result.cart, request)
    known = {(each["code"], str(each.get("product_id"))) for each in body["problems"]}
    for problem in map(serialize_problem, result.problems):
        if (problem["code"], str(problem.get("product_id"))) not in known:
            body["problems"].append({**problem, "blocking": False})
    if not result.opened.is_new:
        return Response(body)
    if result.opened.token is not None:
        body["cart_token"] = result.opened.token
    return Response(body, status=201, headers={"Location": "/api/cart/"})
