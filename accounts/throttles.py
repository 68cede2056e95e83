"""Rate limits of login, registration and refresh.

Each limit counts the requests of one network address, so that no client can lock out users at
other addresses.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from django.conf import settings
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request

from accounts.models import User, login_key
from accounts.serializers import EMAIL_LENGTH
from shop.core.errors import InvalidField
from shop.core.fields import StrictStr
from shop.core.throttling import CountingThrottle, Limit, address_of

MINUTE, HOUR = 60, 3600


class LoginAccountThrottle(CountingThrottle):
    """Failed logins to one account from one address. Logins from other addresses still work."""

    name = "login-account"
    limits = (Limit(10, MINUTE), Limit(50, HOUR))

    def identify(self, request: Request) -> str | None:
        """Return the address with the account, or None for a body without a valid username."""
        known = vars(request)  # the throttles of a request ask several times
        if "login_account" not in known:
            known["login_account"] = _account_of(request)
        account: str | None = known["login_account"]
        return f"{address_of(self, request)} {account}" if account else None


def _account_of(request: Request) -> str | None:
    """Return the user whom the body names, so that name and address have one counter.

    A name that no user has is counted in the same way, so that the limit does not tell which exist.
    """
    username = request.data.get("username") if isinstance(request.data, dict) else None
    try:
        name = StrictStr(max_length=EMAIL_LENGTH).run_validation(username)
        return f"user {User.objects.get_by_natural_key(name).pk}"
    except ValidationError:
        return None
    except User.DoesNotExist:
        return f"name {login_key(name)}"


class LoginAddressThrottle(CountingThrottle):
    """Failed logins from one address, to any account."""

    name = "login-address"
    limits = (Limit(50, MINUTE), Limit(500, HOUR))


class RegistrationAttemptThrottle(CountingThrottle):
    """Attempts to register from one address, also with an invalid body."""

    name = "registration"
    limits = (Limit(30, MINUTE), Limit(300, HOUR))


class RegistrationThrottle(CountingThrottle):
    """Registrations from one address that say whether a name or an e-mail address is taken."""

    name = "registered"

    def __init__(self) -> None:
        """Read the limits from the settings."""
        super().__init__()
        self.limits = tuple(Limit(*limit) for limit in settings.REGISTRATION_LIMITS)

    @contextmanager
    def counting_valid_bodies(self, request: Request) -> Iterator[None]:
        """Do not count a registration that the block refuses with 400: it says nothing."""
        try:
            yield
        except (ValidationError, InvalidField):
            self.forgive(request)
            raise


class RefreshThrottle(CountingThrottle):
    """Requests for new tokens from one address."""

    name = "refresh"
    limits = (Limit(120, MINUTE),)
