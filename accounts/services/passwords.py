"""Changing a password, and choosing a new one by a link."""

from django.db.models import F, QuerySet
from django.db.models.functions import Coalesce, Now

from accounts import links, tokens
from accounts.addresses import fold, fold_address
from accounts.errors import LinkInvalid, WrongPassword
from accounts.hooks import on_email_verified
from accounts.models import User, user_of_email
from accounts.services.hashing import hash_new_password
from accounts.sign_in import on_sign_in
from shop.core import events
from shop.core.security_log import digest_of, log_security
from shop.core.transactions import transactional


def change_password(*, user: User, current: str, new: str) -> tokens.TokenPair:
    """Set a new password, end all sessions of the user, and open a new one.

    Raises WrongPassword and InvalidField (400), also if the password was changed meanwhile.
    """
    check_current_password(user, current, field="current")
    hashed = hash_new_password(new, user, field="new")
    pair = _replace(user, hashed)
    if pair is None:
        raise WrongPassword(field="current")
    log_security("password.changed", account_id=user.pk)
    return pair


def check_current_password(user: User, password: str, *, field: str) -> None:
    """Raise WrongPassword (400) for ``field``, and log it, unless it is the user's password."""
    if not user.check_password(password):
        log_security("password.wrong", suspicious=True, account_id=user.pk)
        raise WrongPassword(field=field)


@transactional
def _replace(user: User, hashed: str) -> tokens.TokenPair | None:
    """Store a hash and end all sessions; None if the password is not that of ``user`` any more."""
    if not _unchanged(user).update(password=hashed, token_version=F("token_version") + 1):
        return None
    return tokens.open_session(User.objects.get(pk=user.pk))


def _unchanged(user: User) -> QuerySet[User]:
    """Return the row of a user while it has the password and the address that were checked."""
    return User.objects.filter(
        pk=user.pk, password=user.password, email_key=user.email_key, is_active=True
    )


def request_password_reset(*, email: str, language: str) -> None:
    """Record that a link was asked for, in the same way whether or not an account has the address.

    The event ``account.password_reset_requested`` has the id of the user, or 0 if nobody may get a
    link, and ``language``, which the request had. Who handles it writes to the address in the row,
    with ``accounts.links.make_reset_token``, in the language of the user if there is one.
    """
    user_id = _record_reset_request(email, language)
    account = {"account_id": user_id} if user_id else {"name_digest": digest_of(fold(email))}
    log_security("password.reset_requested", **account)


@transactional
def _record_reset_request(email: str, language: str) -> int:
    """Return the id of the user who may get a link, or 0. Sends two statements in any case."""
    user = user_of_email.row(key=fold_address(email))
    may_reset = user is not None and user.is_active and user.has_usable_password()
    user_id = user.pk if user is not None and may_reset else 0
    events.record(
        "account.password_reset_requested",
        object_type="user",
        object_id=user_id,
        data={"language": language},
        is_internal=True,
    )
    return user_id


def reset_password(*, token: str, new_password: str, cart_token: str = "") -> tokens.TokenPair:
    """Set a new password by a link, end all sessions of the user, and open a new one.

    The address has become verified by this. ``cart_token`` is for ``on_sign_in``. Raises
    LinkInvalid and InvalidField (400); a link works once.
    """
    user = links.user_of_reset_token(token)
    hashed = hash_new_password(new_password, user, field="new_password")
    pair = _reset(user, hashed, cart_token)
    if pair is None:
        raise LinkInvalid
    log_security("password.reset", account_id=user.pk)
    return pair


@transactional
def _reset(user: User, hashed: str, cart_token: str) -> tokens.TokenPair | None:
    """Store a hash; None if the password is not that of ``user`` any more.

    The handlers of ``on_sign_in`` lock carts, and those of ``on_email_verified`` orders.
    """
    changed = _unchanged(user).update(
        password=hashed,
        token_version=F("token_version") + 1,
        email_verified_at=Coalesce(F("email_verified_at"), Now()),
    )
    if not changed:
        return None
    current = User.objects.get(pk=user.pk)
    if cart_token:
        on_sign_in.run(current, cart_token)
    if user.email_verified_at is None:
        on_email_verified.run(current)
    return tokens.open_session(current)
