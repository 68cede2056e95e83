"""Withdrawals: what consumers declare, and that staff have handled it."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.db.models.functions import Now

from accounts.models import User
from orders.errors import WithdrawalHandled
from orders.models import Withdrawal, WithdrawalStatus
from orders.services.lookup import find_order_id
from orders.services.timeline import note_event
from shop.core import events
from shop.core.transactions import transactional
from shop.engine import insert


@transactional
def declare_withdrawal(
    *,
    order_number: str,
    email: str,
    name: str,
    language: str,
    items: Sequence[Mapping[str, Any]] = (),
    note: str = "",
) -> Withdrawal:
    """Store a withdrawal as it was declared, whether or not there is such an order.

    It belongs to the order that has the number and the address. The event ``withdrawal.received``
    leads to the receipt. Sends the same statements in any case.
    """
    withdrawal = Withdrawal(
        order_id=find_order_id(number=order_number, email=email),
        order_number=order_number,
        email=email,
        name=name,
        items=[dict(item) for item in items],
        note=note,
        language=language,
    )
    insert(withdrawal)
    _record("received", withdrawal)
    return withdrawal


@transactional
def handle_withdrawal(*, withdrawal_id: int, actor: User) -> None:
    """Record that staff have handled a withdrawal, once. Raises WithdrawalHandled."""
    new = Withdrawal.objects.filter(pk=withdrawal_id, status=WithdrawalStatus.NEW)
    if not new.update(status=WithdrawalStatus.HANDLED, handled_at=Now(), handled_by=actor):
        raise WithdrawalHandled
    withdrawal = Withdrawal.objects.get(pk=withdrawal_id)
    if withdrawal.order_id is not None:
        note_event(order_id=withdrawal.order_id, note="Withdrawal handled", actor=actor)
    _record("handled", withdrawal)


def _record(name: str, withdrawal: Withdrawal) -> None:
    events.record(
        f"withdrawal.{name}",
        object_type="withdrawal",
        object_id=withdrawal.pk,
        data={"order_id": withdrawal.order_id},
    )
