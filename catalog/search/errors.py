"""Errors of the changes feed, and about synonyms."""

from django.utils.translation import gettext_lazy as _

from shop.core.errors import Conflict, NotFound


class CursorOutdated(Conflict):
    """409: the cursor comes from a database that was replaced."""

    code = "cursor_outdated"
    message = _("This cursor is no longer valid. Please load the catalog again without a cursor.")


class SynonymNotFound(NotFound):
    """404: the group of synonyms does not exist."""

    code = "synonym_not_found"
    message = _("These synonyms do not exist.")
