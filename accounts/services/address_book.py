"""Writes of the address book. Each locks the user first, so that there is one default at most."""

from collections.abc import Callable, Mapping
from typing import Any

from accounts.address_book import MAX_ADDRESSES
from accounts.errors import AddressBookFull
from accounts.models import Address, User
from accounts.services.locks import lock_active_user
from shop.core.errors import NotFound
from shop.core.transactions import transactional

_DEFAULTS = ("is_default_shipping", "is_default_billing")


@transactional
def add_address(*, user: User, values: Mapping[str, Any]) -> Address:
    """Add an address, whose ``values`` are columns of ``Address``, to the user's address book.

    A new default replaces the former one, and the first address is both defaults. Raises
    AddressBookFull (409).
    """
    lock_active_user(user)
    number = Address.objects.visible_to(user).count()
    if number >= MAX_ADDRESSES:
        raise AddressBookFull(limit=MAX_ADDRESSES)
    flags = dict.fromkeys(_DEFAULTS, True) if number == 0 else {}
    address = Address(user_id=user.pk, **{**values, **flags})
    return _save(address)


@transactional
def change_address(
    *, user: User, address_id: int, change: Callable[[Address], Mapping[str, Any]]
) -> Address:
    """Set the columns that ``change`` returns for the locked address. Raises NotFound (404).

    A new default replaces the former one.
    """
    lock_active_user(user)
    address = Address.objects.visible_to(user).filter(pk=address_id).first()
    if address is None:
        raise NotFound
    for name, value in change(address).items():
        setattr(address, name, value)
    return _save(address)


@transactional
def delete_address(*, user: User, address_id: int) -> None:
    """Delete an address. If it was a default, there is none. Raises NotFound (404)."""
    lock_active_user(user)
    if not Address.objects.visible_to(user).filter(pk=address_id).delete()[0]:
        raise NotFound


def _save(address: Address) -> Address:
    """Save an address, after its defaults were taken from the other addresses of the user."""
    others = Address.objects.filter(user_id=address.user_id).exclude(pk=address.pk)
    for flag in _DEFAULTS:
        if getattr(address, flag):
            others.filter(**{flag: True}).update(**{flag: False})
    address.save()
    return address
