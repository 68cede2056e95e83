"""Errors of the changes feed."""

from shop.core.errors import Conflict


class CursorOutdated(Conflict):
    """409: the cursor is of a database that is no more."""

    code = "cursor_outdated"
    message = "This cursor no longer holds: ask without one, and load the catalogue anew."
