"""Endpoints of withdrawals: anybody declares one, and staff handle it."""

from typing import Any

from django.http.response import HttpResponseBase
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from rest_framework.decorators import action
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.addresses import fold_address
from accounts.auth import caller
from cart.guests import digest_of
from orders import services
from orders.errors import ReturnLimit, WithdrawalHandled, WithdrawalUnclear
from orders.models import Withdrawal, WithdrawalStatus
from orders.serializers.withdrawals import (
    DeclareWithdrawalSerializer,
    MessageOfWithdrawalSerializer,
    WithdrawalSerializer,
    serialize_withdrawal,
)
from orders.throttles import WithdrawalReceiptThrottle, WithdrawalThrottle
from shop.core.errors import PermissionMissing, TooManyRequests
from shop.core.idempotency import idempotent
from shop.core.openapi import describe
from shop.core.permissions import has_staff_permission
from shop.core.query import choice_parameter, id_parameter, read_parameters
from shop.core.viewsets import ShopViewSet, read

_PARAMETERS = [
    id_parameter("order_id", "The id of an order."),
    choice_parameter(
        "status", WithdrawalStatus.values, "A status. Repeat it to match any of several."
    ),
]
_RETURNS = "orders.change_return"
_LOOKUPS = {"order_id": "order_id", "status": "status__in"}


class WithdrawalViewSet(ShopViewSet):
    """Withdrawals from contracts. Consumers declare them without a login; staff handle them."""

    queryset = Withdrawal.objects.order_by("-pk")
    permission_classes = (AllowAny,)
    permissions = {
        "list": "orders.view_withdrawal",
        "handle": "orders.change_withdrawal",
        "accept": "orders.change_withdrawal",
    }
    serializer_class = WithdrawalSerializer
    plural = "withdrawals"

    def get_throttles(self) -> list[Any]:
        """Limit what one client declares, and the receipts for one e-mail address."""
        is_declared = self.action == "create"
        return [WithdrawalThrottle(), WithdrawalReceiptThrottle()] if is_declared else []

    @describe(
        "Declare withdrawal",
        takes=DeclareWithdrawalSerializer,
        answers={202: MessageOfWithdrawalSerializer},
        refuses=[TooManyRequests],
        audience="buyers",
    )
    def create(self, request: Request) -> HttpResponseBase:
        """Withdraw from the contract of an order, or of some of its items, without a login.

        The response is the same whether or not there is such an order. A receipt with what was
        declared, and when, is mailed to the address.
        """
        body = read(DeclareWithdrawalSerializer, request)

        def work() -> Response:
            services.declare_withdrawal(**body, language=get_language() or "")
            message = _("We have received your withdrawal. You will get a receipt by e-mail.")
            return Response({"message": message}, status=202)

        # Without a login, the key belongs to the address.
        return idempotent(request, work, guest=digest_of(fold_address(body["email"])))

    @describe(
        "List withdrawals", answers={200: WithdrawalSerializer(many=True)}, parameters=_PARAMETERS
    )
    def list(self, request: Request) -> Response:
        """Return a page of the withdrawals that match the filters, newest first."""
        values = read_parameters(request.query_params, _PARAMETERS)
        filters = {_LOOKUPS[name]: value for name, value in values.items()}
        return self.page_of(self.get_queryset().filter(**filters), serialize_withdrawal)

    @describe("Handle withdrawal", answers={200: WithdrawalSerializer}, refuses=[WithdrawalHandled])
    @action(detail=True, methods=["post"])
    def handle(self, request: Request, pk: str) -> HttpResponseBase:
        """Record that a withdrawal was handled. What follows, such as a return, is done there."""

        def work() -> Response:
            withdrawal: Withdrawal = self.get_object()
            services.handle_withdrawal(withdrawal_id=withdrawal.pk, actor=caller(request))
            return Response(serialize_withdrawal(self.get_queryset().get(pk=pk)))

        return idempotent(request, work)

    @describe(
        "Accept withdrawal",
        answers={200: WithdrawalSerializer},
        refuses=[WithdrawalHandled, WithdrawalUnclear, ReturnLimit],
    )
    @action(detail=True, methods=["post"])
    def accept(self, request: Request, pk: str) -> HttpResponseBase:
        """Accept a withdrawal as an approved return of the shipped units that it names.

        Without items it is about all shipped units. The withdrawal is handled then.
        """
        if not has_staff_permission(caller(request), _RETURNS):
            raise PermissionMissing(permission=_RETURNS)

        def work() -> Response:
            withdrawal: Withdrawal = self.get_object()
            services.accept_withdrawal(withdrawal_id=withdrawal.pk, actor=caller(request))
            return Response(serialize_withdrawal(self.get_queryset().get(pk=pk)))

        return idempotent(request, work)
