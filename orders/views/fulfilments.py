"""Endpoints with which staff ship orders, and record what became of it."""

from django.http.response import HttpResponseBase
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.auth import caller
from orders import services
from orders.errors import (
    FulfilmentLimit,
    FulfilmentNotFound,
    FulfilmentNotOpen,
    IllegalTransition,
    ItemNotInOrder,
    OrderNotFound,
    PaymentNotCaptured,
    ShippingHeld,
    UnitsReturned,
)
from orders.models import Fulfilment, Order
from orders.payments import slot_for_capturing, stage_of
from orders.reads import fulfilments_of
from orders.serializers.fulfilments import (
    FulfilmentSerializer,
    FulfilSerializer,
    serialize_fulfilment,
)
from orders.serializers.units import units_of
from orders.services import Tracking
from shop.core.idempotency import idempotent, idempotent_steps
from shop.core.openapi import describe
from shop.core.permissions import sees_all
from shop.core.viewsets import ShopViewSet, read

_PERMISSION = "orders.change_order"


class FulfilmentViewSet(ShopViewSet):
    """The fulfilments of an order, which the body of the order lists. Only staff write them."""

    queryset = Fulfilment.objects.none()
    serializer_class = FulfilmentSerializer
    pagination_class = None
    permissions = {"create": _PERMISSION, "deliver": _PERMISSION, "cancel": _PERMISSION}

    @describe(
        "Create fulfilment",
        takes=FulfilSerializer,
        answers={201: FulfilmentSerializer},
        refuses=[
            OrderNotFound,
            ItemNotInOrder,
            FulfilmentLimit,
            IllegalTransition,
            ShippingHeld,
            PaymentNotCaptured,
        ],
    )
    def create(self, request: Request, order_id: str) -> HttpResponseBase:
        """Ship units of an order, or all that are left.

        An authorised payment is captured before: what the units cost, or all of it if the payment
        method captures only once. If that fails, nothing is shipped.
        """
        body = read(FulfilSerializer, request)
        self._check_order(order_id)
        items = body.pop("items", None)

        def begin() -> int:
            return services.begin_fulfilment(
                order_id=int(order_id),
                actor=caller(request),
                units=None if items is None else units_of(items),
                tracking=Tracking(**body),
            )

        def finish(fulfilment_id: int) -> Response:
            services.finish_fulfilment(fulfilment_id)
            return self._created(fulfilment_id)

        with slot_for_capturing(int(order_id)):
            return idempotent_steps(request, begin=begin, finish=finish, replay=self._created)

    @describe(
        "Deliver fulfilment",
        answers={200: FulfilmentSerializer},
        refuses=[FulfilmentNotFound, FulfilmentNotOpen],
    )
    @action(detail=True, methods=["post"])
    def deliver(self, request: Request, order_id: str, pk: str) -> HttpResponseBase:
        """Record that a fulfilment has arrived."""
        self._find(order_id, pk)

        def work() -> Response:
            services.deliver_fulfilment(fulfilment_id=int(pk), actor=caller(request))
            return Response(self._body(int(pk)))

        return idempotent(request, work)

    @describe(
        "Cancel fulfilment",
        answers={200: FulfilmentSerializer},
        refuses=[FulfilmentNotFound, FulfilmentNotOpen, UnitsReturned],
    )
    @action(detail=True, methods=["post"])
    def cancel(self, request: Request, order_id: str, pk: str) -> HttpResponseBase:
        """Cancel a fulfilment that did not leave. Its units can be shipped again.

        Money that was captured stays with the order.
        """
        self._find(order_id, pk)

        def work() -> Response:
            services.cancel_fulfilment(fulfilment_id=int(pk), actor=caller(request))
            return Response(self._body(int(pk)))

        return idempotent(request, work)

    def _check_order(self, order_id: str) -> None:
        if not Order.objects.visible_to(caller(self.request)).filter(pk=order_id).exists():
            raise OrderNotFound

    def _find(self, order_id: str, pk: str) -> None:
        orders = Order.objects.visible_to(caller(self.request))
        if not Fulfilment.objects.filter(pk=pk, order_id=int(order_id), order__in=orders).exists():
            raise FulfilmentNotFound

    def _created(self, fulfilment_id: int) -> Response:
        """Return the response. Raises PaymentNotCaptured if the fulfilment was deleted."""
        if not Fulfilment.objects.filter(pk=fulfilment_id).exists():
            raise PaymentNotCaptured(payment_status=stage_of(int(self.kwargs["order_id"])))
        location = f"{self.request.path}{fulfilment_id}/"
        return Response(self._body(fulfilment_id), status=201, headers={"Location": location})

    def _body(self, fulfilment_id: int) -> dict[str, object]:
        order_id = services.get_fulfilment(fulfilment_id).order_id
        found = {each.fulfilment.pk: each for each in fulfilments_of(order_id)}
        sees_names = sees_all(caller(self.request), "orders.order")
        return serialize_fulfilment(found[fulfilment_id], sees_names=sees_names)
