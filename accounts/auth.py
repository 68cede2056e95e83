"""Who sends this request: the bearer token, checked against user and session in one statement."""

from functools import lru_cache
from typing import Any

from drf_spectacular.extensions import OpenApiAuthenticationExtension
from rest_framework.authentication import BaseAuthentication
from rest_framework.request import Request
from rest_framework_simplejwt.exceptions import TokenError
from rest_framework_simplejwt.tokens import AccessToken
from rest_framework_simplejwt.utils import aware_utcnow

from accounts import tokens
from accounts.models import User
from shop.core.handlers import InvalidToken


class SessionJWTAuthentication(BaseAuthentication):
    """``Authorization: Bearer``; anything in the header that is no working token is a 401."""

    def authenticate(self, request: Request) -> tuple[User, AccessToken] | None:
        """Return user and token, None without a header. Raises InvalidToken."""
        header = request.META.get("HTTP_AUTHORIZATION", "").split()
        if not header:
            return None
        if len(header) != 2 or header[0].lower() != "bearer":
            raise InvalidToken
        try:
            token = _verified(header[1].encode())
            token.check_exp(current_time=aware_utcnow())
        except (TokenError, UnicodeError):
            raise InvalidToken from None
        return tokens.user_of(token), token

    def authenticate_header(self, request: Request) -> str:
        """Say how to authenticate, so that DRF answers 401 and not 403."""
        return 'Bearer realm="api"'


@lru_cache(maxsize=4096)
def _verified(raw: bytes) -> AccessToken:
    """Return a token whose signature and claims are right, which all but ``exp`` are for good.

    The caller checks that one each time, and user and session in the database. Nobody changes what
    is returned. Raises TokenError, which is not kept.
    """
    return AccessToken(raw)  # type: ignore[arg-type]  # the stubs want a Token here


def caller(request: Request) -> User:
    """Return the user of a request whose permission asked for one."""
    if not isinstance(request.user, User):
        raise TypeError("the view lets the anonymous in")
    return request.user


class BearerScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    """Describes the bearer token in OpenAPI."""

    target_class = SessionJWTAuthentication  # class or dotted path
    name = "bearer"

    def get_security_definition(self, auto_schema: Any) -> dict[str, Any]:
        """Return the security scheme."""
        return {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}
