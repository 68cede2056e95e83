"""Registration, login and logout."""

from copy import copy
from typing import NamedTuple

from django.contrib.auth import authenticate
from django.db.models import F
from django.utils.translation import get_language

from accounts import tokens
from accounts.addresses import fold, fold_address
from accounts.errors import EmailTaken, InvalidCredentials, UsernameTaken
from accounts.models import User
from accounts.services.hashing import hash_new_password
from accounts.services.verification import record_verification_request
from accounts.sign_in import on_sign_in
from accounts.usernames import make_username
from shop.core import events
from shop.core.security_log import log_security
from shop.core.transactions import transactional
from shop.engine import insert


class Registered(NamedTuple):
    """A new user, with the tokens of a session if it was opened."""

    user: User
    pair: tokens.TokenPair | None


def register(  # noqa: PLR0913 - the members of the request
    *,
    email: str,
    password: str,
    username: str = "",
    first_name: str = "",
    last_name: str = "",
    language: str = "",
    login: bool = False,
    cart_token: str = "",
) -> Registered:
    """Create a customer. Raises InvalidField (400), UsernameTaken or EmailTaken (409).

    ``username`` must be in NFKC; without one, it is made from the address. With ``login`` a session
    is opened in the same transaction, and ``cart_token`` is for ``on_sign_in``. The password is
    hashed before the transaction begins, because hashing takes longer than the transaction.
    """
    user = User(email=email, first_name=first_name, last_name=last_name, language=language)
    user.username = username or make_username(email)
    user.username_key, user.email_key = fold(user.username), fold_address(email)
    user.password = hash_new_password(password, user, field="password")
    registered = _insert(user, login=login, cart_token=cart_token)
    if registered is None:
        raise _taken(user)
    log_security("registered", account_id=registered.user.pk)
    return registered


@transactional
def _insert(new: User, *, login: bool, cart_token: str) -> Registered | None:
    """Insert a user, or return None if the name or the address is taken.

    ``new`` is not changed, so that this can run again.
    """
    user = copy(new)
    if not insert(user, unless_exists=True):
        return None
    events.record(
        "user.registered", object_type="user", object_id=user.pk, data={}, is_internal=True
    )
    record_verification_request(user, language=get_language() or "")
    if cart_token:
        on_sign_in.run(user, cart_token)
    return Registered(user, tokens.open_session(user) if login else None)


def _taken(user: User) -> UsernameTaken | EmailTaken:
    """Return the error that tells which of the name and the address another user has."""
    if User.objects.filter(username_key=fold(user.username)).exists():
        return UsernameTaken()
    return EmailTaken()


def log_in(*, username: str, password: str, cart_token: str = "") -> tokens.TokenPair:
    """Open a session for a username or an e-mail address. Raises InvalidCredentials (401).

    ``cart_token`` is for ``on_sign_in``.
    """
    user = authenticate(username=username, password=password)
    if not isinstance(user, User):
        raise InvalidCredentials
    log_security("login.api", user_id=user.pk)
    return sign_in(user, cart_token=cart_token)


@transactional
def sign_in(user: User, *, cart_token: str) -> tokens.TokenPair:
    """Open a session for a user whom the caller has authenticated, after ``on_sign_in``."""
    if cart_token:
        on_sign_in.run(user, cart_token)
    return tokens.open_session(user)


def log_out(*, sid: str) -> None:
    """End the session ``sid``. From then on its access and refresh tokens are invalid."""
    tokens.end_session(sid)


def log_out_everywhere(*, user: User) -> None:
    """End all sessions of the user, in the API and in the admin.

    A changed password does the same (``User.save``).
    """
    User.objects.filter(pk=user.pk).update(token_version=F("token_version") + 1)
    log_security("logout.everywhere", account_id=user.pk)
