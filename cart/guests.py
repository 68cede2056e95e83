"""Buyers: users, and guests, who have the token of a cart instead of an account.

A token has 256 random bits and belongs to one cart. The database has its SHA-256 only, so that
a reader of the database cannot use it. It is sent as ``X-Cart-Token``.
"""

from __future__ import annotations

import re
import secrets
from dataclasses import dataclass
from datetime import timedelta
from hashlib import sha256
from typing import TYPE_CHECKING, Any, NamedTuple

from django.conf import settings
from django.db.models import Exists, OuterRef, Q, QuerySet

from accounts.models import User
from cart.errors import CartTokenInvalid
from cart.models import Cart, CartItem, CartStatus
from shop.core.errors import Unauthorized
from shop.core.language_codes import further_languages
from shop.core.shop_languages import shop_language_of
from shop.core.times import ago
from shop.engine import select

if TYPE_CHECKING:
    from rest_framework.request import Request

HEADER = "HTTP_X_CART_TOKEN"
"""The header ``X-Cart-Token`` in ``request.META``."""

_TOKEN = re.compile(r"[A-Za-z0-9_-]{43}")


@dataclass(frozen=True, slots=True)
class Buyer:
    """Who buys: a user, a guest with a cart, or a guest who has no cart yet.

    ``cart_id`` is the cart of a guest, which may be open or ordered, or that of a draft, also if
    the draft is for a user. ``guest`` is the SHA-256 of the token of a guest, which idempotency
    keys of the guest belong to. Both are None for users who buy from their own cart. ``staff`` is
    the member of staff who orders for the buyer. ``language`` is the language of the shop in which
    the buyer reads; empty in a shop with one language.
    """

    user: User | None = None
    cart_id: int | None = None
    guest: str | None = None
    staff: User | None = None
    language: str = ""

    @property
    def actor(self) -> User | None:
        """Who acts: the member of staff, or else the user; None for a guest."""
        return self.staff or self.user

    @property
    def key(self) -> dict[str, int]:
        """The arguments of the statements that read and write the carts of this buyer."""
        if self.user is not None and self.cart_id is None:
            return {"user_id": self.user.pk}
        return {"cart_id": self.cart_id or 0}

    @property
    def user_id(self) -> int | None:
        """The id of the user; None for a guest."""
        return None if self.user is None else self.user.pk


NOBODY = Buyer()
"""A guest who has no cart."""


def guest_without_cart(request: Request) -> Buyer:
    """Return a guest who has no cart, with the language of the request."""
    language = _language_of(request)
    return Buyer(language=language) if language else NOBODY


def new_token() -> str:
    """Return a new token of 256 random bits."""
    return secrets.token_urlsafe(32)


def digest_of(token: str) -> str:
    """Return what the database has of a token."""
    return sha256(token.encode()).hexdigest()


def buyer_of(request: Request) -> Buyer:
    """Return who sends a request. Sends one statement for a guest.

    With a login the user decides, whatever ``X-Cart-Token`` says. Raises CartTokenInvalid (401) for
    a token without a cart, and Unauthorized (401) without login and token.
    """
    buyer = find_buyer(request)
    if buyer is None:
        raise Unauthorized
    return buyer


def find_buyer(request: Request) -> Buyer | None:
    """Return who sends a request, or None without login and token. Raises CartTokenInvalid."""
    if isinstance(request.user, User):
        return Buyer(user=request.user, language=_language_of(request))
    token = request.META.get(HEADER)
    return None if token is None else guest_with(token, _language_of(request))


def _language_of(request: Request) -> str:
    """Return the language of the shop's texts in the response. Raises InvalidField (400)."""
    if not further_languages():
        if request.META.get("QUERY_STRING"):
            shop_language_of(request)
        return ""
    return shop_language_of(request)


def guest_with(token: str, language: str = "") -> Buyer:
    """Return the guest who has a token. Raises CartTokenInvalid if no cart has it.

    The tokens of carts that were merged, and of those that were not changed for
    ``GUEST_CART_DAYS``, have none either.
    """
    row = _guest_cart.row(token_hash=digest_of(token)) if _TOKEN.fullmatch(token) else None
    if row is None:
        raise CartTokenInvalid
    return Buyer(cart_id=row.cart_id, guest=digest_of(token), language=language)


class _GuestCart(NamedTuple):
    cart_id: int


@select(_GuestCart)
def _guest_cart(*, token_hash: str) -> QuerySet[Cart, Any]:
    """The cart of a token, unless it was merged or has expired."""
    carts = Cart.objects.filter(changed_lately() | ~Q(status=CartStatus.OPEN))
    return carts.filter(token_hash=token_hash).exclude(status=CartStatus.MERGED).values_list("pk")


def changed_lately() -> Q:
    """Return the condition that a guest cart has not expired."""
    return changed_within(settings.GUEST_CART_DAYS)


def changed_within(days: int) -> Q:
    """Return the condition that a cart or one of its items was changed in the last ``days``."""
    since = ago(timedelta(days=days))
    items = CartItem.objects.filter(cart_id=OuterRef("pk"), changed_at__gt=since)
    return Q(updated_at__gt=since) | Q(Exists(items))
