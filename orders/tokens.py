"""Order tokens: a link in an e-mail has one, so that it opens the order without a login.

A token is the id of an order and the time, signed with a salt of its own. It is made when an e-mail
is rendered and not stored. It expires after ``ORDER_LINK_DAYS``, and staff can revoke all tokens of
an order (``links_valid_from``). ``SECRET_KEY_FALLBACKS`` keeps the tokens of an earlier key valid.
Clients send it as ``X-Order-Token``.
"""

from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from django.conf import settings
from django.core.signing import BadSignature, TimestampSigner, b62_decode
from django.db.models import Q
from django.db.models.functions import Now

from cart.models import Draft
from orders.errors import DraftTokenInvalid, OrderTokenInvalid
from orders.models import Order

HEADER = "HTTP_X_ORDER_TOKEN"
"""The header ``X-Order-Token`` in ``request.META``."""
DRAFT_HEADER = "HTTP_X_DRAFT_TOKEN"
"""The header ``X-Draft-Token`` in ``request.META``."""

_MAX_LENGTH = 100
_signer = TimestampSigner(salt="orders.tokens", sep=".")
_draft_signer = TimestampSigner(salt="orders.tokens.drafts", sep=".")


class OrderToken(NamedTuple):
    """What a valid token says."""

    order_id: int
    made_at: datetime


def make_order_token(order: Order) -> str:
    """Return a new token for an order. Its holder may read the order, pay it and cancel it."""
    return _signer.sign(str(order.pk))


def order_of_token(token: str) -> int:
    """Return the id of the order of a token. Sends one statement.

    Raises OrderTokenInvalid (401) for a token that is wrong, expired or revoked.
    """
    order_id, made_at = _read(token)
    is_valid = Q(links_valid_from=None) | Q(links_valid_from__lte=made_at)
    if not Order.objects.filter(is_valid, pk=order_id).exists():
        raise OrderTokenInvalid
    return order_id


def make_draft_token(draft: Draft) -> str:
    """Return a new token for a draft. Until the link expires, its holder may accept the draft.

    Then the holder gets a token for the order.
    """
    return _draft_signer.sign(str(draft.pk))


def draft_of_token(token: str) -> Draft:
    """Return the draft of a token, with its cart and customer. Sends two statements.

    Raises DraftTokenInvalid (401) if the token is wrong, the link has expired, or the draft was
    deleted. After the draft was accepted, a revocation of the links of its order counts too.
    """
    try:
        draft_id = int(_draft_signer.unsign(token[: _MAX_LENGTH + 1]))
    except BadSignature:
        raise DraftTokenInvalid from None
    drafts = Draft.objects.select_related("cart", "customer", "created_by")
    draft = drafts.filter(pk=draft_id, link_expires_at__gt=Now()).first()
    revoked = Order.objects.filter(cart__draft=draft_id, links_valid_from__gt=_time_of(token))
    if draft is None or revoked.exists():
        raise DraftTokenInvalid
    return draft


def _time_of(token: str) -> datetime:
    return datetime.fromtimestamp(b62_decode(token.rsplit(".", 2)[1]), UTC)


def _read(token: str) -> OrderToken:
    if len(token) > _MAX_LENGTH:
        raise OrderTokenInvalid
    try:
        signed = _signer.unsign(token, max_age=timedelta(days=settings.ORDER_LINK_DAYS))
    except BadSignature:
        raise OrderTokenInvalid from None
    return OrderToken(int(signed), _time_of(token))
