"""Order tokens: a link in an e-mail has one, so that it opens the order without a login.

A token is the id of an order and the time, signed with a salt of its own. It is made when an e-mail
is rendered and not stored. It expires after ``ORDER_LINK_DAYS``, but not while the order of a draft
can be paid, and staff can revoke all tokens of an order (``links_valid_from``).
``SECRET_KEY_FALLBACKS`` keeps the tokens of an earlier key valid. Clients send it as
``X-Order-Token``.
"""

from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from django.conf import settings
from django.core.signing import BadSignature, SignatureExpired, TimestampSigner, b62_decode
from django.db.models import Q
from django.db.models.functions import Now

from orders.errors import OrderTokenInvalid
from orders.models import Order

HEADER = "HTTP_X_ORDER_TOKEN"
"""The header ``X-Order-Token`` in ``request.META``."""

_MAX_LENGTH = 100
_signer = TimestampSigner(salt="orders.tokens", sep=".")


class OrderToken(NamedTuple):
    """What a valid token says."""

    order_id: int
    made_at: datetime
    is_old: bool
    """Whether it was made more than ``ORDER_LINK_DAYS`` ago."""


def make_order_token(order: Order) -> str:
    """Return a new token for an order. Its holder may read the order, pay it and cancel it."""
    return _signer.sign(str(order.pk))


def order_of_token(token: str) -> int:
    """Return the id of the order of a token. Sends one statement.

    Raises OrderTokenInvalid (401) for a token that is wrong, expired or revoked.
    """
    read = _read(token)
    is_valid = Q(links_valid_from=None) | Q(links_valid_from__lte=read.made_at)
    if read.is_old:
        is_valid &= Q(has_own_window=True, pay_before__gt=Now())
    if not Order.objects.filter(is_valid, pk=read.order_id).exists():
        raise OrderTokenInvalid
    return read.order_id


def _time_of(token: str) -> datetime:
    return datetime.fromtimestamp(b62_decode(token.rsplit(".", 2)[1]), UTC)


def _read(token: str) -> OrderToken:
    if len(token) > _MAX_LENGTH:
        raise OrderTokenInvalid
    is_old = False
    try:
        try:
            signed = _signer.unsign(token, max_age=timedelta(days=settings.ORDER_LINK_DAYS))
        except SignatureExpired:
            signed, is_old = _signer.unsign(token), True
    except BadSignature:
        raise OrderTokenInvalid from None
    return OrderToken(int(signed), _time_of(token), is_old)
