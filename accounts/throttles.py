"""Rate limits of login, registration and refresh.

Each limit counts the requests of one network address, so that no client can lock out users at
other addresses.
"""

from rest_framework.request import Request

from accounts.models import fold
from shop.core.throttling import CountingThrottle, Limit, address_of

MINUTE, HOUR = 60, 3600


class LoginAccountThrottle(CountingThrottle):
    """Failed logins to one account from one address. Logins from other addresses still work."""

    name = "login-account"
    limits = (Limit(10, MINUTE), Limit(50, HOUR))

    def identify(self, request: Request) -> str | None:
        """Return the address with the folded username, or None for a body without a username."""
        username = request.data.get("username") if isinstance(request.data, dict) else None
        if not isinstance(username, str):
            return None
        return f"{address_of(self, request)} {fold(username)}"


class LoginAddressThrottle(CountingThrottle):
    """Failed logins from one address, to any account."""

    name = "login-address"
    limits = (Limit(50, MINUTE), Limit(500, HOUR))


class RegistrationThrottle(CountingThrottle):
    """Registrations from one address."""

    name = "registration"
    limits = (Limit(30, MINUTE), Limit(300, HOUR))


class RefreshThrottle(CountingThrottle):
    """Requests for new tokens from one address."""

    name = "refresh"
    limits = (Limit(120, MINUTE),)
