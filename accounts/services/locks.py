"""The lock of a user, which is taken before those of carts and orders."""

from accounts.models import User
from shop.core.handlers import InvalidToken


def lock_active_user(user: User) -> User:
    """Lock the row of a user until the transaction of the caller ends, and return it.

    Raises InvalidToken (401) for a user who was deleted or deactivated meanwhile.
    """
    rows = User.objects.select_for_update(no_key=True).filter(pk=user.pk, is_active=True)
    locked = rows.first()
    if locked is None:
        raise InvalidToken
    return locked
