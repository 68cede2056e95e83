"""Limits of declined payments, against the testing of stolen cards.

Declined payments are counted for the order, the buyer and the client's address. The more were
declined, the longer is the wait: a minute, an hour, then a day. An address may belong to many
buyers, so its limits are higher. Payments that succeed are not counted.
"""

from django.conf import settings
from rest_framework.request import Request

from orders.access import OrderAccess
from payments.errors import TooManyDeclines
from payments.models import Payment, PaymentStatus
from shop.core.security_log import log_security
from shop.core.throttling import CountingThrottle, Limit, address_of, longest_wait

MINUTE, HOUR, DAY = 60, 3600, 86400


class OrderDeclines(CountingThrottle):
    """Declined payments of one order."""

    name = "declined-order"
    limits = (Limit(4, MINUTE), Limit(8, HOUR), Limit(15, DAY))


class BuyerDeclines(CountingThrottle):
    """Declined payments of one buyer."""

    name = "declined-buyer"
    limits = (Limit(5, MINUTE), Limit(12, HOUR), Limit(25, DAY))


class AddressDeclines(CountingThrottle):
    """Declined payments from one client address."""

    name = "declined-address"
    limits = (Limit(20, MINUTE), Limit(60, HOUR), Limit(200, DAY))


def check_declines(request: Request, access: OrderAccess, order_id: int | None) -> None:
    """Raise TooManyDeclines if the order, the buyer or the address has to wait.

    An order that is placed just now has no id yet.
    """
    if settings.THROTTLE and (wait := longest_wait(_callers(request, access, order_id))):
        log_security("payments.declined_too_often", suspicious=True, order_id=order_id, wait=wait)
        raise TooManyDeclines(retry_after=wait)


def count_decline(request: Request, access: OrderAccess, payment: Payment) -> None:
    """Count a payment that the request has caused, if it was declined."""
    if settings.THROTTLE and payment.status == PaymentStatus.FAILED:
        for throttle, key in _callers(request, access, payment.order_id).items():
            throttle.count(key)


def _callers(
    request: Request, access: OrderAccess, order_id: int | None
) -> dict[CountingThrottle, str]:
    address = AddressDeclines()
    of_order: dict[CountingThrottle, str] = {}
    if order_id is not None:
        of_order[OrderDeclines()] = str(order_id)
    return {
        **of_order,
        BuyerDeclines(): str(access.user.pk) if access.user else str(access.guest),
        address: address_of(address, request),
    }
