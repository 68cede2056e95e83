"""Endpoints with which staff refund, capture, void and record payments."""

from django.http.response import HttpResponseBase
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.auth import caller
from cart.errors import CartTokenInvalid
from orders.errors import ItemNotInOrder, OrderTokenInvalid, ReturnNotOpen
from payments import gateways, services
from payments.errors import (
    AlreadyRestocked,
    AmountMismatch,
    CaptureLimit,
    CardNumberRefused,
    GatewayBusy,
    OrderNotPayable,
    PaymentNotManual,
    PaymentNotOpen,
    PaymentNotRefundable,
    RefundLimit,
    RefundUnitsLimit,
    ReturnNotInOrder,
)
from payments.models import Payment, Refund
from payments.serializers.payments import PaymentSerializer, show_payment
from payments.serializers.refunds import (
    CaptureSerializer,
    RecordSerializer,
    RefundRequestSerializer,
    RefundSerializer,
    show_refund,
    wanted_of,
)
from shop.core.errors import Unauthorized
from shop.core.idempotency import idempotent, idempotent_steps
from shop.core.openapi import describe
from shop.core.viewsets import ShopViewSet, read

REFUND_ERRORS = [
    ItemNotInOrder,
    ReturnNotInOrder,
    ReturnNotOpen,
    PaymentNotRefundable,
    RefundLimit,
    RefundUnitsLimit,
    AlreadyRestocked,
    GatewayBusy,
]
"""Why money cannot be refunded."""

TOKENS = [Unauthorized, CartTokenInvalid, OrderTokenInvalid]
"""Refusals of a token that is sent with a request, also of one that does not need it."""


class MoneyViewSet(ShopViewSet):
    """The staff actions of ``PaymentViewSet``, and the list of refunds, which buyers read too."""

    permissions = {
        "create_refund": "payments.add_refund",
        "capture": "payments.change_payment",
        "void": "payments.change_payment",
        "record": "payments.change_payment",
    }

    @describe("List refunds", answers={200: RefundSerializer(many=True)}, refuses=TOKENS)
    @action(detail=True, plural="refunds")
    def refunds(self, request: Request, pk: str) -> Response:
        """List the refunds of a payment, newest first."""
        refunds = Refund.objects.visible_to(caller(request)).filter(payment=self.get_object())
        refunds = refunds.select_related("payment").prefetch_related("items__item")
        return self.page_of(refunds.order_by("-pk"), show_refund)

    @describe(
        "Refund payment",
        takes=RefundRequestSerializer,
        answers={201: RefundSerializer},
        refuses=[*TOKENS, CardNumberRefused, *REFUND_ERRORS],
    )
    @refunds.mapping.post
    def create_refund(self, request: Request, pk: str) -> HttpResponseBase:
        """Refund all that is left of a payment, or a part, up to the captured amount."""
        form = read(RefundRequestSerializer, request)

        def begin() -> int:
            return services.begin_payment_refund(
                payment_id=self.get_object().pk, wanted=wanted_of(form), actor=caller(request)
            )

        def finish(refund_id: int) -> Response:
            return _created(services.send_refund(services.get_refund(refund_id)))

        def replay(refund_id: int) -> Response:
            return _created(services.get_refund(refund_id))

        with gateways.slot():
            return idempotent_steps(request, begin=begin, finish=finish, replay=replay)

    @describe(
        "Capture payment",
        takes=CaptureSerializer,
        answers={200: PaymentSerializer},
        refuses=[
            *TOKENS,
            CardNumberRefused,
            PaymentNotOpen,
            OrderNotPayable,
            CaptureLimit,
            GatewayBusy,
        ],
    )
    @action(detail=True, methods=["post"])
    def capture(self, request: Request, pk: str) -> HttpResponseBase:
        """Capture what is due of the authorised amount, or a part of it.

        The rest is released, unless the method has `multiple_captures`.
        """
        wanted = read(CaptureSerializer, request).get("amount")

        def begin() -> int:
            payment: Payment = self.get_object()
            services.check_capture(payment=payment, amount=wanted)
            return payment.pk

        def finish(payment_id: int) -> Response:
            payment: Payment = self.get_queryset().get(pk=payment_id)
            amount = services.check_capture(payment=payment, amount=wanted)
            return _response(
                services.capture_payment(payment=payment, amount=amount, actor=caller(request))
            )

        with gateways.slot():
            return idempotent_steps(request, begin=begin, finish=finish, replay=self._replay)

    @describe(
        "Void payment",
        answers={200: PaymentSerializer},
        refuses=[*TOKENS, CardNumberRefused, PaymentNotOpen, GatewayBusy],
    )
    @action(detail=True, methods=["post"])
    def void(self, request: Request, pk: str) -> HttpResponseBase:
        """Void an authorised payment, or the rest of one. The order keeps its status."""

        def begin() -> int:
            payment: Payment = self.get_object()
            services.check_authorised(payment, "voided")
            return payment.pk

        def finish(payment_id: int) -> Response:
            payment: Payment = self.get_queryset().get(pk=payment_id)
            return _response(services.void_payment(payment=payment, actor=caller(request)))

        with gateways.slot():
            return idempotent_steps(request, begin=begin, finish=finish, replay=self._replay)

    @describe(
        "Record payment",
        takes=RecordSerializer,
        answers={200: PaymentSerializer},
        refuses=[
            *TOKENS,
            CardNumberRefused,
            PaymentNotOpen,
            PaymentNotManual,
            OrderNotPayable,
            AmountMismatch,
        ],
    )
    @action(detail=True, methods=["post"])
    def record(self, request: Request, pk: str) -> HttpResponseBase:
        """Record money that arrived in cash or by bank transfer. The ledger stores the caller."""
        amount = read(RecordSerializer, request).get("amount")

        def record_money() -> Response:
            payment = self.get_object()
            return _response(
                services.record_manual_payment(
                    payment_id=payment.pk, actor=caller(request), amount=amount
                )
            )

        return idempotent(request, record_money)

    def _replay(self, payment_id: int) -> Response:
        """Return the response to a duplicate request: the payment as it is stored now."""
        return _response(self.get_queryset().get(pk=payment_id))


def _created(refund: Refund) -> Response:
    location = f"/api/payments/{refund.payment_id}/refunds/"
    return Response(show_refund(refund), status=201, headers={"Location": location})


def _response(payment: Payment) -> Response:
    return Response(show_payment(payment))
