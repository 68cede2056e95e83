"""Proving that an e-mail address belongs to the user."""

from django.db.models.functions import Now

from accounts import links
from accounts.errors import EmailAlreadyVerified, LinkInvalid
from accounts.hooks import on_email_verified
from accounts.models import User
from accounts.services.email_changes import confirm_email_change
from shop.core import events
from shop.core.security_log import log_security
from shop.core.transactions import transactional


@transactional
def request_verification(*, user: User, language: str) -> None:
    """Ask for a link to the user's address. Raises EmailAlreadyVerified (409)."""
    if User.objects.filter(pk=user.pk, email_verified_at__isnull=False).exists():
        raise EmailAlreadyVerified
    record_verification_request(user, language=language)


def record_verification_request(user: User, *, language: str) -> None:
    """Record the event ``account.verification_requested``. Needs the caller's transaction.

    ``language`` is that of the request. Who handles it writes to the address in the row, if it is
    not verified yet, with ``accounts.links.make_verification_token``.
    """
    events.record(
        "account.verification_requested",
        object_type="user",
        object_id=user.pk,
        data={"language": language},
        is_internal=True,
    )


def verify_email(*, token: str) -> None:
    """Mark the address as verified, for which the link was made. Raises LinkInvalid (400).

    A link works once, and only as long as the account has the address, or still wants to have it:
    then the account gets it by this, or EmailTaken (409) is raised.
    """
    change = links.email_change_of_token(token)
    if change is not None:
        confirm_email_change(change=change)
        return
    user = links.user_of_verification_token(token)
    _verify(user)
    log_security("email.verified", account_id=user.pk)


@transactional
def _verify(user: User) -> None:
    unverified = User.objects.filter(
        pk=user.pk, email_key=user.email_key, email_verified_at=None, is_active=True
    )
    if not unverified.update(email_verified_at=Now()):
        raise LinkInvalid
    on_email_verified.run(User.objects.get(pk=user.pk))
