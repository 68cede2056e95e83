"""The verbs of accounts: log in and out, refresh, register, look at oneself."""

from typing import Any, cast

from django.db.models import QuerySet
from django.http.response import HttpResponseBase
from rest_framework.decorators import action
from rest_framework.permissions import AllowAny, IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework_simplejwt.tokens import AccessToken

from accounts import services, tokens
from accounts.auth import caller
from accounts.errors import EmailTaken, InvalidCredentials, UsernameTaken
from accounts.models import User
from accounts.serializers import (
    CredentialsSerializer,
    MessageSerializer,
    RefreshSerializer,
    RegistrationSerializer,
    TokenPairSerializer,
    UserSerializer,
)
from accounts.throttles import (
    LoginAccountThrottle,
    LoginAddressThrottle,
    RefreshThrottle,
    RegistrationThrottle,
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
    )
    def create(self, request: Request) -> Response:
        """Open a session; an e-mail address serves as username too."""
        pair = services.log_in(**read(CredentialsSerializer, request))
        for throttle in (LoginAccountThrottle(), LoginAddressThrottle()):
            throttle.forgive(request)  # failures alone are limited
        return Response(TokenPairSerializer(pair).data)


class LogoutViewSet(ShopViewSet):
    """Log out, here or everywhere."""

    serializer_class = MessageSerializer

    @describe("Log out", answers={200: MessageSerializer})
    def create(self, request: Request) -> HttpResponseBase:
        """End this login: its access and refresh tokens are dead from now on."""

        def work() -> Response:
            services.log_out(sid=cast("AccessToken", request.auth)["sid"])
            return Response({"message": "You are logged out."})

        return idempotent(request, work)

    @describe("Log out everywhere", answers={200: MessageSerializer})
    @action(detail=False, methods=["post"], url_path="all")
    def everywhere(self, request: Request) -> HttpResponseBase:
        """End every login of the caller, on all devices."""

        def work() -> Response:
            services.log_out_everywhere(user=caller(request))
            return Response({"message": "You are logged out everywhere."})

        return idempotent(request, work)


class TokenViewSet(ShopViewSet):
    """Refresh."""

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
        """Spend a refresh token for a new pair; each works once."""
        pair = tokens.rotate(read(RefreshSerializer, request)["refresh"])
        return Response(TokenPairSerializer(pair).data)


class UserViewSet(ShopViewSet):
    """Register, and look at oneself."""

    serializer_class = UserSerializer
    queryset = User.objects.none()

    def get_authenticators(self) -> list[Any]:
        """Registration ignores an ``Authorization`` header."""
        if self.request is not None and self.request.method == "POST":
            return []
        return super().get_authenticators()

    def get_permissions(self) -> list[Any]:
        """Anyone may register."""
        return [AllowAny() if self.action == "create" else IsAuthenticated()]

    def get_throttles(self) -> list[Any]:
        """Registration alone is limited."""
        return [RegistrationThrottle()] if self.action == "create" else []

    def get_queryset(self) -> QuerySet[User]:
        """Oneself; everyone for staff."""
        return User.objects.visible_to(caller(self.request))

    @describe(
        "Register",
        takes=RegistrationSerializer,
        answers={201: UserSerializer},
        refuses=[UsernameTaken, EmailTaken],
    )
    def create(self, request: Request) -> Response:
        """Create a customer."""
        user = services.register(**read(RegistrationSerializer, request))
        location = f"{request.path}{user.pk}/"
        return Response(UserSerializer(user).data, status=201, headers={"Location": location})

    @describe("Retrieve user", answers={200: UserSerializer})
    def retrieve(self, request: Request, pk: str) -> Response:
        """Show a user: oneself, or anyone to staff."""
        return Response(UserSerializer(self.get_object()).data)

    @describe("Retrieve oneself", answers={200: UserSerializer})
    @action(detail=False)
    def me(self, request: Request) -> Response:
        """Show the caller."""
        return Response(UserSerializer(caller(request)).data)
