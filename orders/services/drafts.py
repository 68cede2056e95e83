"""Sending the link of a draft, and accepting the draft, which places its order."""

from datetime import timedelta
from decimal import Decimal

from django.conf import settings
from django.db.models import DateTimeField, ExpressionWrapper
from django.db.models.functions import Now

from cart.drafts import buyer_of_draft, lock_draft, view_draft
from cart.errors import DraftOrdered
from cart.models import CartStatus, Draft
from cart.problems import is_blocking, problems_of, serialize_problem
from orders.errors import DraftTokenInvalid
from orders.services.placing import Placed, place_once
from shop.core import events
from shop.core.errors import NotFound
from shop.core.transactions import transactional


@transactional
def send_draft(*, draft_id: int) -> None:
    """Make the link of a draft valid from now on, and record that it is to be sent.

    Sending it again sends another message, and makes all links valid for longer. Raises
    NotFound, DraftOrdered, and the first problem for which the draft could not be accepted,
    with all of them: who gets the link cannot complete the draft.
    """
    draft = lock_draft(draft_id)
    if draft.cart.status != CartStatus.OPEN:
        raise DraftOrdered
    problems = [each for each in problems_of(view_draft(draft)) if is_blocking(each)]
    if problems:
        raise problems[0].among([serialize_problem(problem) for problem in problems])
    hours = draft.link_hours or settings.DRAFT_LINK_HOURS
    until = ExpressionWrapper(Now() + timedelta(hours=hours), output_field=DateTimeField())
    Draft.objects.filter(pk=draft_id).update(sent_at=Now(), link_expires_at=until)
    events.record("draft.sent", object_type="draft", object_id=draft_id, data={})


@transactional
def accept_draft(*, draft_id: int, expected_total: Decimal | None = None) -> Placed:
    """Place the order of a draft, once; return the order that it has already, if it has one.

    ``expected_total`` is the total that the buyer saw, in the shop's currency. The order can be
    paid until the link expires, and at least for the ordinary payment window. Locks the customer,
    the draft, and then what ``place_order`` locks. Raises DraftTokenInvalid for a draft that was
    deleted meanwhile, and what ``place_order`` raises.
    """
    try:
        draft = lock_draft(draft_id)
    except NotFound:
        raise DraftTokenInvalid from None
    placed = place_once(
        buyer=buyer_of_draft(draft),
        cart_id=draft.cart_id,
        expected_total=expected_total,
        pay_before=draft.link_expires_at,
    )
    if placed.is_new:
        data = {"order_id": placed.row.pk}
        events.record("draft.accepted", object_type="draft", object_id=draft_id, data=data)
    return placed
