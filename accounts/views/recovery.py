"""Endpoints for links in mails: a new password, and the verification of an address."""

from typing import Any

from django.http.response import HttpResponseBase
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from rest_framework.decorators import action
from rest_framework.permissions import AllowAny, IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response

from accounts import services
from accounts.auth import caller
from accounts.errors import EmailAlreadyVerified, EmailTaken, LinkInvalid
from accounts.serializers import (
    AddressOfAccountSerializer,
    LinkTokenSerializer,
    MessageSerializer,
    PasswordResetSerializer,
    TokenPairSerializer,
)
from accounts.sign_in import cart_token_of
from accounts.throttles import (
    LinkThrottle,
    ResetAccountThrottle,
    ResetAddressThrottle,
    VerificationThrottle,
)
from shop.core.idempotency import idempotent
from shop.core.openapi import describe
from shop.core.viewsets import ShopViewSet, read


class PasswordResetViewSet(ShopViewSet):
    """Choose a new password by a link."""

    authentication_classes = ()
    permission_classes = (AllowAny,)
    serializer_class = AddressOfAccountSerializer

    def get_throttles(self) -> list[Any]:
        """Limit the mails, and the tokens that are tried."""
        if self.action == "confirm":
            return [LinkThrottle()]
        return [ResetAddressThrottle(), ResetAccountThrottle()]

    @describe(
        "Ask for a new password",
        takes=AddressOfAccountSerializer,
        answers={202: MessageSerializer},
        audience="buyers",
    )
    def create(self, request: Request) -> Response:
        """Send a link to the address, if it has an account. The response is always the same."""
        body = read(AddressOfAccountSerializer, request)
        services.request_password_reset(**body, language=get_language() or "")
        return Response(
            {"message": _("If this address has an account, a link was sent to it.")}, status=202
        )

    @describe(
        "Choose a new password",
        takes=PasswordResetSerializer,
        answers={200: TokenPairSerializer},
        refuses=[LinkInvalid],
        merges_cart=True,
        audience="buyers",
    )
    @action(detail=False, methods=["post"])
    def confirm(self, request: Request) -> Response:
        """Set a new password with the token of a link. It ends all sessions of the account.

        The response contains the tokens of a new session. The address is verified by this too. If
        no response arrives, log in with the new password.
        """
        body = read(PasswordResetSerializer, request)
        pair = services.reset_password(**body, cart_token=cart_token_of(request))
        return Response(TokenPairSerializer(pair).data)


class EmailVerificationViewSet(ShopViewSet):
    """Verify the e-mail address of an account."""

    serializer_class = LinkTokenSerializer

    def get_authenticators(self) -> list[Any]:
        """Return none for a token: the link may be opened on another device."""
        return [] if self.asked_action == "confirm" else super().get_authenticators()

    def get_permissions(self) -> list[Any]:
        """Allow anyone who has a token."""
        return [AllowAny() if self.action == "confirm" else IsAuthenticated()]

    def get_throttles(self) -> list[Any]:
        """Limit the mails, and the tokens that are tried."""
        return [LinkThrottle() if self.action == "confirm" else VerificationThrottle()]

    @describe(
        "Ask for verification",
        answers={202: MessageSerializer},
        refuses=[EmailAlreadyVerified],
        audience="buyers",
    )
    def create(self, request: Request) -> HttpResponseBase:
        """Send a link to the address of the caller."""

        def work() -> Response:
            services.request_verification(user=caller(request), language=get_language() or "")
            return Response({"message": _("A link was sent to your address.")}, status=202)

        return idempotent(request, work)

    @describe(
        "Verify an address",
        takes=LinkTokenSerializer,
        answers={200: MessageSerializer},
        refuses=[LinkInvalid, EmailTaken],
        audience="buyers",
    )
    @action(detail=False, methods=["post"])
    def confirm(self, request: Request) -> Response:
        """Verify the address with the token of a link, also another address of an account.

        Orders that were placed with this address and without an account join the account.
        """
        services.verify_email(**read(LinkTokenSerializer, request))
        return Response({"message": _("Your e-mail address is verified.")})
