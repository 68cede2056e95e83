"""Drafts: carts that staff prepare for somebody, with prices of their own if they may set them.

Everything that writes or sends a draft locks its customer, its row and then its cart.
"""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _

from accounts.models import User
from cart.changes import change_cart
from cart.errors import DraftOrdered, NoOpenCart
from cart.guests import NOBODY, Buyer
from cart.models import Cart, CartItem, CartStatus, Draft
from cart.priced import PricedCart, view_cart
from shop.core.errors import InvalidField, NotFound, PermissionMissing
from shop.core.transactions import transactional

OVERRIDE_PRICES = "cart.override_prices"
_OWN = ("customer_id", "link_hours")
"""The members of a draft that its cart does not have."""


def buyer_of_draft(draft: Draft) -> Buyer:
    """Return whose order a draft becomes: the customer, or a guest with the cart of the draft."""
    return Buyer(user=draft.customer, cart_id=draft.cart_id)


def view_draft(draft: Draft) -> PricedCart:
    """Return the cart of a draft at current prices; an empty one once it is ordered."""
    return view_cart(buyer=buyer_of_draft(draft))


def lock_draft(draft_id: int) -> Draft:
    """Lock a draft and its customer until the transaction ends. Raises NotFound."""
    drafts = Draft.objects.filter(pk=draft_id)
    while True:
        customer_id = drafts.values_list("customer_id", flat=True).first()
        if customer_id is not None:
            User.objects.select_for_update(no_key=True).values_list("pk").get(pk=customer_id)
        related = drafts.select_related("cart", "customer", "created_by")
        draft = related.select_for_update(no_key=True, of=("self",)).first()
        if draft is None:
            raise NotFound
        if draft.customer_id == customer_id:  # else staff have just chosen another customer
            return draft


@transactional
def create_draft(*, actor: User, changes: Mapping[str, Any], may_override: bool) -> Draft:
    """Create a draft with the validated members of ``DraftChangesSerializer``.

    Its cart is that of a guest, whose token is never given out. Raises PermissionMissing for prices
    that ``actor`` may not set, InvalidField for a customer who does not exist, and the errors of
    ``change_cart``.
    """
    own = _own_columns(changes)
    opened, _priced = change_cart(buyer=NOBODY, changes=_of_cart(changes))
    draft = Draft.objects.create(cart_id=opened.cart_id, created_by=actor, **own)
    _override(draft, changes.get("items") or (), {}, may_override=may_override)
    return draft


@transactional
def change_draft(*, draft_id: int, changes: Mapping[str, Any], may_override: bool) -> Draft:
    """Change members of a draft; absent ones stay, and None clears a member.

    Locks the draft and its cart. Raises NotFound, DraftOrdered, and what ``create_draft`` raises.
    """
    draft = lock_draft(draft_id)
    own = _own_columns(changes)
    overrides = CartItem.objects.filter(cart_id=draft.cart_id, price_override__isnull=False)
    before = dict(overrides.values_list("product_id", "price_override"))
    try:
        change_cart(buyer=buyer_of_draft(draft), changes=_of_cart(changes))
    except NoOpenCart:
        raise DraftOrdered from None
    for name, value in own.items():
        setattr(draft, name, value)
    draft.save(update_fields=[*own])
    if "items" in changes:
        _override(draft, changes["items"] or (), before, may_override=may_override)
    return draft


@transactional
def delete_draft(*, draft_id: int) -> None:
    """Delete a draft with its cart.

    Raises NotFound, and DraftOrdered for one that was ordered.
    """
    draft = lock_draft(draft_id)
    carts = Cart.objects.select_for_update(no_key=True).filter(pk=draft.cart_id)
    if carts.get().status != CartStatus.OPEN:
        raise DraftOrdered
    Cart.objects.filter(pk=draft.cart_id).delete()


def _of_cart(changes: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in changes.items() if name not in _OWN}


def _own_columns(changes: Mapping[str, Any]) -> dict[str, Any]:
    """Return the columns of the draft that change. Raises InvalidField for the customer."""
    columns: dict[str, Any] = {}
    if "link_hours" in changes:
        columns["link_hours"] = changes["link_hours"]
    if "customer_id" in changes:
        columns["customer"] = _customer(changes["customer_id"])
    return columns


def _customer(user_id: int | None) -> User | None:
    if user_id is None:
        return None
    user = User.objects.filter(pk=user_id, is_active=True).first()
    if user is None:
        raise InvalidField(field="customer_id", reason=_("There is no such customer."))
    return user


def _override(
    draft: Draft,
    items: Sequence[Mapping[str, Any]],
    before: Mapping[int, Decimal | None],
    *,
    may_override: bool,
) -> None:
    """Set the prices of items that have one of their own, and let the others have the current one.

    The items were replaced just now. ``before`` are the prices that staff had set before: those may
    stay, also if someone else changes the draft. Raises PermissionMissing for others unless
    ``may_override``.
    """
    wanted = {
        item["product_id"]: item["price_override"]
        for item in items
        if item.get("price_override") is not None
    }
    if not may_override and not wanted.items() <= before.items():
        raise PermissionMissing(permission=OVERRIDE_PRICES)
    if not (wanted or before):
        return
    rows = list(CartItem.objects.filter(cart_id=draft.cart_id))
    for row in rows:
        row.price_override = wanted.get(row.product_id)
        if row.price_override is not None:
            row.price_seen = row.price_override
    CartItem.objects.bulk_update(rows, ["price_override", "price_seen"])
