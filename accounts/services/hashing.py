"""The hash of a new password."""

from django.contrib.auth.hashers import make_password
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError

from accounts.models import User
from accounts.passwords import normalize_password
from shop.core.errors import InvalidField


def hash_new_password(password: str, user: User, *, field: str) -> str:
    """Return the hash of a password that ``user`` may choose.

    Raises InvalidField (400) for ``field``, the member of the request. Call it before the
    transaction begins, because hashing takes longer than the transaction.
    """
    try:
        validate_password(password, user)
    except ValidationError as error:
        raise InvalidField(field=field, reason=" ".join(error.messages)) from None
    return make_password(normalize_password(password))
