"""Rate limits of accounts.

Each limit counts the requests of one network address, so that no client can lock out users at
other addresses. Only what sends e-mails is also limited for all addresses together.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from django.conf import settings
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request

from accounts.addresses import fold_address
from accounts.errors import WrongPassword
from accounts.models import User, login_key
from accounts.serializers import EMAIL_LENGTH, EmailField
from shop.core.errors import InvalidField
from shop.core.fields import StrictStr
from shop.core.throttling import CountingThrottle, Limit, address_of

MINUTE, HOUR, DAY = 60, 3600, 86400


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


class OwnPasswordThrottle(LoginAccountThrottle):
    """Wrong passwords of a signed-in user, counted together with failed logins to the account."""

    def identify(self, request: Request) -> str | None:
        """Return the address with the account, as for a login."""
        return f"{address_of(self, request)} user {request.user.pk}"

    @contextmanager
    def counting_wrong_passwords(self, request: Request) -> Iterator[None]:
        """Count this attempt only if the block raises WrongPassword."""
        try:
            yield
        except WrongPassword:
            raise
        except Exception:
            self.forgive(request)
            raise
        self.forgive(request)


class ResetAddressThrottle(CountingThrottle):
    """Requests for a new password from one network address."""

    name = "reset-address"
    limits = (Limit(10, HOUR), Limit(30, DAY))


class ResetAccountThrottle(CountingThrottle):
    """Requests for a new password of one account, from anywhere: each sends an e-mail.

    Counted by the e-mail address, so that the limit does not tell which accounts exist.
    """

    name = "reset-account"
    limits = (Limit(3, HOUR), Limit(10, DAY))

    def identify(self, request: Request) -> str | None:
        """Return the key of the e-mail address, or None for a body without a valid one."""
        email = request.data.get("email") if isinstance(request.data, dict) else None
        try:
            return fold_address(EmailField().run_validation(email))
        except ValidationError:
            return None


class VerificationThrottle(CountingThrottle):
    """Requests for a link that verifies the address of one user: each sends an e-mail."""

    name = "verification"
    limits = (Limit(3, HOUR), Limit(10, DAY))

    def identify(self, request: Request) -> str | None:
        """Return the user, whatever the network address."""
        return f"user {request.user.pk}"


class EmailChangeThrottle(VerificationThrottle):
    """Requests of one user for a link to another address: each sends an e-mail."""

    name = "email-change"
    limits = (Limit(5, HOUR), Limit(10, DAY))


class NewEmailThrottle(ResetAccountThrottle):
    """Requests for a link to one new address, of any user: each sends an e-mail."""

    name = "new-email"
    limits = (Limit(5, HOUR), Limit(10, DAY))


class LinkThrottle(CountingThrottle):
    """Tokens of links from one network address."""

    name = "links"
    limits = (Limit(30, MINUTE), Limit(300, HOUR))
