"""Sparse fields: ``?fields=`` names the fields of a product that the response contains."""

from collections.abc import Callable
from functools import cache
from typing import Any

from django.http import QueryDict
from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiParameter
from rest_framework.serializers import Serializer

from shop.core.errors import InvalidField

FIELDS = OpenApiParameter(
    "fields",
    {"type": "string"},
    description="The fields to return, such as `id,name,price`. The default is all fields, which "
    "the schema of the response describes; with this parameter it has `id` and the named ones "
    "only.",
)
SparseFields = Callable[[dict[str, Any]], dict[str, Any]]


def read_sparse_fields(
    query: QueryDict, shape: type[Serializer[Any]], *, for_staff: bool
) -> SparseFields:
    """Return a function that removes all other fields than ``id`` and those from a response body.

    Without ``?fields=`` it keeps all of them. Raises InvalidField, which lists the known fields.
    """
    if "fields" not in query:
        return lambda body: body
    known = _field_names(shape, for_staff)
    names = set(str(query["fields"]).split(","))
    if not names.issubset(known):
        raise InvalidField(
            field="fields",
            reason=_("The field names, separated by commas, are: {names}.").format(
                names=", ".join(known)
            ),
        )
    names.add("id")
    return lambda body: {name: value for name, value in body.items() if name in names}


@cache
def _field_names(shape: type[Serializer[Any]], for_staff: bool) -> list[str]:  # noqa: FBT001 - a cache key
    """Return the fields that a reader sees. Those that only staff see are not required."""
    return [name for name, field in shape().fields.items() if field.required or for_staff]
