"""Changing one's e-mail address by a link that was sent to the new one."""

from django.db import IntegrityError
from django.db.models.functions import Now
from django.utils.translation import get_language

from accounts.addresses import fold_address
from accounts.email_changes import KEPT_FOR, EmailChange
from accounts.errors import EmailTaken, LinkInvalid, WrongPassword
from accounts.hooks import on_email_verified
from accounts.models import User
from accounts.services.locks import lock_active_user
from accounts.services.passwords import check_current_password
from shop.core import events
from shop.core.security_log import log_security
from shop.core.transactions import transactional


def request_email_change(*, user: User, email: str, password: str, language: str) -> None:
    """Ask for a link to another address, in the same way whether or not an account has it.

    It replaces what the user has asked for before. Records ``account.email_change_requested`` with
    ``change_id`` and ``language``; who handles it writes to the address of the change, with
    ``accounts.links.make_email_change_token``. Raises WrongPassword (400), also if the password was
    changed meanwhile.
    """
    check_current_password(user, password, field="password")
    _record_request(user, email, language)
    log_security("email.change_requested", account_id=user.pk)


@transactional
def _record_request(user: User, email: str, language: str) -> None:
    locked = lock_active_user(user)
    if locked.password != user.password:
        raise WrongPassword(field="password")
    EmailChange.objects.filter(user=locked, confirmed_at=None).delete()
    change = EmailChange.objects.create(user=locked, old_email=locked.email, new_email=email)
    _record("account.email_change_requested", change, language)


def confirm_email_change(*, change: EmailChange) -> None:
    """Give the user the address of a change whose link was used; it is verified by this.

    Sessions go on. Records ``account.email_changed`` with ``change_id`` and the ``language`` of the
    request, so that the old address is notified. Raises LinkInvalid (400) if the link was used
    meanwhile, or password or address have changed, and EmailTaken (409) if an account has the
    address.
    """
    _confirm(change)
    log_security("email.changed", account_id=change.user_id)


@transactional
def _confirm(change: EmailChange) -> None:
    user = change.user
    unchanged = User.objects.filter(
        pk=user.pk, password=user.password, email_key=user.email_key, is_active=True
    )
    try:
        changed = unchanged.update(
            email=change.new_email,
            email_key=fold_address(change.new_email),
            email_verified_at=Now(),
        )
    except IntegrityError:
        raise EmailTaken from None
    unused = EmailChange.objects.filter(pk=change.pk, confirmed_at=None)
    if not changed or not unused.update(confirmed_at=Now()):
        raise LinkInvalid
    _record("account.email_changed", change, get_language() or "")
    on_email_verified.run(User.objects.get(pk=user.pk))


def _record(kind: str, change: EmailChange, language: str) -> None:
    events.record(
        kind,
        object_type="user",
        object_id=change.user_id,
        data={"change_id": change.pk, "language": language},
        is_internal=True,
    )


def delete_old_email_changes(limit: int) -> int:
    """Delete at most ``limit`` changes that are older than ``KEPT_FOR``; return their number."""
    old = EmailChange.objects.filter(created_at__lt=Now() - KEPT_FOR).order_by("created_at")
    batch = list(old.values_list("pk", flat=True)[:limit])
    EmailChange.objects.filter(pk__in=batch).delete()
    return len(batch)
