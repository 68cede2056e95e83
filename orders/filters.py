"""Conditions for the statuses of orders, as ``orders.shown`` shows them.

The previous release leaves the columns null, or as this release had stored them.
"""

from collections.abc import Iterable

from django.db.models import F, Q

from orders.states import FulfilmentStatus, OrderPaymentStatus, OrderStatus, ReturnStatus

_P, _F, _S = OrderPaymentStatus, FulfilmentStatus, OrderStatus

_IS_FREE = Q(total=0, paid_at__isnull=False)
_IS_KEPT = Q(amount_paid__gt=0, amount_refunded=0)

# An order whose payment_status is null has no cancelled items.
_WITHOUT_PAYMENT_STATUS = {
    _P.UNPAID: Q(amount_paid=0) & ~_IS_FREE,
    _P.PARTLY_PAID: _IS_KEPT & Q(amount_paid__lt=F("total")),
    _P.PAID: _IS_FREE | (_IS_KEPT & Q(amount_paid__gte=F("total"))),
    _P.PARTLY_REFUNDED: Q(amount_refunded__gt=0, amount_refunded__lt=F("amount_paid")),
    _P.REFUNDED: Q(amount_refunded__gt=0, amount_refunded=F("amount_paid")),
}


def has_payment_status(values: Iterable[str]) -> Q:
    """Return the condition that an order has one of these payment statuses."""
    found = Q(payment_status__in=list(values))
    for value in map(OrderPaymentStatus, values):
        if value in _WITHOUT_PAYMENT_STATUS:
            found |= Q(payment_status=None) & _WITHOUT_PAYMENT_STATUS[value]
    return found


def has_fulfilment_status(values: Iterable[str]) -> Q:
    """Return the condition that an order has one of these fulfilment statuses."""
    found = Q(pk__in=[])
    for value in map(FulfilmentStatus, values):
        found |= _fulfilment(value)
    return found


def _fulfilment(value: FulfilmentStatus) -> Q:
    if value == _F.DELIVERED:
        return Q(fulfilment_status=value) | Q(status=_S.DELIVERED)
    if value == _F.FULFILLED:
        is_earlier = ~Q(fulfilment_status__in=[_F.FULFILLED, _F.DELIVERED])
        is_earlier |= Q(fulfilment_status=None)
        is_stored = Q(fulfilment_status=value) & ~Q(status=_S.DELIVERED)
        return is_stored | (Q(status=_S.SHIPPED) & is_earlier)
    stored = Q(fulfilment_status=value)
    if value == _F.UNFULFILLED:
        stored |= Q(fulfilment_status=None)
    return stored & ~Q(status__in=[_S.SHIPPED, _S.DELIVERED])


def has_return_status(values: Iterable[str]) -> Q:
    """Return the condition that an order has one of these return statuses."""
    found = Q(return_status__in=list(values))
    if ReturnStatus.RETURNED in values:
        is_restocked = Q(return_status=None, restocked_at__isnull=False)
        found |= is_restocked & ~has_fulfilment_status([_F.UNFULFILLED])
    return found
