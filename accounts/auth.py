"""Authentication by bearer token, which reads user and session in one statement."""

from functools import lru_cache
from time import time
from typing import Any, NamedTuple

from drf_spectacular.extensions import OpenApiAuthenticationExtension
from rest_framework.authentication import BaseAuthentication
from rest_framework.request import Request

from accounts import tokens
from accounts.errors import BearerExpected
from accounts.models import User
from accounts.tokens import ShopAccessToken
from shop.core import tracing
from shop.core.handlers import InvalidToken
from shop.core.idempotency import idempotency_key_of, note_duplicate
from shop.core.languages import prefer_language


class SessionJWTAuthentication(BaseAuthentication):
    """``Authorization: Bearer <token>``. A header with anything but a valid token is a 401."""

    def authenticate(self, request: Request) -> tuple[User, ShopAccessToken] | None:
        """Return user and token, or None without a header. Raises InvalidToken.

        Raises BearerExpected for another scheme, or for another number of tokens than one.
        """
        header = request.META.get("HTTP_AUTHORIZATION", "").split()
        if not header:
            return None
        if len(header) != 2 or header[0].lower() != "bearer" or "," in header[1]:
            raise BearerExpected
        token, ends_at = _verified_token(header[1])
        if ends_at <= time():
            raise InvalidToken
        key = idempotency_key_of(request)
        if key is None:
            user = tokens.user_of(token)
        else:
            user, has_record = tokens.user_and_record_of(token, scope=key.scope, key=key.value)
            note_duplicate(request, is_duplicate=has_record)
        tracing.note_author("api", user_id=user.pk)
        if user.language:
            prefer_language(request.META, user.language)
        return user, token

    def authenticate_header(self, request: Request) -> str:
        """Return the ``WWW-Authenticate`` header, without which DRF would respond with 403."""
        return 'Bearer realm="api"'


class _Verified(NamedTuple):
    """A verified token, and when it expires: seconds since 1970, with the leeway for clocks."""

    token: ShopAccessToken
    ends_at: float


@lru_cache(maxsize=4096)
def _verified_token(raw: str) -> _Verified:
    """Return the token, with signature and claims verified. Raises InvalidToken.

    Cached, since a valid token stays valid until it expires: the caller compares ``ends_at`` each
    time, and checks user and session in the database. The returned token is shared and must not be
    changed. Errors are not cached.
    """
    token = tokens.verified(ShopAccessToken, raw)
    leeway = token.get_token_backend().get_leeway().total_seconds()
    return _Verified(token, token["exp"] + leeway)


def caller(request: Request) -> User:
    """Return the user of a request that only authenticated users may send."""
    if not isinstance(request.user, User):
        raise TypeError("the view allows anonymous requests")
    return request.user


class BearerScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    """The security scheme of bearer tokens in the OpenAPI document."""

    target_class = SessionJWTAuthentication
    name = "bearer"

    def get_security_definition(self, auto_schema: Any) -> dict[str, Any]:
        """Return the security scheme."""
        return {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}
