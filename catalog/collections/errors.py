"""Errors about collections."""

from django.utils.translation import gettext_lazy as _

from shop.core.errors import NotFound


class CollectionNotFound(NotFound):
    """404: the collection does not exist."""

    code = "collection_not_found"
    field = "collection_ids"
    message = _("This collection does not exist.")
