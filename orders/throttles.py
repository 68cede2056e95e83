"""Rate limits of guests, who could hold the stock of the shop with many e-mail addresses."""

from django.conf import settings
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request

from accounts.addresses import fold_address
from accounts.serializers import EmailField
from shop.core.errors import TooManyRequests
from shop.core.throttling import CountingThrottle, Limit, address_of

HOUR = 3600


class GuestOrders(CountingThrottle):
    """Orders of guests from one client address, which may belong to many buyers."""

    name = "guest-orders"
    limits = (Limit(120, HOUR),)


class LookUpThrottle(CountingThrottle):
    """Links to orders that one client address asks for."""

    name = "order-lookup"
    limits = (Limit(20, HOUR), Limit(60, 24 * HOUR))


class WithdrawalThrottle(CountingThrottle):
    """Withdrawals from one client address, which may belong to many buyers."""

    name = "withdrawals"
    limits = (Limit(60, HOUR), Limit(240, 24 * HOUR))


class WithdrawalReceiptThrottle(CountingThrottle):
    """Withdrawals with one e-mail address, from anywhere: each sends a receipt to it."""

    name = "withdrawal-receipts"
    limits = (Limit(10, HOUR), Limit(30, 24 * HOUR))

    def identify(self, request: Request) -> str | None:
        """Return the key of the e-mail address, or None for a body without a valid one."""
        email = request.data.get("email") if isinstance(request.data, dict) else None
        try:
            return fold_address(EmailField().run_validation(email))
        except ValidationError:
            return None


def check_guest_orders(request: Request) -> None:
    """Count an attempt of a guest to order. Raises TooManyRequests above the limit."""
    if not settings.THROTTLE:
        return
    throttle = GuestOrders()
    if wait := throttle.count(address_of(throttle, request)):
        raise TooManyRequests(retry_after=wait)
