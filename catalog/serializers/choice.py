"""``?fields=``: the members that a client wants of a product."""

from collections.abc import Callable
from functools import cache
from typing import Any

from django.http import QueryDict
from rest_framework.serializers import Serializer

from shop.core.errors import InvalidField

Pick = Callable[[dict[str, Any]], dict[str, Any]]


def read_fields(query: QueryDict, shape: type[Serializer[Any]], *, for_staff: bool) -> Pick:
    """Return what takes ``id`` and what ``fields`` names out of a shown product; or all of it.

    Raises InvalidField, which names those that there are.
    """
    if "fields" not in query:
        return lambda shown: shown
    there = _members(shape, for_staff)
    wanted = set(str(query["fields"]).split(","))
    if not wanted.issubset(there):
        raise InvalidField(
            field="fields", reason=f"It names, by commas, some of: {', '.join(there)}."
        )
    wanted.add("id")
    return lambda shown: {name: value for name, value in shown.items() if name in wanted}


@cache
def _members(shape: type[Serializer[Any]], for_staff: bool) -> list[str]:  # noqa: FBT001 - a cache's key
    """Return the members of a shape that its reader sees; what only staff see is not required."""
    return [name for name, field in shape().fields.items() if field.required or for_staff]
