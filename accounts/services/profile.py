"""Changes of a user's own profile."""

from collections.abc import Mapping
from typing import Any

from accounts.models import User
from shop.core.handlers import InvalidToken
from shop.core.transactions import transactional


@transactional
def change_profile(*, user: User, changes: Mapping[str, Any]) -> User:
    """Set columns of an active user and return the user as stored. The other columns stay.

    Raises InvalidToken (401) for a user who was deleted or deactivated meanwhile.
    """
    rows = User.objects.filter(pk=user.pk, is_active=True)
    if changes and not rows.update(**changes):
        raise InvalidToken
    changed = rows.first()
    if changed is None:
        raise InvalidToken
    return changed
