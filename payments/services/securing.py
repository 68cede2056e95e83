"""What has to be secured before units are shipped: the one rule for shipping and for its audit.

Units of an order that has had an authorised payment are shipped if what they cost was captured, is
authorised, or will be paid to the carrier. So an authorisation that ends stops the shipping until
there is other money. Staff may ship the other orders unpaid, because they have confirmed them.
"""

from collections.abc import Iterator
from decimal import Decimal

from django.db.models import Exists, F, OuterRef, Q

from orders.models import Order, OrderQuerySet
from orders.services import worth_of_fulfilments
from orders.shown import amount_due
from orders.states import FulfilmentStatus, OrderStatus
from payments.models import EntryKind, LedgerEntry
from payments.services.commitments import secured_of
from shop.core.money import ZERO

_SENT = [FulfilmentStatus.PARTLY_FULFILLED, FulfilmentStatus.FULFILLED, FulfilmentStatus.DELIVERED]
_AUTHORISED = LedgerEntry.objects.filter(
    payment__order=OuterRef("pk"), kind=EntryKind.AUTHORISED.value
)


def missing_for_fulfilments(order: Order) -> Decimal:
    """Return how much of the units in fulfilments is not secured but has to be, else 0.

    An order that owes nothing, such as a refunded one, or that never had an authorised payment, can
    be shipped. Sends nothing for an order that is paid. In the order's currency.
    """
    if not amount_due(order) or not Order.objects.filter(Exists(_AUTHORISED), pk=order.pk).exists():
        return ZERO
    return max(ZERO, worth_of_fulfilments(order) - secured_of(order.pk))


def shipped_unsecured(orders: OrderQuerySet) -> Iterator[tuple[Order, Decimal]]:
    """Yield those of the orders that were shipped and are not secured, with what is missing."""
    was_sent = Q(fulfilment_status__in=_SENT) | Q(
        fulfilment_status=None, status__in=[OrderStatus.SHIPPED, OrderStatus.DELIVERED]
    )
    owing = orders.alias(due=F("total") - F("amount_cancelled") - F("amount_paid"))
    owing = owing.filter(was_sent, Exists(_AUTHORISED), paid_at=None, due__gt=0)
    for order in owing.order_by("pk").iterator():
        if missing := missing_for_fulfilments(order):
            yield order, missing
