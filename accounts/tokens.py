"""Sessions and their tokens: access tokens, and refresh tokens that are valid once.

A login inserts two rows into SimpleJWT's table of outstanding tokens: one for the ``jti`` of the
refresh token, and one for the session (``sid``). A blacklisted ``jti`` invalidates the refresh
token, and a blacklisted ``sid`` all tokens of the session. The text of a token is not stored.

Both tokens have the claims ``sid``, ``tv`` (the user's ``token_version``) and ``sexp``, the end of
the session. A token without a row of its session is invalid, so that rows can be deleted from
``sexp`` on.

The successor of a refresh token is determined by it: its ``jti`` is an HMAC of the old one, its
``iat`` is stored in its row, and all other claims are those of the old one. So the same successor
can be signed again for a client that did not receive it, or that refreshes in two tabs at once.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import Any, NamedTuple, TypeVar
from uuid import uuid4

from django.conf import settings
from django.db import connection
from django.db.models import Exists, OuterRef, QuerySet
from django.db.models.functions import Now
from django.utils.crypto import salted_hmac
from rest_framework_simplejwt.exceptions import TokenError
from rest_framework_simplejwt.token_blacklist.models import BlacklistedToken, OutstandingToken
from rest_framework_simplejwt.tokens import AccessToken, RefreshToken, Token
from rest_framework_simplejwt.utils import aware_utcnow, datetime_from_epoch, datetime_to_epoch

from accounts import keys
from accounts.claims import check_claims
from accounts.models import User
from shop.core.handlers import InvalidToken
from shop.core.models import IdempotencyKey
from shop.core.security_log import log_security
from shop.core.times import ago
from shop.core.transactions import transactional
from shop.engine import Insert, columns_of, fetch, instance_with, select

AnyToken = TypeVar("AnyToken", bound=Token)

# SimpleJWT's model would store the time of this server, and the grace is measured by the database.
_SPEND = """
INSERT INTO token_blacklist_blacklistedtoken (token_id, blacklisted_at)
SELECT id, {now} FROM token_blacklist_outstandingtoken WHERE jti = %s AND user_id = %s
ON CONFLICT (token_id) DO NOTHING RETURNING token_id
"""
_NOW = {
    "postgresql": "STATEMENT_TIMESTAMP()",
    "sqlite": "STRFTIME('%%Y-%%m-%%d %%H:%%M:%%f', 'NOW')",
}


_UNREAD = frozenset({"last_login", "date_joined", "deleted_at"})
"""Columns of the user that requests of the API do not read. Times take longest to convert."""


@cache
def _columns() -> tuple[str, ...]:
    return tuple(name for name in columns_of(User) if name not in _UNREAD)


def _user(*columns: Any) -> User:
    return instance_with(User, _columns(), columns)


@select(_user)
def _user_of_session(*, user_id: int, sid: str) -> QuerySet[User, Any]:
    """The user of a session that has not ended. Every API request without a key sends it."""
    return _users_of_session(user_id, sid).values_list(*_columns())


def _users_of_session(user_id: int, sid: str) -> QuerySet[User]:
    session = OutstandingToken.objects.filter(
        jti=sid, user_id=OuterRef("pk"), blacklistedtoken=None
    )
    return User.objects.filter(Exists(session), pk=user_id)


class _Caller(NamedTuple):
    user: User
    has_record: bool


def _caller(*columns: Any) -> _Caller:
    *user_columns, has_record = columns
    return _Caller(_user(*user_columns), has_record)


@select(_caller)
def _caller_with_key(*, user_id: int, sid: str, scope: str, key: str) -> QuerySet[User, Any]:
    """The user of a session, and whether a request with the same idempotency key has ended."""
    record = IdempotencyKey.objects.filter(user_id=OuterRef("pk"), scope=scope, key=key)
    users = _users_of_session(user_id, sid)
    return users.values_list(*_columns(), Exists(record))


_new_tokens = Insert(OutstandingToken, "jti", "user_id", "token", "created_at", "expires_at")


@dataclass(frozen=True, slots=True)
class TokenPair:
    """An access token (``token``), which expires in ``expires_in`` seconds, and a refresh token."""

    token: str
    refresh: str
    expires_in: int


class _ShopToken(Token):
    """A token whose claims have the right types, signed with one of the shop's keys."""

    def get_token_backend(self) -> keys.ShopTokenBackend:
        """Return the backend with all keys."""
        return keys.backend()

    def verify(self) -> None:
        """Check the types of all claims before their values. Raises TokenError."""
        check_claims(self.payload)
        super().verify()


class ShopAccessToken(_ShopToken, AccessToken):
    """An access token of a session."""


class ShopRefreshToken(_ShopToken, RefreshToken):  # type: ignore[misc]  # BlacklistMixin is wrong
    """A refresh token of a session. Its access tokens expire with the session or earlier."""

    access_token_class = ShopAccessToken

    @classmethod
    @transactional
    def of_session(cls, user: User) -> ShopRefreshToken:
        """Open a session for a user whom the caller has authenticated; return its refresh token."""
        token = cls()
        token["user_id"], token["tv"] = str(user.pk), user.token_version
        token["sid"], token["sexp"] = uuid4().hex, token["exp"]
        _new_tokens.send_with_next([_row(token, token["sid"]), _row(token, token["jti"])])
        return token

    @property
    def access_token(self) -> AccessToken:
        """A new access token of the session."""
        access: AccessToken = super().access_token
        access.set_iat(at_time=self.current_time)  # exp counts from the same time
        access["exp"] = min(access["exp"], self["sexp"])
        return access

    def check_blacklist(self) -> None:
        """Do nothing: ``rotate`` finds reused tokens by a unique constraint, also in parallel."""

    def as_pair(self) -> TokenPair:
        """Return this token with a new access token, both signed."""
        access = self.access_token
        return TokenPair(str(access), str(self), access["exp"] - access["iat"])

    def successor_jti(self) -> str:
        """Return the ``jti`` of the successor.

        The key is the one that signed this token: it stays the same while keys are replaced.
        """
        key = self.get_token_backend().get_verifying_key(self.token)
        salt = "accounts.tokens.successor"
        return salted_hmac(salt, self["jti"], secret=key, algorithm="sha256").hexdigest()

    def successor(self, jti: str, issued_at: datetime) -> ShopRefreshToken:
        """Return the successor: the same token for the same time, if the signing key is the same.

        It is a new object: after a deadlock a transaction runs again with the same ``self``.
        """
        token = ShopRefreshToken()
        for claim in ("user_id", "tv", "sid", "sexp"):
            token[claim] = self[claim]
        token["jti"], token["exp"] = jti, self["sexp"]
        token["iat"] = datetime_to_epoch(issued_at)
        return token


def verified(kind: type[AnyToken], raw: str) -> AnyToken:
    """Return a token whose signature and claims are right. Raises InvalidToken."""
    try:
        return kind(raw.encode())  # type: ignore[arg-type]  # the stubs expect a Token
    except (TokenError, UnicodeError):
        raise InvalidToken from None


def open_session(user: User) -> TokenPair:
    """Open a session for a user whom the caller has authenticated; return its tokens."""
    return ShopRefreshToken.of_session(user).as_pair()


def user_of(token: Token) -> User:
    """Return the active user of a verified token whose session has not ended. Sends one statement.

    Raises InvalidToken.
    """
    user = _user_of_session.row(user_id=int(token["user_id"]), sid=token["sid"])
    return _check_user(user, token)


def user_and_record_of(token: Token, *, scope: str, key: str) -> tuple[User, bool]:
    """Return the user as ``user_of`` does, and whether a request with this key has ended before.

    ``scope`` and ``key`` are those of an idempotency record. Sends one statement. Raises
    InvalidToken.
    """
    row = _caller_with_key.row(
        user_id=int(token["user_id"]), sid=token["sid"], scope=scope, key=key
    )
    return _check_user(row and row.user, token), bool(row and row.has_record)


def _check_user(user: User | None, token: Token) -> User:
    if user is None or not user.is_active or user.token_version != token["tv"]:
        raise InvalidToken
    return user


def rotate(raw: str) -> TokenPair:
    """Exchange a refresh token for its successor and a new access token.

    During ``REFRESH_TOKEN_GRACE`` after the first use, the same token gets the same successor
    again, also in parallel calls. Raises InvalidToken. Reuse after the grace also ends the session:
    the token may have been stolen (RFC 9700, section 4.14.2).
    """
    token = verified(ShopRefreshToken, raw)
    pair = _exchange(token)
    if pair is None:
        _end_if_reused(token)
        raise InvalidToken
    return pair


@transactional
def _exchange(token: ShopRefreshToken) -> TokenPair | None:
    """Return the next pair, or None if the token was used before. Raises InvalidToken."""
    user_of(token)
    if datetime_from_epoch(token["sexp"]) <= aware_utcnow():
        raise InvalidToken  # there is a leeway for clocks, but no time left for an access token
    jti = token.successor_jti()
    spend = _SPEND.format(now=_NOW[connection.vendor])
    if fetch(spend, [token["jti"], int(token["user_id"])]):
        successor = token.successor(jti, aware_utcnow())
        _new_tokens.send_with_next([_row(successor, jti)])
        return successor.as_pair()
    issued_at = _successor_issued_at(token, jti)
    return token.successor(jti, issued_at).as_pair() if issued_at else None


def _successor_issued_at(token: ShopRefreshToken, jti: str) -> datetime | None:
    """Return when the successor was issued, or None if the token was not used within the grace."""
    spent = BlacklistedToken.objects.filter(
        token__jti=token["jti"], blacklisted_at__gte=_start_of_grace()
    )
    successor = OutstandingToken.objects.filter(Exists(spent), jti=jti)
    return successor.values_list("created_at", flat=True).first()


def _end_if_reused(token: ShopRefreshToken) -> None:
    """End the session of a token that was used before the grace began."""
    reused = BlacklistedToken.objects.filter(
        token__jti=token["jti"], blacklisted_at__lt=_start_of_grace()
    )
    if reused.exists():
        log_security("token.reused", suspicious=True, account_id=int(token["user_id"]))
        end_session(token["sid"])


def _start_of_grace() -> Any:
    return ago(timedelta(seconds=settings.REFRESH_TOKEN_GRACE))


def end_session(sid: str) -> bool:
    """End a session: from now on its tokens are invalid. Return False if it has ended already."""
    row = OutstandingToken.objects.filter(jti=sid).first()
    if row is None:
        return False
    return BlacklistedToken.objects.get_or_create(token=row)[1]


def forget_expired_tokens(limit: int) -> int:
    """Delete up to ``limit`` expired rows with their blacklist rows. Return how many."""
    expired = OutstandingToken.objects.filter(expires_at__lte=Now())
    batch = list(expired.order_by("expires_at").values_list("pk", flat=True)[:limit])
    OutstandingToken.objects.filter(pk__in=batch).delete()
    return len(batch)


def _row(token: ShopRefreshToken, jti: str) -> tuple[Any, ...]:
    """Return the columns of ``_new_tokens``. ``jti`` is the token's own or the session's id."""
    expires_at = datetime_from_epoch(token["sexp"])
    # Without the text of the token, which would let a reader of the table sign in.
    return jti, int(token["user_id"]), "", token.current_time, expires_at
