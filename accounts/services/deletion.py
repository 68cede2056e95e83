"""The deletion of an account by its user."""

from uuid import uuid4

from django.contrib.admin.models import LogEntry
from django.contrib.auth.hashers import make_password
from django.db.models import F
from django.db.models.functions import Now

from accounts.addresses import fold, fold_address
from accounts.errors import StaffKept
from accounts.hooks import on_account_deleted
from accounts.models import Address, EmailChange, User
from accounts.services.passwords import check_current_password
from shop.core import events
from shop.core.handlers import InvalidToken
from shop.core.models import IdempotencyKey
from shop.core.security_log import log_security
from shop.core.transactions import transactional


def delete_account(*, user: User, password: str) -> None:
    """Delete the account of a customer, and everything personal that no order needs.

    The row stays, since orders and their history refer to it, but without personal data and under
    another name: username and e-mail address can be registered again. All sessions end. Carts and
    addresses are deleted; orders keep their copies. Records the internal event ``user.deleted``.

    Raises StaffKept (403) and WrongPassword (400), and InvalidToken (401) for a user who was
    deleted, deactivated or given another password meanwhile.
    """
    if user.is_staff or user.is_superuser:
        raise StaffKept
    check_current_password(user, password, field="password")
    _delete(user)
    log_security("account.deleted", account_id=user.pk)


@transactional
def _delete(user: User) -> None:
    # Not "no key": the names are keys. So this waits at once for transactions that refer to the row
    # and will lock it, instead of a deadlock with them at the update.
    rows = User.objects.select_for_update().filter(pk=user.pk, is_active=True)
    locked = rows.filter(password=user.password, is_staff=False, is_superuser=False).first()
    if locked is None:
        raise InvalidToken
    on_account_deleted.run(locked)
    Address.objects.visible_to(locked).delete()
    EmailChange.objects.filter(user=locked).delete()
    IdempotencyKey.objects.filter(user=locked).delete()
    _anonymize(locked)
    events.record(
        "user.deleted", object_type="user", object_id=locked.pk, data={}, is_internal=True
    )


def _anonymize(user: User) -> None:
    """Replace what names a person. The new names are random, so that nobody can have them."""
    username = f"deleted-{uuid4().hex}"
    email = f"{username}@deleted.invalid"
    User.objects.filter(pk=user.pk).update(
        username=username,
        username_key=fold(username),
        email=email,
        email_key=fold_address(email),
        email_verified_at=None,
        first_name="",
        last_name="",
        phone="",
        language="",
        metadata={},
        private_metadata={},
        password=make_password(None),
        token_version=F("token_version") + 1,
        is_active=False,
        deleted_at=Now(),
    )
    # What staff changed in the admin has the name of that time.
    LogEntry.objects.filter(
        content_type__app_label="accounts", content_type__model="user", object_id=str(user.pk)
    ).update(object_repr=username)
