"""Sessions and their tokens: short-lived access tokens and refresh tokens that are valid once.

A login inserts two rows into SimpleJWT's table of outstanding tokens: one for the ``jti`` of the
refresh token, and one for the session (``sid``). A blacklisted ``jti`` invalidates the refresh
token, and a blacklisted ``sid`` all tokens of the session. The text of a token is not stored.

Both tokens have the claims ``sid``, ``tv`` (the user's ``token_version``) and ``sexp``, the end of
the session. No token is valid after ``sexp``, so that rows can be deleted from then on.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any, NamedTuple
from uuid import uuid4

from django.db import IntegrityError, transaction
from django.db.models import DateTimeField, Exists, ExpressionWrapper, QuerySet
from django.db.models.functions import Now
from django.utils import timezone
from rest_framework_simplejwt.exceptions import TokenError
from rest_framework_simplejwt.token_blacklist.models import BlacklistedToken, OutstandingToken
from rest_framework_simplejwt.tokens import AccessToken, RefreshToken
from rest_framework_simplejwt.utils import datetime_from_epoch

from accounts.models import User
from shop.core.handlers import InvalidToken
from shop.core.transactions import transactional
from shop.engine import Insert, columns_of, instance_of, select

# A refresh token that is reused this soon is a client's retry. Later it may be stolen (RFC 9700,
# section 4.14.2).
REUSE_GRACE = timedelta(seconds=10)


class _SessionUser(NamedTuple):
    user: User
    is_ended: bool


def _session_user(*columns: Any) -> _SessionUser:
    *user_columns, is_ended = columns
    return _SessionUser(instance_of(User, user_columns), is_ended)


@select(_session_user)
def _user_of_session(*, user_id: int, sid: str) -> QuerySet[User, Any]:
    """The user of a token, and whether its session has ended. Every API request sends it."""
    ended = Exists(BlacklistedToken.objects.filter(token__jti=sid))
    return User.objects.filter(pk=user_id).values_list(*columns_of(User), ended)


_new_tokens = Insert(OutstandingToken, "jti", "user_id", "token", "created_at", "expires_at")


@dataclass(frozen=True, slots=True)
class TokenPair:
    """An access token (``token``), which expires in ``expires_in`` seconds, and a refresh token."""

    token: str
    refresh: str
    expires_in: int


class ShopRefreshToken(RefreshToken):
    """A refresh token of a session. Its access tokens expire with the session or earlier."""

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


def open_session(user: User) -> TokenPair:
    """Open a session for a user whom the caller has authenticated; return its tokens."""
    return ShopRefreshToken.of_session(user).as_pair()


def user_of(claims: Any) -> User:
    """Return the active user of a verified token whose session has not ended. Sends one statement.

    ``claims`` are the claims of an access or refresh token. Raises InvalidToken.
    """
    try:
        user_id, sid, version = int(claims["user_id"]), str(claims["sid"]), int(claims["tv"])
    except (KeyError, ValueError, TypeError):
        raise InvalidToken from None
    row = _user_of_session.row(user_id=user_id, sid=sid)
    if row is None or row.is_ended:
        raise InvalidToken
    if not row.user.is_active or row.user.token_version != version:
        raise InvalidToken
    return row.user


def rotate(raw: str) -> TokenPair:
    """Exchange a refresh token for a new pair. A token is valid once, also in parallel calls.

    Raises InvalidToken. Reuse of a token later than REUSE_GRACE ends its session: it may have been
    stolen (RFC 9700, section 4.14.2).
    """
    try:
        token = ShopRefreshToken(raw)  # type: ignore[arg-type]  # the stubs expect a Token
    except TokenError:
        raise InvalidToken from None
    pair = _exchange(token)
    if pair is None:
        _end_if_reused(token)
        raise InvalidToken
    return pair


@transactional
def _exchange(token: ShopRefreshToken) -> TokenPair | None:
    """Return the next pair, or None if the token was used before. Raises InvalidToken."""
    user_of(token)
    row = OutstandingToken.objects.filter(jti=token["jti"]).first()
    if row is None:
        raise InvalidToken
    try:
        with transaction.atomic():
            BlacklistedToken.objects.create(token=row)
    except IntegrityError:
        return None
    # A new object: after a deadlock this function runs again with the same argument.
    next_token = ShopRefreshToken()
    for claim in ("user_id", "tv", "sid", "sexp"):
        next_token[claim] = token[claim]
    next_token["exp"] = token["sexp"]
    _new_tokens.send_with_next([_row(next_token, next_token["jti"])])
    return next_token.as_pair()


def _end_if_reused(token: ShopRefreshToken) -> None:
    """End the session of a token that was used more than REUSE_GRACE ago."""
    reused = BlacklistedToken.objects.filter(
        token__jti=token["jti"],
        blacklisted_at__lt=ExpressionWrapper(Now() - REUSE_GRACE, output_field=DateTimeField()),
    )
    if reused.exists():
        end_session(token["sid"])


def end_session(sid: str) -> bool:
    """End a session: from now on its tokens are invalid. Return False if it has ended already."""
    row = OutstandingToken.objects.filter(jti=sid).first()
    if row is None:
        return False
    return BlacklistedToken.objects.get_or_create(token=row)[1]


def forget_expired_tokens(limit: int) -> int:
    """Delete up to ``limit`` expired rows with their blacklist rows. Return how many."""
    expired = OutstandingToken.objects.filter(expires_at__lte=timezone.now())
    batch = list(expired.order_by("expires_at").values_list("pk", flat=True)[:limit])
    OutstandingToken.objects.filter(pk__in=batch).delete()
    return len(batch)


def _row(token: ShopRefreshToken, jti: str) -> tuple[Any, ...]:
    """Return the columns of ``_new_tokens``. ``jti`` is the token's own or the session's id."""
    expires_at = datetime_from_epoch(token["sexp"])
    # Without the text of the token, which would let a reader of the table sign in.
    return jti, int(token["user_id"]), "", token.current_time, expires_at
