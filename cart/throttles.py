"""Rate limits of carts: voucher codes that do not exist, and carts that guests open."""

from collections.abc import Iterator

from django.conf import settings
from rest_framework.request import Request

from cart.guests import Buyer
from cart.priced import PricedCart
from cart.pricing import VoucherReason
from shop.core.errors import TooManyRequests
from shop.core.throttling import CountingThrottle, Limit, address_of, longest_wait

MINUTE, HOUR = 60, 3600


class NewGuestCarts(CountingThrottle):
    """Carts of guests from one address, which may belong to many buyers."""

    name = "guest-carts"
    limits = (Limit(120, MINUTE), Limit(1200, HOUR))


class UnknownCodesOfCart(CountingThrottle):
    """Voucher codes that do not exist, entered into one cart."""

    name = "voucher-cart"
    limits = (Limit(20, HOUR),)


class UnknownCodesOfAddress(CountingThrottle):
    """Voucher codes that do not exist, entered from one address."""

    name = "voucher-address"
    limits = (Limit(100, HOUR),)


def count_new_cart(request: Request) -> None:
    """Count a new cart of a guest. Raises TooManyRequests above the limit."""
    if not settings.THROTTLE:
        return
    throttle = NewGuestCarts()
    if wait := throttle.count(address_of(throttle, request)):
        raise TooManyRequests(retry_after=wait)


def check_codes(request: Request, buyer: Buyer) -> None:
    """Raise TooManyRequests if too many unknown codes were entered. Does not count."""
    if settings.THROTTLE and (wait := longest_wait(dict(_callers(request, buyer)))):
        raise TooManyRequests(retry_after=wait)


def count_unknown_codes(request: Request, cart: PricedCart) -> None:
    """Count each code of a cart that does not exist."""
    if not settings.THROTTLE:
        return
    for voucher in cart.totals.vouchers:
        if voucher.reason == VoucherReason.UNKNOWN:
            for throttle, caller in _callers(request, cart.buyer):
                throttle.count(caller)


def _callers(request: Request, buyer: Buyer) -> Iterator[tuple[CountingThrottle, str]]:
    """Yield the limits that apply: of the address, and of the cart if there is one."""
    of_address = UnknownCodesOfAddress()
    yield of_address, address_of(of_address, request)
    if buyer.user is not None or buyer.cart_id is not None:
        yield UnknownCodesOfCart(), f"{buyer.key}"
