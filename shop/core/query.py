"""The query parameters of operations: declared once, for validation and for the OpenAPI document.

``describe(parameters=…)`` declares those of an operation (``shop.core.openapi``); the pagination
and the filter backends of its view declare theirs. Every other parameter is refused.
"""

import re
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any

from django.http import QueryDict
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiParameter
from rest_framework.exceptions import ErrorDetail, ValidationError
from rest_framework.views import APIView

from shop.core.audiences import MARK, Audience
from shop.core.errors import InvalidField
from shop.core.fields import MAX_ID
from shop.core.unknown import unknown_names

MAX_VALUES = 50
"""How often a parameter may be repeated unless its schema says otherwise."""


class Parameter(OpenApiParameter):
    """A query parameter with the function that reads its text.

    ``read`` raises ValueError with a sentence for a text that is not valid. If the type in
    ``schema`` is array, the parameter may be repeated to match any of several values.
    """

    def __init__(
        self, name: str, schema: dict[str, Any], description: str, *, read: Callable[[str], Any]
    ) -> None:
        """``schema`` describes the value in OpenAPI."""
        super().__init__(name, schema, description=description)
        self.read = read


class PatternParameter(OpenApiParameter):
    """Any number of parameters whose names match a pattern, as an object in OpenAPI.

    ``shown_as`` stands for their names in error messages. Each of them may be repeated.
    """

    def __init__(
        self,
        name: str,
        pattern: str,
        value: dict[str, Any],
        description: str,
        *,
        shown_as: str,
        audience: Audience | None = None,
    ) -> None:
        """``pattern`` matches whole names; ``value`` is the schema of their values."""
        # Generators of clients ignore patternProperties, and default to other styles for objects.
        schema = {
            "type": "object",
            "propertyNames": {"pattern": pattern},
            "additionalProperties": value,
        }
        super().__init__(
            name,
            schema,
            description=description,
            style="form",
            explode=True,
            extensions={MARK: audience} if audience else None,
        )
        self.matches = re.compile(pattern).match
        self.shown_as = shown_as


def id_parameter(name: str, description: str) -> Parameter:
    """Return a parameter whose value is the id of a row."""
    schema = {"type": "integer", "minimum": 1, "maximum": MAX_ID}
    return Parameter(name, schema, description, read=_read_id)


def choice_parameter(name: str, choices: Sequence[str], description: str) -> Parameter:
    """Return a parameter with one of ``choices``, which may be repeated to match any of several."""
    items = {"type": "string", "enum": list(choices)}
    schema = {"type": "array", "items": items, "maxItems": MAX_VALUES}
    return Parameter(name, schema, description, read=one_of(choices))


def ordering_parameter(choices: Sequence[str], description: str) -> Parameter:
    """Return the parameter ``ordering``."""
    schema = {"type": "string", "enum": list(choices)}
    return Parameter("ordering", schema, description, read=one_of(choices))


def time_parameter(name: str, description: str) -> Parameter:
    """Return a parameter that is a date or a time in ISO 8601, in UTC unless it has an offset."""
    schema = {"type": "string", "format": "date-time", "examples": ["2026-11-23T10:00:00Z"]}
    return Parameter(
        name, schema, f"{description} A date such as 2026-11-23 is its beginning.", read=_read_time
    )


def one_of(choices: Sequence[str]) -> Callable[[str], str]:
    """Return a function that reads one of ``choices``."""

    def read(text: str) -> str:
        if text not in choices:
            raise ValueError(
                _("The value must be one of: {choices}.").format(choices=", ".join(choices))
            )
        return text

    return read


def read_parameters(query: QueryDict, parameters: Sequence[Parameter]) -> dict[str, Any]:
    """Return the values of those ``parameters`` that a query has. Raises InvalidField (400).

    The value of a parameter that may be repeated is a list.
    """
    values: dict[str, Any] = {}
    for parameter in parameters:
        if parameter.name not in query:
            continue
        texts = query.getlist(parameter.name)
        try:
            read = [parameter.read(text) for text in texts]
        except ValueError as error:
            raise InvalidField(field=parameter.name, reason=str(error)) from None
        values[parameter.name] = read if _is_repeatable(_schema(parameter)) else read[0]
    return values


def check_query(view: APIView, query: QueryDict) -> None:
    """Raise ValidationError for parameters that are unknown, or given too often."""
    known = parameters_of(view)
    limits = {name: _max_values(name, known) for name in query}
    names = [getattr(known[name], "shown_as", name) for name in known]
    unknown = unknown_names("parameter", (name for name in query if not limits[name]), names)
    repeated = {
        name: [ErrorDetail(_too_often(limit), "invalid")]
        for name, limit in limits.items()
        if limit and len(query.getlist(name)) > limit
    }
    if unknown or repeated:
        raise ValidationError({**repeated, **unknown})


def parameters_of(view: APIView) -> dict[str, OpenApiParameter | None]:
    """Return the parameters of a view's action by name; None for those of its pagination."""
    action = action_of(view)
    own: Sequence[OpenApiParameter] = getattr(action or view, "query_parameters", ())
    names: list[str] = []
    if getattr(action, "is_list", getattr(view, "action", None) == "list"):
        names = [parameter["name"] for parameter in _schemas_of_list(view)]
    return {parameter.name: parameter for parameter in own} | dict.fromkeys(names)


def action_of(view: APIView) -> Any:
    """Return the function that handles the request, or None for a view without actions."""
    return getattr(view, getattr(view, "action", None) or "", None)


def _schemas_of_list(view: Any) -> list[dict[str, Any]]:
    """Return how the pagination and the filter backends of a view describe their parameters."""
    paginator = getattr(view, "paginator", None)
    pages = [] if paginator is None else paginator.get_schema_operation_parameters(view)
    filters = [
        schema
        for backend in getattr(view, "filter_backends", ())
        for schema in backend().get_schema_operation_parameters(view)
    ]
    return [*pages, *filters]


def _max_values(name: str, known: dict[str, OpenApiParameter | None]) -> int:
    """Return how often the parameter ``name`` may be given: 0 if it is unknown."""
    parameter = known.get(name)
    if name in known and not isinstance(parameter, PatternParameter):
        schema = _schema(parameter)
        return schema.get("maxItems", MAX_VALUES) if _is_repeatable(schema) else 1
    patterns = [other for other in known.values() if isinstance(other, PatternParameter)]
    return MAX_VALUES if any(other.matches(name) for other in patterns) else 0


def _too_often(limit: int) -> str:
    if limit == 1:
        return _("The parameter may be given at most once.")
    return _("The parameter may be given at most {limit} times.").format(limit=limit)


def _schema(parameter: Any) -> dict[str, Any]:
    schema = getattr(parameter, "type", None)
    return schema if isinstance(schema, dict) else {}


def _is_repeatable(schema: dict[str, Any]) -> bool:
    return schema.get("type") == "array"


def _read_id(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) < 20 and 0 < int(text) <= MAX_ID):
        raise ValueError(_("The value must be an id: a whole number from 1."))
    return int(text)


def _read_time(text: str) -> datetime:
    # In a URL, "+" is a space unless it is escaped.
    time = parse_datetime(text.replace(" ", "+") if "T" in text else text)
    try:
        if time is not None:
            return time.astimezone(UTC) if time.tzinfo else time.replace(tzinfo=UTC)
    except OverflowError:
        pass
    raise ValueError(
        _("The value must be a date or a time in ISO 8601, such as 2026-11-23T10:00:00Z.")
    )
