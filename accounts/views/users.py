"""Endpoints to register, and to read and change users."""

from typing import Any

from django.db.models import QuerySet
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from rest_framework.decorators import action
from rest_framework.permissions import AllowAny, IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response

from accounts import services
from accounts.auth import caller
from accounts.errors import EmailTaken, StaffKept, UsernameTaken, WrongPassword
from accounts.models import User
from accounts.serializers import (
    DeletionSerializer,
    MessageSerializer,
    NewEmailSerializer,
    NewPasswordSerializer,
    ProfileSerializer,
    RegisteredSerializer,
    RegistrationSerializer,
    TokenPairSerializer,
    UserSerializer,
)
from accounts.sign_in import cart_token_of
from accounts.throttles import (
    EmailChangeThrottle,
    NewEmailThrottle,
    OwnPasswordThrottle,
    RegistrationAttemptThrottle,
    RegistrationThrottle,
)
from shop.core.openapi import describe
from shop.core.shop_languages import choose_buyer_language
from shop.core.throttling import CountingThrottle
from shop.core.viewsets import ShopViewSet, read

_THROTTLES: dict[str | None, tuple[type[CountingThrottle], ...]] = {
    "create": (RegistrationAttemptThrottle, RegistrationThrottle),
    "password": (OwnPasswordThrottle,),
    "email": (OwnPasswordThrottle, EmailChangeThrottle, NewEmailThrottle),
    "delete_me": (OwnPasswordThrottle,),
}
"""The limits of each action."""


class UserViewSet(ShopViewSet):
    """Register, and read users."""

    serializer_class = UserSerializer
    queryset = User.objects.none()

    def get_authenticators(self) -> list[Any]:
        """Return none for registration, which ignores an ``Authorization`` header."""
        if self.asked_action == "create":
            return []
        return super().get_authenticators()

    def get_permissions(self) -> list[Any]:
        """Allow anyone to register, and signed-in users to read."""
        return [AllowAny() if self.action == "create" else IsAuthenticated()]

    def get_throttles(self) -> list[Any]:
        """Limit registrations and wrong passwords."""
        return [throttle() for throttle in _THROTTLES.get(self.action, ())]

    def get_queryset(self) -> QuerySet[User]:
        """Return the users that the caller may see."""
        return User.objects.visible_to(caller(self.request))

    @describe(
        "Register",
        takes=RegistrationSerializer,
        answers={201: RegisteredSerializer},
        refuses=[UsernameTaken, EmailTaken],
        merges_cart=True,
        audience="buyers",
    )
    def create(self, request: Request) -> Response:
        """Create a customer. With `login` the response contains the tokens of a login too."""
        with RegistrationThrottle().counting_valid_bodies(request):
            accepted = choose_buyer_language(request.META.get("HTTP_ACCEPT_LANGUAGE", ""))
            body = {"language": accepted, **read(RegistrationSerializer, request)}
            user, pair = services.register(**body, cart_token=cart_token_of(request))
        answer = dict(UserSerializer(user).data)
        if pair is not None:
            answer |= TokenPairSerializer(pair).data
        location = f"{request.path}{user.pk}/"
        return Response(answer, status=201, headers={"Location": location})

    @describe("Retrieve user", answers={200: UserSerializer})
    def retrieve(self, request: Request, pk: str) -> Response:
        """Return a user. Only staff with the permission may read other users."""
        return Response(UserSerializer(self.get_object()).data)

    @describe("Retrieve oneself", answers={200: UserSerializer})
    @action(detail=False)
    def me(self, request: Request) -> Response:
        """Return the caller."""
        return Response(UserSerializer(caller(request)).data)

    @describe(
        "Change oneself",
        takes=ProfileSerializer,
        answers={200: UserSerializer},
        audience="buyers",
    )
    @me.mapping.patch
    def change_me(self, request: Request) -> Response:
        """Change names, phone, language and metadata of the caller. What is absent stays."""
        changes = read(ProfileSerializer, request)
        user = services.change_profile(user=caller(request), changes=changes)
        return Response(UserSerializer(user).data)

    @describe(
        "Delete oneself",
        takes=DeletionSerializer,
        answers={204: None},
        refuses=[WrongPassword, StaffKept],
        audience="buyers",
    )
    @me.mapping.delete
    def delete_me(self, request: Request) -> Response:
        """Delete the account of the caller, with its carts and addresses. Orders are kept.

        It needs the password. Wrong passwords count as failed logins. All sessions end, and
        username and e-mail address can be registered again.
        """
        with OwnPasswordThrottle().counting_wrong_passwords(request):
            body = read(DeletionSerializer, request)
            services.delete_account(user=caller(request), **body)
        return Response(status=204)

    @describe(
        "Change the password",
        takes=NewPasswordSerializer,
        answers={200: TokenPairSerializer},
        refuses=[WrongPassword],
        holds_secret=True,
    )
    @action(detail=False, methods=["post"], url_path="me/password")
    def password(self, request: Request) -> Response:
        """Set a new password. It ends all sessions, and the response has the tokens of a new one.

        Wrong passwords count as failed logins. If no response arrives, log in.
        """
        with OwnPasswordThrottle().counting_wrong_passwords(request):
            body = read(NewPasswordSerializer, request)
            pair = services.change_password(user=caller(request), **body)
        return Response(TokenPairSerializer(pair).data)

    @describe(
        "Change the e-mail address",
        takes=NewEmailSerializer,
        answers={202: MessageSerializer},
        refuses=[WrongPassword],
        holds_secret=True,  # the password in the body: no digest of it is stored
        audience="buyers",
    )
    @action(detail=False, methods=["post"], url_path="me/email")
    def email(self, request: Request) -> Response:
        """Send a link to another address. The response is the same whether or not it is taken.

        The account gets the address when the token of the link is sent to
        `POST /api/users/verify-email/confirm/`; the old address is notified. Until then nothing
        changes, and only the last link is valid. Wrong passwords count as failed logins.
        """
        with OwnPasswordThrottle().counting_wrong_passwords(request):
            body = read(NewEmailSerializer, request)
            services.request_email_change(
                user=caller(request), **body, language=get_language() or ""
            )
        return Response({"message": _("A link was sent to the new address.")}, status=202)
