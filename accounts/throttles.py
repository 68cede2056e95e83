"""How often one may try. Nobody can lock out another: each limit is about the caller's address."""

from rest_framework.request import Request

from accounts.models import fold
from shop.core.throttling import CountingThrottle, Limit, address_of

MINUTE, HOUR = 60, 3600


class LoginAccountThrottle(CountingThrottle):
    """Failed logins to one account from one address; the owner, elsewhere, gets in meanwhile."""

    name = "login-account"
    limits = (Limit(10, MINUTE), Limit(50, HOUR))

    def identify(self, request: Request) -> str | None:
        """Return address and folded name, None for a body without one."""
        username = request.data.get("username") if isinstance(request.data, dict) else None
        if not isinstance(username, str):
            return None
        return f"{address_of(self, request)} {fold(username)}"


class LoginAddressThrottle(CountingThrottle):
    """Failed logins from one address, to whatever account."""

    name = "login-address"
    limits = (Limit(50, MINUTE), Limit(500, HOUR))


class RegistrationThrottle(CountingThrottle):
    """Registrations from one address."""

    name = "registration"
    limits = (Limit(30, MINUTE), Limit(300, HOUR))


class RefreshThrottle(CountingThrottle):
    """Refreshes from one address."""

    name = "refresh"
    limits = (Limit(120, MINUTE),)
