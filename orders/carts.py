"""What an order copies from its cart, and what the unpaid orders of the buyer hold.

One statement reads all of it, after the cart was locked.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from django.db.models import (
    Count,
    Exists,
    IntegerField,
    QuerySet,
    Subquery,
    Sum,
    TextField,
    Value,
)
from django.db.models.functions import Cast, Coalesce, Now

from accounts.addresses import fold_address
from cart.guests import Buyer
from cart.models import Cart
from orders.models import Order
from orders.numbers import new_number
from orders.states import OrderStatus
from shop.engine import select


class Held(NamedTuple):
    """The number of a buyer's pending orders, and of the units in them."""

    orders: int
    units: int


@dataclass(frozen=True, slots=True)
class CartToOrder:
    """What an order copies from its cart, with a number that no order has."""

    number: str
    email: str
    email_key: str
    phone: str
    language: str
    note: str
    consents: Mapping[str, Any]
    metadata: Mapping[str, str]
    shipping_address: Mapping[str, str] | None
    billing_address: Mapping[str, str] | None
    database_time: datetime
    held: Held


class _CartRow(NamedTuple):
    email: str
    phone: str
    language: str
    note: str
    consents: str
    metadata: str
    shipping_address: str | None
    billing_address: str | None
    database_time: datetime
    is_number_taken: bool
    held_orders: int
    held_units: int


def read_cart(buyer: Buyer, cart_id: int) -> CartToOrder:
    """Return what the order of a locked cart needs. Sends one statement, for a guest a second one.

    A user's order has the address of the account if the cart has none. The caller's lock makes the
    numbers of pending orders exact for a user, and for a guest with one cart at a time.
    """
    number, row = _read(buyer, cart_id)
    email = row.email or (buyer.user.email if buyer.user else "")
    key = fold_address(email) if email else ""
    held = Held(row.held_orders, row.held_units)
    if buyer.user is None and key:
        held = held_by_guest.row(email_key=key) or Held(0, 0)
    return CartToOrder(
        number=number,
        email=email,
        email_key=key,
        phone=row.phone,
        language=row.language,
        note=row.note,
        consents=json.loads(row.consents),
        metadata=json.loads(row.metadata),
        shipping_address=_address(row.shipping_address),
        billing_address=_address(row.billing_address),
        database_time=row.database_time,
        held=held,
    )


def _read(buyer: Buyer, cart_id: int) -> tuple[str, _CartRow]:
    """Return the row of the cart, with a number for its order.

    A second transaction that draws the same number at the same time is refused by the database.
    """
    while True:
        number = new_number()
        row = _cart_to_order.row(cart_id=cart_id, user_id=buyer.user_id or 0, number=number)
        if row is None:
            raise LookupError("the caller has not locked the cart")
        if not row.is_number_taken:
            return number, row


def _address(text: str | None) -> Mapping[str, str] | None:
    found: Mapping[str, str] | None = json.loads(text) if text else None
    return found


@select(_CartRow)
def _cart_to_order(*, cart_id: int, user_id: int, number: str) -> QuerySet[Cart, Any]:
    """A cart, whether a number is taken, and what the pending orders of a user hold."""
    held = _pending().filter(user_id=user_id)
    return Cart.objects.filter(pk=cart_id).values_list(
        *("email", "phone", "language", "note"),
        *(_text(name) for name in ("consents", "metadata")),
        *(_text(name) for name in ("shipping_address", "billing_address")),
        Now(),
        Exists(Order.objects.filter(number=number)),
        _of_all(held, Count("pk")),
        _of_all(held, Sum("items__quantity")),
    )


@select(Held)
def held_by_guest(*, email_key: str) -> QuerySet[Order, Any]:
    """What the pending orders of guests with an e-mail address hold; no row if there are none."""
    pending = _pending().filter(user_id=None, email_key=email_key)
    return (
        pending.order_by()
        .values("email_key")
        .annotate(orders=Count("pk", distinct=True), units=Sum("items__quantity"))
        .values_list("orders", "units")
    )


def _pending() -> QuerySet[Order]:
    # A pending order is never paid. The condition lets the index of unpaid orders serve it.
    return Order.objects.filter(paid_at=None, status=OrderStatus.PENDING)


def _of_all(orders: QuerySet[Order], aggregate: Any) -> Coalesce:
    """Return an aggregate over all of the orders as an expression, 0 without orders."""
    one_group = orders.order_by().values(group=Value(1)).values(found=aggregate)
    return Coalesce(Subquery(one_group, output_field=IntegerField()), 0)


def _text(column: str) -> Cast:
    """Return a JSON column as text, because a compiled statement does not convert it."""
    return Cast(column, TextField())
