"""Withdrawals: what consumers declare, and that staff have handled it."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from django.db.models.functions import Now
from django.utils.translation import gettext as _

from accounts.models import User
from orders.errors import WithdrawalHandled, WithdrawalUnclear
from orders.models import (
    Order,
    OrderItem,
    ReturnKind,
    ReturnResolution,
    Withdrawal,
    WithdrawalStatus,
)
from orders.services.lookup import find_order_id, has_number
from orders.services.refreshing import refresh_statuses
from orders.services.returns import Wish, approve_return, request_return
from orders.services.timeline import note_event
from shop.core import events
from shop.core.errors import InvalidField
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
def link_withdrawal(*, withdrawal_id: int, order_number: str, actor: User) -> int:
    """Record to which order a withdrawal belongs that matches none; return the order's id.

    The number may have any spelling. The timeline of the order names the withdrawal. Raises
    InvalidField if there is no such order or the withdrawal belongs to one, and WithdrawalHandled.
    """
    order_id = Order.objects.filter(has_number(order_number)).values_list("pk", flat=True).first()
    if order_id is None:
        raise InvalidField(field="order_number", reason=_("There is no order with this number."))
    withdrawals = Withdrawal.objects.filter(pk=withdrawal_id)
    new = withdrawals.filter(status=WithdrawalStatus.NEW)
    if not new.filter(order=None).update(order_id=order_id):
        if new.exists():
            reason = _("This withdrawal belongs to an order already.")
            raise InvalidField(field="order_number", reason=reason)
        raise WithdrawalHandled
    note_event(order_id=order_id, note=f"Withdrawal {withdrawal_id} linked", actor=actor)
    _record("linked", withdrawals.get())
    return order_id


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


@transactional
def accept_withdrawal(*, withdrawal_id: int, actor: User) -> int:
    """Accept a withdrawal as an approved return of what was shipped; return the return's id.

    It is for the units that were declared, and for all shipped units without them. The withdrawal
    is handled then. Locks the order. Raises WithdrawalUnclear, WithdrawalHandled, and ReturnLimit
    for more units than can be returned.
    """
    found = Withdrawal.objects.filter(pk=withdrawal_id).first()
    if found is None or found.order_id is None:
        raise WithdrawalUnclear
    refresh_statuses(found.order_id)  # it locks the order, and knows what earlier releases shipped
    handle_withdrawal(withdrawal_id=withdrawal_id, actor=actor)
    wish = Wish(
        units=_units(found.order_id, found.items),
        kind=ReturnKind.WITHDRAWAL.value,
        resolution=ReturnResolution.REFUND.value,
        note=found.note,
    )
    return_id = request_return(order_id=found.order_id, wish=wish, actor=actor, at_any_time=True)
    approve_return(return_id=return_id, actor=actor)
    Withdrawal.objects.filter(pk=withdrawal_id).update(accepted_return=return_id)
    return return_id


def _units(order_id: int, wanted: Sequence[Mapping[str, Any]]) -> dict[int, int]:
    """Return the units to return by product. Raises WithdrawalUnclear."""
    items = list(OrderItem.objects.filter(order_id=order_id).order_by("product_id"))
    shipped = {i.product_id: i.quantity_fulfilled - i.quantity_returned for i in items}
    units = Counter({} if wanted else {pk: n for pk, n in shipped.items() if n > 0})
    for declared in wanted:
        named = [item.product_id for item in items if _is_named(item, declared)]
        if len(named) != 1:
            raise WithdrawalUnclear
        units[named[0]] += declared.get("quantity") or shipped[named[0]]
    if not units or min(units.values()) < 1:
        raise WithdrawalUnclear
    return dict(units)


def _is_named(item: OrderItem, declared: Mapping[str, Any]) -> bool:
    """Return whether an item is declared: by its product, else its SKU, else its name."""
    if "product_id" in declared:
        return bool(item.product_id == declared["product_id"])
    name = "sku" if "sku" in declared else "name"
    of_item, of_declaration = str(getattr(item, name)), str(declared[name])
    return of_item.casefold() == of_declaration.casefold()


def _record(name: str, withdrawal: Withdrawal) -> None:
    events.record(
        f"withdrawal.{name}",
        object_type="withdrawal",
        object_id=withdrawal.pk,
        data={"order_id": withdrawal.order_id},
    )
