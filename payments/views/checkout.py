"""The endpoint that orders a cart and pays the order."""

from contextlib import AbstractContextManager, nullcontext
from typing import Any

from django.http import HttpResponse
from django.http.response import HttpResponseBase
from drf_spectacular.utils import extend_schema_serializer
from rest_framework.permissions import AllowAny
from rest_framework.request import Request

from cart.errors import CartTokenInvalid
from cart.guests import buyer_of
from orders.access import OrderAccess
from orders.payments import payments_of
from orders.reads import details_of, read_order
from orders.serializers import OrderSerializer, serialize_order
from orders.throttles import check_guest_orders
from orders.views import PLACING_ERRORS
from payments import gateways, services
from payments.cards import refuse_card_numbers
from payments.declines import check_declines, count_decline
from payments.errors import (
    CardNumberRefused,
    GatewayBusy,
    MethodAmountLimit,
    MethodNotConfigured,
    OrderExpired,
    OrderNotPayable,
    TooManyDeclines,
)
from payments.models import Payment
from payments.serializers.fields import ReturnUrlField
from payments.serializers.payments import (
    METHOD_LENGTH,
    TOKEN_LENGTH,
    BegunPaymentSerializer,
    show_begun,
)
from payments.services import CheckedOut
from shop.core.errors import Unauthorized
from shop.core.fields import AmountField, IdField, StrictStr
from shop.core.idempotency import idempotent_steps
from shop.core.links import origin_of
from shop.core.money import ZERO
from shop.core.openapi import describe, example
from shop.core.renderers import respond
from shop.core.serializers import RequestSerializer
from shop.core.viewsets import ShopViewSet, has_body, read


@extend_schema_serializer(
    examples=[example({"cart_id": 5, "expected_total": "52.90", "payment_method": "card"})]
)
class CheckoutSerializer(RequestSerializer):
    """The cart to order, the total that the buyer saw, and how they pay."""

    cart_id = IdField()
    expected_total = AmountField(
        help_text="The total that the buyer saw, with the fee of the payment method. The order is "
        "refused if the total is another."
    )
    payment_method = StrictStr(
        max_length=METHOD_LENGTH,
        required=False,
        allow_null=True,
        help_text="A code of `payment_methods` in the cart. Required if the total is above 0.",
    )
    payment_token = StrictStr(
        max_length=TOKEN_LENGTH,
        required=False,
        help_text="The token that the provider's form returned, as for POST /api/payments/.",
    )
    return_url = ReturnUrlField(required=False)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Raise ValidationError without a payment method, unless nothing is to pay."""
        if not attrs.get("payment_method") and attrs["expected_total"] > ZERO:
            raise self.required_error("payment_method")
        return attrs


class CheckedOutSerializer(OrderSerializer):
    """The order, with the payment that the request began or found."""

    payment = BegunPaymentSerializer(
        allow_null=True, help_text="Null for an order that costs nothing."
    )


class CheckoutViewSet(ShopViewSet):
    """Orders the open cart of the caller, a user or a guest, and pays the order."""

    permission_classes = (AllowAny,)
    token_schemes = ("cart_token",)
    serializer_class = CheckedOutSerializer
    pagination_class = None

    def check_request(self, request: Request) -> None:
        """Refuse every request whose body contains a card number, before any error names it."""
        if has_body(request):
            refuse_card_numbers(request.data)
        super().check_request(request)

    @describe(
        "Check out",
        takes=CheckoutSerializer,
        answers={200: CheckedOutSerializer, 201: CheckedOutSerializer},
        refuses=[
            CartTokenInvalid,
            Unauthorized,
            MethodNotConfigured,
            CardNumberRefused,
            *PLACING_ERRORS,
            MethodAmountLimit,
            OrderNotPayable,
            OrderExpired,
            TooManyDeclines,
            GatewayBusy,
        ],
        audience="buyers",
    )
    def create(self, request: Request) -> HttpResponseBase:
        """Order a cart and pay the order. A declined card is a 201 with a payment that `failed`.

        Sending it again is safe, also without a key. While a payment is in progress and after the
        order was paid, the response is a 200 with both as they are. After a failed payment the
        next one begins.
        """
        buyer = buyer_of(request)
        access = OrderAccess(buyer)
        form = read(CheckoutSerializer, request)
        method = form.get("payment_method")
        slot = nullcontext() if method is None else _slot(method)
        if buyer.user is None:
            check_guest_orders(request)
        done: dict[int, CheckedOut] = {}

        def check(order_id: int | None) -> None:
            if method and not gateways.registered()[method].recorded_by_staff:
                check_declines(request, access, order_id)

        def begin() -> int:
            result = services.check_out(
                buyer=buyer,
                cart_id=form["cart_id"],
                expected_total=form["expected_total"],
                method=method,
                before_payment=check,
                return_url=form.get("return_url", ""),
            )
            done[result.order.pk] = result
            return result.order.pk

        def finish(order_id: int) -> HttpResponse:
            result, payment = done[order_id], done[order_id].payment
            if payment is not None and result.is_new_payment:
                token = form.get("payment_token", "")
                payment = services.charge(payment=payment, token=token)
                count_decline(request, access, payment)
            elif payment is not None:
                payment = services.refresh_payment(payment=payment)
            is_new = result.is_new_order or result.is_new_payment
            return self._respond(access, order_id, payment, status=201 if is_new else 200)

        def replay(order_id: int) -> HttpResponse:
            payment = Payment.objects.filter(order_id=order_id).order_by("-pk").first()
            if payment is not None:
                payment = services.refresh_payment(payment=payment)
            return self._respond(access, order_id, payment, status=201)

        with slot:
            return idempotent_steps(
                request, begin=begin, finish=finish, replay=replay, guest=access.guest
            )

    def _respond(
        self, access: OrderAccess, order_id: int, payment: Payment | None, *, status: int
    ) -> HttpResponse:
        order = details_of(read_order(order_id))
        payments = payments_of([order_id]).get(order_id, ())
        origin = origin_of(self.request)
        body: dict[str, Any] = serialize_order(order, payments, reader=access.user, origin=origin)
        begun = None if payment is None else show_begun(payment)
        headers = {"Location": f"/api/orders/{order_id}/"}
        return respond({**body, "payment": begun}, status=status, headers=headers)


def _slot(method: str) -> AbstractContextManager[None]:
    """Return the slot of a payment method's gateway. Raises MethodNotConfigured."""
    services.check_method(method)
    return gateways.slot(method)
