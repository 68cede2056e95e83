"""Errors of the changes feed."""

from django.utils.translation import gettext_lazy as _

from shop.core.errors import Conflict


class CursorOutdated(Conflict):
    """409: the cursor comes from a database that was replaced."""

    code = "cursor_outdated"
    message = _("This cursor is no longer valid. Please load the catalog again without a cursor.")
