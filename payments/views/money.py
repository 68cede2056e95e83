"""What staff do with a payment's money: give it back, capture it, let it go, record it."""

from django.http.response import HttpResponseBase
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.auth import caller
from payments import gateways, services
from payments.errors import (
    AlreadyRestocked,
    CaptureLimit,
    GatewayBusy,
    NotRefundable,
    OrderNotPayable,
    PaymentNotOpen,
    RefundLimit,
)
from payments.models import Payment, Refund
from payments.serializers.payments import PaymentSerializer, show_payment
from payments.serializers.refunds import (
    CaptureSerializer,
    GiveBackSerializer,
    RefundSerializer,
    show_refund,
)
from shop.core.idempotency import idempotent, idempotent_steps
from shop.core.openapi import describe
from shop.core.viewsets import ShopViewSet, read

PERMISSIONS = {
    "give_back": "payments.add_refund",
    "capture": "payments.change_payment",
    "void": "payments.change_payment",
    "record": "payments.change_payment",
}


class MoneyViewSet(ShopViewSet):
    """The part of the payments' viewset that is for staff; its owner reads refunds."""

    @describe("List refunds", answers={200: RefundSerializer(many=True)})
    @action(detail=True, plural="refunds")
    def refunds(self, request: Request, pk: str) -> Response:
        """Show what of a payment went back or is on its way, newest first."""
        refunds = Refund.objects.visible_to(caller(request)).filter(payment=self.get_object())
        page = self.paginate_queryset(refunds.select_related("payment").order_by("-pk"))
        return self.get_paginated_response([show_refund(refund) for refund in page or ()])

    @describe(
        "Refund payment",
        takes=GiveBackSerializer,
        answers={201: RefundSerializer},
        refuses=[NotRefundable, RefundLimit, AlreadyRestocked, GatewayBusy],
    )
    @refunds.mapping.post
    def give_back(self, request: Request, pk: str) -> HttpResponseBase:
        """Give money back, all that is left or a part; never more than was captured."""
        form = read(GiveBackSerializer, request)

        def begin() -> int:
            return services.begin_refund(
                payment_id=self.get_object().pk,
                amount=form.get("amount"),
                reason=form.get("reason", ""),
                restock=form.get("restock", False),
                by_hand=form.get("by_hand", False),
                actor=caller(request),
            )

        def finish(refund_id: int) -> Response:
            return _created(services.send_refund(services.get_refund(refund_id)))

        def twin(refund_id: int) -> Response:
            return _created(services.get_refund(refund_id))

        with gateways.slot():
            return idempotent_steps(request, begin=begin, finish=finish, replay=twin)

    @describe(
        "Capture payment",
        takes=CaptureSerializer,
        answers={200: PaymentSerializer},
        refuses=[PaymentNotOpen, OrderNotPayable, CaptureLimit, GatewayBusy],
    )
    @action(detail=True, methods=["post"])
    def capture(self, request: Request, pk: str) -> HttpResponseBase:
        """Take the money that was authorised, or a part of it; the rest is let go."""
        wanted = read(CaptureSerializer, request).get("amount")

        def begin() -> int:
            payment: Payment = self.get_object()
            services.check_capture(payment=payment, amount=wanted)
            return payment.pk

        def finish(payment_id: int) -> Response:
            payment: Payment = self.get_queryset().get(pk=payment_id)
            amount = payment.amount if wanted is None else wanted
            return _shown(
                services.capture_payment(payment=payment, amount=amount, actor=caller(request))
            )

        with gateways.slot():
            return idempotent_steps(request, begin=begin, finish=finish, replay=self._stored)

    @describe(
        "Void payment",
        answers={200: PaymentSerializer},
        refuses=[PaymentNotOpen, GatewayBusy],
    )
    @action(detail=True, methods=["post"])
    def void(self, request: Request, pk: str) -> HttpResponseBase:
        """Let go of the money that was authorised; the order stays as it is."""

        def begin() -> int:
            payment: Payment = self.get_object()
            services.check_authorised(payment, "voided")
            return payment.pk

        def finish(payment_id: int) -> Response:
            payment: Payment = self.get_queryset().get(pk=payment_id)
            return _shown(services.void_payment(payment=payment, actor=caller(request)))

        with gateways.slot():
            return idempotent_steps(request, begin=begin, finish=finish, replay=self._stored)

    @describe(
        "Record payment",
        answers={200: PaymentSerializer},
        refuses=[PaymentNotOpen, OrderNotPayable],
    )
    @action(detail=True, methods=["post"])
    def record(self, request: Request, pk: str) -> HttpResponseBase:
        """Record money that came by hand or by bank; the ledger says who did, and when."""

        def work() -> Response:
            payment = self.get_object()
            recorded = services.record_manual_payment(payment_id=payment.pk, actor=caller(request))
            return Response(show_payment(recorded))

        return idempotent(request, work)

    def _stored(self, payment_id: int) -> Response:
        return _shown(self.get_queryset().get(pk=payment_id))


def _created(refund: Refund) -> Response:
    location = f"/api/payments/{refund.payment_id}/refunds/"
    return Response(show_refund(refund), status=201, headers={"Location": location})


def _shown(payment: Payment) -> Response:
    return Response(show_payment(payment))
