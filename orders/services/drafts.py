"""Sending a draft, which places its order and mails the link that pays it."""

from dataclasses import replace
from datetime import timedelta

from django.conf import settings
from django.db.models.functions import Now

from accounts.models import User
from cart.drafts import buyer_of_draft, lock_draft
from cart.errors import DraftOrdered
from cart.models import Draft
from orders.models import Order
from orders.services.placing import Placed, place_once
from orders.states import OrderStatus
from orders.windows import is_expired
from shop.core import events
from shop.core.times import in_future
from shop.core.transactions import transactional


@transactional
def send_draft(*, draft_id: int, actor: User) -> Placed:
    """Place the order of a draft, and record that the link that pays it is to be sent.

    The order can be paid for ``link_hours`` of the draft, or ``DRAFT_LINK_HOURS``. Sending a draft
    again sends another message about the same order. Locks the customer, the draft, and then what
    ``place_order`` locks. Raises NotFound, what ``place_order`` raises, and DraftOrdered if the
    order is no longer to be paid.
    """
    draft = lock_draft(draft_id)
    row = Draft.objects.filter(pk=draft_id)
    span = timedelta(hours=draft.link_hours or settings.DRAFT_LINK_HOURS)
    pay_before = row.values_list(in_future(span), flat=True).get()
    placed = place_once(
        buyer=replace(buyer_of_draft(draft), staff=actor),
        cart_id=draft.cart_id,
        expected_total=None,
        pay_before=pay_before,
    )
    if placed.is_new:
        row.update(sent_at=Now(), link_expires_at=pay_before)
    else:
        _check_payable(placed.row.pk)
        row.update(sent_at=Now())
    data = {"order_id": placed.row.pk}
    events.record("draft.sent", object_type="draft", object_id=draft_id, data=data)
    return placed


def _check_payable(order_id: int) -> None:
    """Raise DraftOrdered if an order is paid, cancelled or too late to be paid."""
    order = Order.objects.with_database_time().get(pk=order_id)
    if order.status != OrderStatus.PENDING or is_expired(order):
        raise DraftOrdered
