"""Endpoints to log in and out, to refresh tokens, and to register and read users."""

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
    RegisteredSerializer,
    RegistrationSerializer,
    TokenPairSerializer,
    UserSerializer,
)
from accounts.sign_in import CART_TOKEN
from accounts.throttles import (
    LoginAccountThrottle,
    LoginAddressThrottle,
    RefreshThrottle,
    RegistrationAttemptThrottle,
    RegistrationThrottle,
)
from shop.core.handlers import InvalidToken
from shop.core.idempotency import idempotent
from shop.core.openapi import describe
from shop.core.viewsets import ShopViewSet, read


def _cart_token_of(request: Request) -> str:
    return str(request.META.get(CART_TOKEN, ""))


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
        """Open a session. `username` may also be the e-mail address."""
        pair = services.log_in(
            **read(CredentialsSerializer, request), cart_token=_cart_token_of(request)
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
            return Response({"message": "You are logged out."})

        return idempotent(request, work)

    @describe("Log out everywhere", answers={200: MessageSerializer})
    @action(detail=False, methods=["post"], url_path="all")
    def everywhere(self, request: Request) -> HttpResponseBase:
        """End all sessions of the caller, on all devices."""

        def work() -> Response:
            services.log_out_everywhere(user=caller(request))
            return Response({"message": "You are logged out everywhere."})

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


class UserViewSet(ShopViewSet):
    """Register, and read users."""

    serializer_class = UserSerializer
    queryset = User.objects.none()

    def get_authenticators(self) -> list[Any]:
        """Return none for registration, which ignores an ``Authorization`` header."""
        if self.request is not None and self.request.method == "POST":
            return []
        return super().get_authenticators()

    def get_permissions(self) -> list[Any]:
        """Allow anyone to register, and signed-in users to read."""
        return [AllowAny() if self.action == "create" else IsAuthenticated()]

    def get_throttles(self) -> list[Any]:
        """Limit registrations only."""
        if self.action != "create":
            return []
        return [RegistrationAttemptThrottle(), RegistrationThrottle()]

    def get_queryset(self) -> QuerySet[User]:
        """Return the users that the caller may see."""
        return User.objects.visible_to(caller(self.request))

    @describe(
        "Register",
        takes=RegistrationSerializer,
        answers={201: RegisteredSerializer},
        refuses=[UsernameTaken, EmailTaken],
        audience="buyers",
    )
    def create(self, request: Request) -> Response:
        """Create a customer. With `login` the response contains the tokens of a login too."""
        with RegistrationThrottle().counting_valid_bodies(request):
            user, pair = services.register(
                **read(RegistrationSerializer, request), cart_token=_cart_token_of(request)
            )
        body = dict(UserSerializer(user).data)
        if pair is not None:
            body |= TokenPairSerializer(pair).data
        location = f"{request.path}{user.pk}/"
        return Response(body, status=201, headers={"Location": location})

    @describe("Retrieve user", answers={200: UserSerializer})
    def retrieve(self, request: Request, pk: str) -> Response:
        """Return a user. Only staff with the permission may read other users."""
        return Response(UserSerializer(self.get_object()).data)

    @describe("Retrieve oneself", answers={200: UserSerializer})
    @action(detail=False)
    def me(self, request: Request) -> Response:
        """Return the caller."""
        return Response(UserSerializer(caller(request)).data)
