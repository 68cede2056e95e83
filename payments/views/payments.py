"""Endpoints with which buyers pay, and read, confirm and cancel their payments."""

from collections.abc import Callable
from functools import cached_property
from typing import Any

from django.http import HttpResponse
from django.http.response import HttpResponseBase
from rest_framework.decorators import action
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response

from orders.access import OrderAccess, access_of
from payments import gateways, services
from payments.cards import refuse_card_numbers
from payments.declines import check_declines, count_decline
from payments.errors import (
    CardNumberRefused,
    GatewayBusy,
    MethodAmountLimit,
    MethodNotConfigured,
    OrderExpired,
    OrderNotFound,
    OrderNotPayable,
    PaymentAmountLimit,
    PaymentInProgress,
    PaymentNotCancellable,
    PaymentNotConfirmable,
    PaymentNotOpen,
    TooManyDeclines,
)
from payments.methods import offered_methods
from payments.models import Payment, PaymentQuerySet, PaymentStatus
from payments.parameters import LIST_PARAMETERS, apply_parameters
from payments.serializers.payments import (
    BegunPaymentSerializer,
    PaymentMethodsSerializer,
    PaymentSerializer,
    PayOrderSerializer,
    show_begun,
    show_payment,
)
from payments.views.money import TOKENS, MoneyViewSet
from shop.core.idempotency import idempotent_steps
from shop.core.openapi import describe
from shop.core.query import read_parameters
from shop.core.renderers import respond
from shop.core.shop_languages import LANGUAGE, declare, shop_language_of
from shop.core.viewsets import OwnOrStaffMay, has_body, read

_FOR_GUESTS = frozenset({"retrieve", "create"})


class PaymentViewSet(MoneyViewSet):
    """Payments of the caller's own orders, or of all orders for staff with the permission.

    A guest's order is that of the cart whose token the guest has. A link in an e-mail has a token
    for one order.
    """

    queryset = Payment.objects.none()
    serializer_class = PaymentSerializer
    plural = "payments"
    token_schemes = ("cart_token", "order_token")

    def get_permissions(self) -> list[Any]:
        """Anyone may list the methods. Payments of other buyers need a permission."""
        if self.action == "methods":
            return [AllowAny()]
        if self.action in {"confirm", "cancel"}:
            owner = "order.user_id"
            return [OwnOrStaffMay("payments.change_payment", owner=owner, guests=True)]
        return [AllowAny()] if self.action in _FOR_GUESTS else super().get_permissions()

    @cached_property
    def access(self) -> OrderAccess:
        """What the request gives access to. Raises 401 as ``access_of`` says."""
        return access_of(self.request, reads=self.action == "retrieve")

    def check_request(self, request: Request) -> None:
        """Refuse every request whose body contains a card number, before any error names it."""
        if has_body(request):
            refuse_card_numbers(request.data)
        super().check_request(request)

    def get_queryset(self) -> PaymentQuerySet:
        """Return the payments that the caller may see, newest first."""
        return Payment.objects.visible_to(self.access).order_by("-pk")

    @describe(
        "List payments",
        answers={200: PaymentSerializer(many=True)},
        parameters=LIST_PARAMETERS,
        refuses=TOKENS,
    )
    def list(self, request: Request) -> Response:
        """List the payments that match the filters."""
        values = read_parameters(request.query_params, LIST_PARAMETERS)
        return self.page_of(apply_parameters(self.get_queryset(), values), show_payment)

    @describe("Retrieve payment", answers={200: BegunPaymentSerializer}, refuses=TOKENS)
    def retrieve(self, request: Request, pk: str) -> Response:
        """Return one payment.

        While its buyer has to act, the provider is asked: the payment is as the provider says, and
        has the secret that the buyer needs to continue. Staff do not get it.
        """
        payment: Payment = self.get_object()
        if payment.status == PaymentStatus.REQUIRES_ACTION and self._is_own(payment):
            payment = self._ask_provider(payment)
        return Response(show_begun(payment))

    def _is_own(self, payment: Payment) -> bool:
        own = self.access.orders("order__")
        return Payment.objects.filter(own, pk=payment.pk).exists()

    def _ask_provider(self, payment: Payment) -> Payment:
        """Return the payment as its gateway knows it, or as it is stored if no slot is free."""
        try:
            with gateways.slot(payment.method):
                return services.refresh_payment(payment=payment)
        except GatewayBusy:
            return payment

    @describe(
        "Process payment",
        takes=PayOrderSerializer,
        answers={201: BegunPaymentSerializer},
        refuses=[
            *TOKENS,
            MethodNotConfigured,
            CardNumberRefused,
            OrderNotFound,
            PaymentInProgress,
            PaymentAmountLimit,
            OrderNotPayable,
            OrderExpired,
            MethodAmountLimit,
            TooManyDeclines,
            GatewayBusy,
        ],
        audience="buyers",
    )
    def create(self, request: Request) -> HttpResponseBase:
        """Pay your own order or a part of it.

        A declined card is a 201 with `failed`; the order stays payable. The payments of an order
        never exceed what is due.
        """
        access = self.access
        form = read(PayOrderSerializer, request)
        services.check_method(form["payment_method"])

        new_payments: dict[int, Payment] = {}

        def begin() -> int:
            if not gateways.registered()[form["payment_method"]].recorded_by_staff:
                check_declines(request, access, form["order_id"])
            payment = services.begin_payment(
                access=access,
                order_id=form["order_id"],
                method=form["payment_method"],
                amount=form.get("amount"),
                return_url=form.get("return_url", ""),
            )
            new_payments[payment.pk] = payment
            return payment.pk

        def finish(payment_id: int) -> HttpResponse:
            token = form.get("payment_token", "")
            payment = services.charge(payment=new_payments[payment_id], token=token)
            count_decline(request, access, payment)
            return _created(request, payment)

        def replay(payment_id: int) -> HttpResponse:
            payment = self.get_queryset().get(pk=payment_id)
            return _created(request, services.refresh_payment(payment=payment))

        with gateways.slot(form["payment_method"]):
            return idempotent_steps(
                request, begin=begin, finish=finish, replay=replay, guest=access.guest
            )

    @describe(
        "Confirm payment",
        answers={200: PaymentSerializer},
        refuses=[
            *TOKENS,
            CardNumberRefused,
            PaymentNotOpen,
            PaymentNotConfirmable,
            OrderNotPayable,
            OrderExpired,
            GatewayBusy,
        ],
    )
    @action(detail=True, methods=["post"])
    def confirm(self, request: Request, pk: str) -> HttpResponseBase:
        """Continue a payment after the buyer completed the required action."""
        return self._run_step(services.check_confirmation, services.confirm_payment)

    @describe(
        "Cancel payment",
        answers={200: PaymentSerializer},
        refuses=[
            *TOKENS,
            CardNumberRefused,
            PaymentNotOpen,
            PaymentNotCancellable,
            GatewayBusy,
        ],
    )
    @action(detail=True, methods=["post"])
    def cancel(self, request: Request, pk: str) -> HttpResponseBase:
        """Cancel an open payment. Its order stays payable."""
        return self._run_step(services.check_cancellation, services.cancel_payment)

    @describe(
        "List payment methods",
        answers={200: PaymentMethodsSerializer},
        headers=["Content-Language"],
        parameters=[LANGUAGE],
        audience="buyers",
    )
    @action(detail=False, pagination_class=None)
    def methods(self, request: Request) -> Response:
        """List the available payment methods."""
        language = shop_language_of(request)
        methods = [
            {"code": method.code, "name": method.name_in(language)} for method in offered_methods()
        ]
        return declare(Response({"payment_methods": methods}), request, language)

    def _run_step(
        self, check: Callable[..., None], step: Callable[..., Payment]
    ) -> HttpResponseBase:
        """Run ``step`` on a payment of the caller. A duplicate request gets the stored payment.

        ``check`` comes before the key is stored, so that a duplicate of a refused request is
        refused too.
        """

        def replay(payment_id: int) -> Response:
            return Response(show_payment(self.get_queryset().get(pk=payment_id)))

        def finish(payment_id: int) -> Response:
            payment = step(payment=self.get_queryset().get(pk=payment_id))
            count_decline(self.request, self.access, payment)
            return Response(show_payment(payment))

        def begin() -> int:
            payment: Payment = self.get_object()
            check(payment=payment)
            return payment.pk

        with gateways.slot():
            return idempotent_steps(
                self.request, begin=begin, finish=finish, replay=replay, guest=self.access.guest
            )


def _created(request: Request, payment: Payment) -> HttpResponse:
    location = f"{request.path}{payment.pk}/"
    return respond(show_begun(payment), status=201, headers={"Location": location})
