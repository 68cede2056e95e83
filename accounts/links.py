"""The tokens of links in mails: signed, for a limited time, and valid once.

A token contains the id of the user and a digest of what its use changes, so that it is invalid
afterwards: of the password for a new password, of the address for its verification, which the row
records. That of another address contains the id of the change, whose row records its use. Whether a
link was used meanwhile is decided by the update (``accounts.services``).

Tokens signed with SECRET_KEY_FALLBACKS are accepted. Their age is measured by this server's clock.
"""

from datetime import timedelta
from hashlib import sha256
from hmac import compare_digest

from django.core import signing

from accounts.errors import LinkInvalid
from accounts.models import EmailChange, User

RESET_LIFETIME = timedelta(hours=2)
VERIFICATION_LIFETIME = timedelta(days=3)
EMAIL_CHANGE_LIFETIME = timedelta(days=1)

TOKEN_LENGTH = 300
"""The largest number of characters of a token that is read."""

_RESET = "accounts.links.reset"
_VERIFICATION = "accounts.links.verification"
_EMAIL_CHANGE = "accounts.links.email_change"


def make_reset_token(user: User) -> str:
    """Return the token of a link to choose a new password, valid for ``RESET_LIFETIME``."""
    return signing.dumps([user.pk, _reset_state(user)], salt=_RESET)


def make_verification_token(user: User) -> str:
    """Return the token of a link that verifies the address, for ``VERIFICATION_LIFETIME``."""
    return signing.dumps([user.pk, _address_state(user)], salt=_VERIFICATION)


def make_email_change_token(change: EmailChange) -> str:
    """Return the token of a link that gives the user the new address of a change.

    It is valid for ``EMAIL_CHANGE_LIFETIME``, and while password and old address stay.
    """
    state = _reset_state(change.user)
    return signing.dumps([change.user_id, state, change.pk], salt=_EMAIL_CHANGE)


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


def email_change_of_token(token: str) -> EmailChange | None:
    """Return the unused change of a link, with its user; None for a token of another kind.

    Raises LinkInvalid.
    """
    try:
        pk, state, change_id = signing.loads(
            token, salt=_EMAIL_CHANGE, max_age=EMAIL_CHANGE_LIFETIME
        )
    except signing.BadSignature:
        return None
    changes = EmailChange.objects.filter(pk=change_id, user=pk, confirmed_at=None)
    change = changes.select_related("user").first()
    if change is None or not compare_digest(state, _reset_state(change.user)):
        raise LinkInvalid
    return change


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
