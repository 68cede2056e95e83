"""Finding an order without a login: a link is sent to its e-mail address."""

from django.db.models import Q

from accounts.addresses import fold_address
from orders.models import Order
from orders.numbers import read_number
from shop.core import events
from shop.core.transactions import transactional

_MAX_ID = 2**63 - 1


@transactional
def request_link(*, number: str, email: str) -> None:
    """Record that somebody asked for a link to an order, whether or not it exists.

    The internal event ``order.lookup_requested`` has the id of the order with this number and this
    e-mail address, or 0. Who handles it writes to the address in the row. Sends the same statements
    in any case.
    """
    order_id = find_order_id(number=number, email=email) or 0
    events.record(
        "order.lookup_requested",
        object_type="order",
        object_id=order_id,
        data={},
        is_internal=True,
    )


def find_order_id(*, number: str, email: str) -> int | None:
    """Return the id of the order with a number, in any spelling, and an e-mail address, or None.

    The address is that of the order or, if it has none, of its user. The order of an earlier
    release is found by its id. Sends the same statement in any case.
    """
    email_key = fold_address(email)
    is_address = Q(email_key=email_key) | Q(email_key="", user__email_key=email_key)
    return Order.objects.filter(has_number(number), is_address).values_list("pk", flat=True).first()


def has_number(number: str) -> Q:
    """Return the condition that an order has a number, in any spelling; its id without one."""
    found = Q(number=read_number(number) or "")
    digits = number.strip()
    if digits.isascii() and digits.isdecimal() and int(digits) <= _MAX_ID:
        found |= Q(pk=int(digits), number=None)
    return found
