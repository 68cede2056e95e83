"""Sparse fields: ``?fields=`` names the members that a client wants of a product."""

from collections.abc import Callable
from functools import cache
from typing import Any

from django.http import QueryDict
from rest_framework.serializers import Serializer

from shop.core.errors import InvalidField

SparseFields = Callable[[dict[str, Any]], dict[str, Any]]


def read_sparse_fields(
    query: QueryDict, shape: type[Serializer[Any]], *, for_staff: bool
) -> SparseFields:
    """Return what reduces a response body to ``id`` and the members that ``fields`` names.

    Without ``fields`` it keeps all of them. Raises InvalidField, which names those that exist.
    """
    if "fields" not in query:
        return lambda body: body
    members = _members(shape, for_staff)
    wanted = set(str(query["fields"]).split(","))
    if not wanted.issubset(members):
        raise InvalidField(
            field="fields", reason=f"It names, by commas, some of: {', '.join(members)}."
        )
    wanted.add("id")
    return lambda body: {name: value for name, value in body.items() if name in wanted}


@cache
def _members(shape: type[Serializer[Any]], for_staff: bool) -> list[str]:  # noqa: FBT001 - a cache's key
    """Return the members that a reader sees; those that only staff see are optional."""
    return [name for name, field in shape().fields.items() if field.required or for_staff]
