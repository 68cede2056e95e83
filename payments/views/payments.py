"""The verbs of payments: pay, look, confirm, cancel."""

from collections.abc import Callable
from typing import Any

from django.db.models import QuerySet
from django.http.response import HttpResponseBase
from rest_framework.decorators import action
from rest_framework.permissions import AllowAny, IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.auth import caller
from payments import gateways, services
from payments.cards import refuse_card_numbers
from payments.errors import (
    CancelTheOrder,
    CardNumberRefused,
    GatewayBusy,
    MethodNotConfigured,
    OnlyStaffRecord,
    OrderExpired,
    OrderNotFound,
    OrderNotPayable,
    PaymentInProgress,
    PaymentNotOpen,
)
from payments.models import Payment
from payments.serializers.payments import (
    BegunPaymentSerializer,
    PaymentMethodsSerializer,
    PaymentSerializer,
    PayOrderSerializer,
    show_begun,
    show_payment,
)
from payments.views.money import PERMISSIONS, MoneyViewSet
from shop.core.idempotency import idempotent_steps
from shop.core.openapi import describe
from shop.core.viewsets import StaffMay, read


class PaymentViewSet(MoneyViewSet):
    """Payments of one's own orders; staff read everyone's."""

    queryset = Payment.objects.none()
    serializer_class = PaymentSerializer
    plural = "payments"

    def get_permissions(self) -> list[Any]:
        """How one can pay is public; moving money is for staff who may."""
        needed = PERMISSIONS.get(self.action or "")
        if needed:
            return [StaffMay(needed)]
        return [AllowAny() if self.action == "methods" else IsAuthenticated()]

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Refuse a body that holds a card number, whoever sends it and whatever for."""
        super().initial(request, *args, **kwargs)
        if request.method == "POST":
            refuse_card_numbers(request.data)

    def get_queryset(self) -> QuerySet[Payment]:
        """What the caller may see, newest first."""
        return Payment.objects.visible_to(caller(self.request)).order_by("-pk")

    @describe("List payments", answers={200: PaymentSerializer(many=True)})
    def list(self, request: Request) -> Response:
        """Show a page of payments, newest first."""
        page = self.paginate_queryset(self.get_queryset())
        return self.get_paginated_response([show_payment(payment) for payment in page or ()])

    @describe("Retrieve payment", answers={200: PaymentSerializer})
    def retrieve(self, request: Request, pk: str) -> Response:
        """Show one payment."""
        return Response(show_payment(self.get_object()))

    @describe(
        "Process payment",
        takes=PayOrderSerializer,
        answers={201: BegunPaymentSerializer},
        refuses=[
            MethodNotConfigured,
            CardNumberRefused,
            OrderNotFound,
            PaymentInProgress,
            OrderNotPayable,
            OrderExpired,
            GatewayBusy,
        ],
    )
    def create(self, request: Request) -> HttpResponseBase:
        """Pay one's own order; a declined card is a 201 with `failed`, and can be tried again."""
        form = read(PayOrderSerializer, request)
        services.check_method(form["payment_method"])

        begun: dict[int, Payment] = {}

        def begin() -> int:
            payment = services.begin_payment(
                user=caller(request), order_id=form["order_id"], method=form["payment_method"]
            )
            begun[payment.pk] = payment
            return payment.pk

        def finish(payment_id: int) -> Response:
            token = form.get("payment_token", "")
            return _created(request, services.charge(payment=begun[payment_id], token=token))

        def twin(payment_id: int) -> Response:
            payment = self.get_queryset().get(pk=payment_id)
            return _created(request, services.refresh_payment(payment=payment))

        with gateways.slot(form["payment_method"]):
            return idempotent_steps(request, begin=begin, finish=finish, replay=twin)

    @describe(
        "Confirm payment",
        answers={200: PaymentSerializer},
        refuses=[PaymentNotOpen, OnlyStaffRecord, OrderNotPayable, OrderExpired, GatewayBusy],
    )
    @action(detail=True, methods=["post"])
    def confirm(self, request: Request, pk: str) -> HttpResponseBase:
        """Go on after the customer did what `requires_action` asked for."""
        return self._step(services.confirm_payment)

    @describe(
        "Cancel payment",
        answers={200: PaymentSerializer},
        refuses=[PaymentNotOpen, CancelTheOrder, GatewayBusy],
    )
    @action(detail=True, methods=["post"])
    def cancel(self, request: Request, pk: str) -> HttpResponseBase:
        """Give an open payment up; its order stays payable."""
        return self._step(services.cancel_payment)

    @describe("List payment methods", answers={200: PaymentMethodsSerializer})
    @action(detail=False, pagination_class=None)
    def methods(self, request: Request) -> Response:
        """Show the configured ways to pay."""
        methods = [
            {"code": gateway.code, "name": gateway.name} for gateway in gateways.enabled().values()
        ]
        return Response({"payment_methods": methods})

    def _step(self, step: Callable[..., Payment]) -> HttpResponseBase:
        """Take one step of a payment that the caller may see; a twin sees where it led."""

        def shown(payment_id: int) -> Response:
            return Response(show_payment(self.get_queryset().get(pk=payment_id)))

        def finish(payment_id: int) -> Response:
            payment = self.get_queryset().get(pk=payment_id)
            return Response(show_payment(step(payment=payment)))

        def begin() -> int:
            payment_id: int = self.get_object().pk
            return payment_id

        with gateways.slot():
            return idempotent_steps(self.request, begin=begin, finish=finish, replay=shown)


def _created(request: Request, payment: Payment) -> Response:
    location = f"{request.path}{payment.pk}/"
    return Response(show_begun(payment), status=201, headers={"Location": location})
