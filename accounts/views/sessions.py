"""Endpoints to log in and out, and to refresh tokens."""

from typing import cast

from django.http.response import HttpResponseBase
from django.utils.translation import gettext as _
from rest_framework.decorators import action
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework_simplejwt.tokens import AccessToken

from accounts import services, tokens
from accounts.auth import caller
from accounts.errors import InvalidCredentials
from accounts.serializers import (
    CredentialsSerializer,
    MessageSerializer,
    RefreshSerializer,
    TokenPairSerializer,
)
from accounts.sign_in import cart_token_of
from accounts.throttles import (
    LoginAccountThrottle,
    LoginAddressThrottle,
    RefreshThrottle,
)
from shop.core.handlers import InvalidToken
from shop.core.idempotency import idempotent
from shop.core.openapi import describe
from shop.core.viewsets import ShopViewSet, read


class LoginViewSet(ShopViewSet):
    """Log in."""

    authentication_classes = ()
    permission_classes = (AllowAny,)
    throttle_classes = (LoginAccountThrottle, LoginAddressThrottle)
    serializer_class = CredentialsSerializer

    @describe(
        "Log in",
        takes=CredentialsSerializer,
        answers={200: TokenPairSerializer},
        refuses=[InvalidCredentials],
        merges_cart=True,
    )
    def create(self, request: Request) -> Response:
        """Open a session. `username` may also be the e-mail address."""
        pair = services.log_in(
            **read(CredentialsSerializer, request), cart_token=cart_token_of(request)
        )
        for throttle in (LoginAccountThrottle(), LoginAddressThrottle()):
            throttle.forgive(request)  # only failed logins count
        return Response(TokenPairSerializer(pair).data)


class LogoutViewSet(ShopViewSet):
    """Log out, from this session or from all sessions."""

    serializer_class = MessageSerializer

    @describe("Log out", answers={200: MessageSerializer})
    def create(self, request: Request) -> HttpResponseBase:
        """End this session. Its access and refresh tokens are invalid from then on."""

        def work() -> Response:
            services.log_out(sid=cast("AccessToken", request.auth)["sid"])
            return Response({"message": _("You are logged out.")})

        return idempotent(request, work)

    @describe("Log out everywhere", answers={200: MessageSerializer})
    @action(detail=False, methods=["post"], url_path="all")
    def everywhere(self, request: Request) -> HttpResponseBase:
        """End all sessions of the caller, on all devices."""

        def work() -> Response:
            services.log_out_everywhere(user=caller(request))
            return Response({"message": _("You are logged out everywhere.")})

        return idempotent(request, work)


class TokenViewSet(ShopViewSet):
    """Exchange refresh tokens."""

    authentication_classes = ()
    permission_classes = (AllowAny,)
    throttle_classes = (RefreshThrottle,)
    serializer_class = RefreshSerializer

    @describe(
        "Refresh",
        takes=RefreshSerializer,
        answers={200: TokenPairSerializer},
        refuses=[InvalidToken],
    )
    @action(detail=False, methods=["post"])
    def refresh(self, request: Request) -> Response:
        """Exchange a refresh token for new tokens.

        A repeated request gets the same refresh token again for 30 seconds. After that, a refresh
        token that was used before ends its session.
        """
        pair = tokens.rotate(read(RefreshSerializer, request)["refresh"])
        return Response(TokenPairSerializer(pair).data)
