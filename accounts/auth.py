"""Who sends this request: the bearer token, checked against user and session in one statement."""

from typing import Any

from drf_spectacular.contrib.rest_framework_simplejwt import SimpleJWTScheme
from rest_framework.request import Request
from rest_framework_simplejwt.authentication import JWTAuthentication
from rest_framework_simplejwt.exceptions import TokenError
from rest_framework_simplejwt.tokens import AccessToken, Token

from accounts import tokens
from accounts.models import User
from shop.core.handlers import InvalidToken


class SessionJWTAuthentication(JWTAuthentication):
    """``Authorization: Bearer``; anything in the header that is no working token is a 401."""

    def authenticate(self, request: Request) -> tuple[User, Token] | None:
        """Return user and token, None without a header. Raises InvalidToken."""
        header = request.META.get("HTTP_AUTHORIZATION", "").split()
        if not header:
            return None
        if len(header) != 2 or header[0].lower() != "bearer":
            raise InvalidToken
        try:
            token = AccessToken(header[1].encode())  # type: ignore[arg-type]
        except (TokenError, UnicodeError):
            raise InvalidToken from None
        return self.get_user(token), token

    def get_user(self, validated_token: Any) -> User:
        """Return the token's user. Raises InvalidToken."""
        return tokens.user_of(validated_token)


class SessionJWTScheme(SimpleJWTScheme):  # type: ignore[no-untyped-call]
    """Describes the bearer token in OpenAPI."""

    target_class = SessionJWTAuthentication
    name = "bearer"
