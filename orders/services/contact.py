"""Changes of the addresses and the contact of an order, before it is shipped."""

from collections.abc import Iterable, Mapping
from typing import Any

from django.db.models.functions import Now

from accounts.addresses import fold_address
from accounts.models import User
from cart.changes import international_phone
from orders.errors import AmountsWouldChange, OrderNotChangeable
from orders.models import AddressKind, Order, OrderAddress, OrderItem
from orders.services.destinations import addresses_of, changed_amounts
from orders.services.timeline import add_to_timeline, record_event
from orders.shown import statuses_of
from orders.states import FulfilmentStatus, OrderStatus
from orders.timeline_texts import MEMBERS
from shop.core.postal_addresses import PostalAddress
from shop.core.transactions import transactional

_KINDS = {"shipping_address": AddressKind.SHIPPING, "billing_address": AddressKind.BILLING}


@transactional
def change_contact(
    *,
    order_id: int,
    changes: Mapping[str, Any],
    actor: User | None,
    by_guest: bool = False,
    is_late: bool = False,
) -> None:
    """Change addresses, phone number or e-mail address of an order. None clears a member.

    ``changes`` are the validated members of ``ChangeOrderSerializer``. The order must be pending;
    with ``is_late``, it may have any status until a unit of it is shipped or it is cancelled. Its
    amounts stay: an address at which shipping or tax would be others is refused. Links that were
    sent to the former e-mail address become invalid.

    Locks the order, as its fulfilment does. Raises OrderNotChangeable, AmountsWouldChange, and
    InvalidField for the phone number.
    """
    order = Order.objects.lock(order_id)
    items = OrderItem.objects.filter(order=order)
    if not may_change_contact(order, items, is_late=is_late):
        raise OrderNotChangeable(order_status=order.status)
    before = addresses_of(order)
    after = {**before, **_addresses(changes)}
    after = {kind: address for kind, address in after.items() if address != PostalAddress()}
    amounts = changed_amounts(order, before, after)
    if amounts:
        raise AmountsWouldChange(amounts=amounts)
    columns = _columns(order, changes, after)
    changed = [name for name in _KINDS if before.get(_KINDS[name]) != after.get(_KINDS[name])]
    _store_addresses(order, {_KINDS[name]: after.get(_KINDS[name]) for name in changed})
    if columns:
        Order.objects.filter(pk=order.pk).update(**columns)
    changed += [name for name in ("phone", "email") if name in columns]
    if changed:
        note = f"Changed: {', '.join(MEMBERS[name] for name in changed)}"
        add_to_timeline(order.pk, order.status, note, actor, by_guest=by_guest)
        record_event(order.pk, "changed", **dict.fromkeys(changed, True))


def may_change_contact(order: Order, items: Iterable[OrderItem], *, is_late: bool = True) -> bool:
    """Return whether ``change_contact`` accepts an order with these items as it is now."""
    is_open = order.status == OrderStatus.PENDING
    if is_late:
        is_open = (
            order.status != OrderStatus.CANCELLED
            and statuses_of(order).fulfilment_status == FulfilmentStatus.UNFULFILLED
        )
    # A fulfilment whose payment is being captured has its units already.
    return is_open and not any(item.quantity_fulfilled for item in items)


def _addresses(changes: Mapping[str, Any]) -> dict[str, PostalAddress]:
    """Return the new addresses by kind; an empty one for an address that is removed."""
    return {
        kind.value: PostalAddress.from_json(changes[name])
        for name, kind in _KINDS.items()
        if name in changes
    }


def _columns(
    order: Order, changes: Mapping[str, Any], addresses: Mapping[str, PostalAddress]
) -> dict[str, Any]:
    """Return the columns of the order that change. Raises InvalidField for the phone number."""
    columns: dict[str, Any] = {}
    if "phone" in changes:
        shipping = addresses.get(AddressKind.SHIPPING, PostalAddress())
        phone = changes["phone"] or ""
        columns["phone"] = phone and international_phone(phone, shipping.country)
    if "email" in changes:
        columns["email"] = changes["email"]
    columns = {name: value for name, value in columns.items() if getattr(order, name) != value}
    if "email" in columns:
        columns |= {"email_key": fold_address(columns["email"]), "links_valid_from": Now()}
    return columns


def _store_addresses(order: Order, addresses: Mapping[str, PostalAddress | None]) -> None:
    """Store addresses by kind; None removes one."""
    for kind, address in addresses.items():
        if address is None:
            OrderAddress.objects.filter(order=order, kind=kind).delete()
        else:
            OrderAddress.objects.update_or_create(
                order=order, kind=kind, defaults=address.to_json()
            )
