"""The tokens of links in mails: signed, for a limited time, and valid once.

A token contains the id of the user and a digest of what its use changes, so that it is invalid
afterwards: of the password for a new password, of the address for its verification, which the row
records. Whether a link was used meanwhile is decided by the update (``accounts.services``).

Tokens signed with SECRET_KEY_FALLBACKS are accepted. Their age is measured by this server's clock.
"""

from datetime import timedelta
from hashlib import sha256
from hmac import compare_digest

from django.core import signing

from accounts.errors import LinkInvalid
from accounts.models import User

RESET_LIFETIME = timedelta(hours=2)
VERIFICATION_LIFETIME = timedelta(days=3)

TOKEN_LENGTH = 300
"""The largest number of characters of a token that is read."""

_RESET = "accounts.links.reset"
_VERIFICATION = "accounts.links.verification"


def make_reset_token(user: User) -> str:
    """Return the token of a link to choose a new password, valid for ``RESET_LIFETIME``."""
    return signing.dumps([user.pk, _reset_state(user)], salt=_RESET)


def make_verification_token(user: User) -> str:
    """Return the token of a link that verifies the address, for ``VERIFICATION_LIFETIME``."""
    return signing.dumps([user.pk, _address_state(user)], salt=_VERIFICATION)


def user_of_reset_token(token: str) -> User:
    """Return the active user who may choose a new password. Raises LinkInvalid."""
    user, state = _read(token, _RESET, RESET_LIFETIME)
    if not user.has_usable_password() or not compare_digest(state, _reset_state(user)):
        raise LinkInvalid
    return user


def user_of_verification_token(token: str) -> User:
    """Return the active user whose unverified address the link proves. Raises LinkInvalid."""
    user, state = _read(token, _VERIFICATION, VERIFICATION_LIFETIME)
    if user.email_verified_at is not None or not compare_digest(state, _address_state(user)):
        raise LinkInvalid
    return user


def _read(token: str, salt: str, lifetime: timedelta) -> tuple[User, str]:
    try:
        pk, state = signing.loads(token, salt=salt, max_age=lifetime)
    except signing.BadSignature:
        raise LinkInvalid from None
    user = User.objects.filter(pk=pk, is_active=True).first()
    if user is None:
        raise LinkInvalid
    return user, state


def _reset_state(user: User) -> str:
    """Return a digest of the password's hash, whose salt is new for each password."""
    return _digest(f"{user.password} {user.email_key}")


def _address_state(user: User) -> str:
    return _digest(user.email_key)


def _digest(text: str) -> str:
    return sha256(text.encode()).hexdigest()[:32]
