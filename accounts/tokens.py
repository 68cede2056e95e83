"""Tokens: short access, single-use refresh, and a session that ends both at once.

A login inserts two rows in SimpleJWT's token table: one for the refresh token's ``jti`` and one for
the session (``sid``). Both tokens carry ``sid``, the user's ``tv`` (token_version) and ``sexp``,
past which nothing of the session lives; so an expired row may be purged and no token revives.
A row's presence in the blacklist kills: the session's row its whole login, a refresh row itself.
No token text is stored.
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

# A refresh token seen again this soon is a client's retry, not a thief (RFC 9700, section 4.14.2).
REUSE_GRACE = timedelta(seconds=10)


class _SessionUser(NamedTuple):
    user: User
    is_ended: bool


def _session_user(*columns: Any) -> _SessionUser:
    *of_user, is_ended = columns
    return _SessionUser(instance_of(User, of_user), is_ended)


@select(_session_user)
def _user_of_session(*, user_id: int, sid: str) -> QuerySet[User, Any]:
    """The user of a token, and whether its session has ended. Every signed-in request reads it."""
    ended = Exists(BlacklistedToken.objects.filter(token__jti=sid))
    return User.objects.filter(pk=user_id).values_list(*columns_of(User), ended)


_TOKENS = Insert(OutstandingToken, "jti", "user_id", "token", "created_at", "expires_at")


@dataclass(frozen=True, slots=True)
class TokenPair:
    """What a login or a refresh hands out; ``expires_in`` is the access token's life in seconds."""

    token: str
    refresh: str
    expires_in: int


class ShopRefreshToken(RefreshToken):
    """A refresh token of one session; its access tokens never outlive the session."""

    @classmethod
    def of_session(cls, user: User) -> ShopRefreshToken:
        """Open a session for ``user``, whom the caller has authenticated, and return its token."""
        token = cls()
        token["user_id"], token["tv"] = str(user.pk), user.token_version
        token["sid"], token["sexp"] = uuid4().hex, token["exp"]
        with transaction.atomic():
            _TOKENS.send_with_next([_row(token, token["sid"]), _row(token, token["jti"])])
        return token

    @property
    def access_token(self) -> AccessToken:
        """A new access token of the session."""
        access: AccessToken = super().access_token
        access.set_iat(at_time=self.current_time)  # as its exp, also where a second ends between
        access["exp"] = min(access["exp"], self["sexp"])
        return access

    def check_blacklist(self) -> None:
        """Leave the question of reuse to the unique insert in ``rotate``, which has one winner."""

    def as_pair(self) -> TokenPair:
        """Sign both tokens."""
        access = self.access_token
        return TokenPair(str(access), str(self), access["exp"] - access["iat"])


def open_session(user: User) -> TokenPair:
    """Log ``user`` in, whom the caller has authenticated."""
    return ShopRefreshToken.of_session(user).as_pair()


def user_of(claims: Any) -> User:
    """Return the active user of a verified token whose session lives. One statement.

    ``claims`` is any token with our claims. Raises InvalidToken.
    """
    try:
        user_id, sid, version = int(claims["user_id"]), str(claims["sid"]), int(claims["tv"])
    except (KeyError, ValueError, TypeError):
        raise InvalidToken from None
    found = _user_of_session.row(user_id=user_id, sid=sid)
    if found is None or found.is_ended:
        raise InvalidToken
    if not found.user.is_active or found.user.token_version != version:
        raise InvalidToken
    return found.user


def rotate(raw: str) -> TokenPair:
    """Spend a refresh token for a new pair; of parallel calls with one token, one wins.

    Raises InvalidToken. A token that was spent over REUSE_GRACE ago ends its whole session: one of
    its two holders is a thief (RFC 9700, section 4.14.2).
    """
    try:
        token = ShopRefreshToken(raw)  # type: ignore[arg-type]  # the stubs want a Token here
    except TokenError:
        raise InvalidToken from None
    pair = _spend(token)
    if pair is None:
        _end_if_reused(token)
        raise InvalidToken
    return pair


@transactional
def _spend(token: ShopRefreshToken) -> TokenPair | None:
    """Return the next pair, or None if the token was spent before. Raises InvalidToken."""
    user_of(token)
    row = OutstandingToken.objects.filter(jti=token["jti"]).first()
    if row is None:
        raise InvalidToken
    try:
        with transaction.atomic():
            BlacklistedToken.objects.create(token=row)
    except IntegrityError:
        return None
    # Not the token itself, which a second attempt would read.
    following = ShopRefreshToken()
    for claim in ("user_id", "tv", "sid", "sexp"):
        following[claim] = token[claim]
    following["exp"] = token["sexp"]
    _TOKENS.send_with_next([_row(following, following["jti"])])
    return following.as_pair()


def _end_if_reused(token: ShopRefreshToken) -> None:
    spent_long_ago = BlacklistedToken.objects.filter(
        token__jti=token["jti"],
        blacklisted_at__lt=ExpressionWrapper(Now() - REUSE_GRACE, output_field=DateTimeField()),
    )
    if spent_long_ago.exists():
        end_session(token["sid"])


def end_session(sid: str) -> bool:
    """Kill every token of one login from now on; False if it was dead already."""
    row = OutstandingToken.objects.filter(jti=sid).first()
    if row is None:
        return False
    return BlacklistedToken.objects.get_or_create(token=row)[1]


def forget_expired_tokens(limit: int) -> int:
    """Delete up to ``limit`` expired rows, with their blacklist rows; return how many went."""
    expired = OutstandingToken.objects.filter(expires_at__lte=timezone.now())
    batch = list(expired.order_by("expires_at").values_list("pk", flat=True)[:limit])
    OutstandingToken.objects.filter(pk__in=batch).delete()
    return len(batch)


def _row(token: ShopRefreshToken, jti: str) -> tuple[Any, ...]:
    expires_at = datetime_from_epoch(token["sexp"])
    # No bearer secret at rest.
    return jti, int(token["user_id"]), "", token.current_time, expires_at
