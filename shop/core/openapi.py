"""The OpenAPI document: the responses of each operation, with errors as ``problem+json``.

A view names its responses and its own errors with ``describe``. The errors that follow from its
method, path and permissions (401, 405, 413 …) are added here.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from http import HTTPStatus
from typing import Any, Literal, TypeVar

from drf_spectacular.openapi import AutoSchema
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.permissions import AllowAny

from shop.core.bodies import BodyTooLarge, body_limit
from shop.core.errors import (
    IdempotencyKeyReused,
    NotFound,
    RequestInProgress,
    RequestTimeout,
    ShopError,
    TooManyRequests,
    Unauthorized,
    Unavailable,
    UnknownField,
)
from shop.core.fields import StrictStr
from shop.core.handlers import (
    CODES,
    PROBLEM_JSON,
    InvalidToken,
    problem,
    problem_with_errors,
    title_of,
)
from shop.core.pagination import plural_of
from shop.core.parsers import UploadParser
from shop.core.query import parameters_of
from shop.core.serializers import RequestSerializer
from shop.core.viewsets import IsStaff, OwnOrStaffMay

View = TypeVar("View", bound=Callable[..., Any])

# A character that str.strip() keeps; it strips more than \s matches in JSON Schema.
_NOT_BLANK = r"[^\s\x1c-\x1f\x85]"
_KEY_PATTERN = r'^([\x21\x23-\x7e][\x21-\x7e]{0,254}|"[\x21\x23-\x5b\x5d-\x7e]{1,255}")$'
_IDEMPOTENCY_KEY = {
    "in": "header",
    "name": "Idempotency-Key",
    "schema": {"type": "string", "pattern": _KEY_PATTERN},
    "description": "A new key for each new request. A repeated key gets the stored response.",
}
_IF_NONE_MATCH = {
    "in": "header",
    "name": "If-None-Match",
    "schema": {"type": "string"},
    "description": "The ETag of your copy. If it is still valid, the response is 304.",
}
# The variables of paths, which match shop.core.viewsets.ID.
_PATH_ID = {"type": "integer", "minimum": 0, "maximum": 10**18 - 1}
_HEADERS: dict[str, dict[str, Any]] = {
    "Allow": {"description": "The methods that the path supports.", "schema": {"type": "string"}},
    "ETag": {
        "description": "The revision of the catalog. Send it as If-None-Match.",
        "schema": {"type": "string"},
    },
    "Idempotent-Replayed": {
        "description": "`true` if this is the stored response to the key.",
        "schema": {"type": "string", "enum": ["true"]},
    },
    "Location": {"description": "The path of the created object.", "schema": {"type": "string"}},
    "Retry-After": {
        "description": "Seconds to wait before sending the request again.",
        "schema": {"type": "string", "pattern": "^[0-9]+$"},
    },
    "WWW-Authenticate": {
        "description": "How to authenticate.",
        "schema": {"type": "string"},
    },
    "X-Request-ID": {
        "description": "The id of this request in the logs of the shop.",
        "schema": {"type": "string"},
    },
}
_HEADERS_OF_STATUS = {
    "201": ["Location"],
    "401": ["WWW-Authenticate"],
    "405": ["Allow"],
    "429": ["Retry-After"],
    "503": ["Retry-After"],
}
_DETAILS = {
    400: "The body, a field, a parameter, the path or the Host header is malformed.",
    403: "Your role does not allow this.",
    404: NotFound.message,
    406: "The Accept header does not include JSON.",
    408: RequestTimeout.message,
    411: "Send the request body with a Content-Length header, not chunked.",
    415: "The body must be application/json in UTF-8.",
}
_NOT_A_FORM = "The body must be multipart/form-data."


class FieldProblemSerializer(serializers.Serializer[Any]):
    """An error of one field."""

    field = serializers.CharField(help_text="Path of the field, with dots.")
    code = serializers.CharField()
    detail = serializers.CharField()


class ProblemSerializer(serializers.Serializer[Any]):
    """RFC 9457 problem details. The facts of an error are further members."""

    type = serializers.CharField()
    title = serializers.CharField()
    status = serializers.IntegerField()
    detail = serializers.CharField(help_text="What went wrong, and what to do.")
    code = serializers.CharField(help_text="The code of the error, for programs.")
    errors = FieldProblemSerializer(many=True, required=False)  # type: ignore[assignment]


def describe(  # noqa: PLR0913 - the parts of an operation
    summary: str,
    *,
    answers: dict[int, Any],
    takes: Any = None,
    refuses: Sequence[type[ShopError]] = (),
    headers: Sequence[str] = (),
    parameters: Sequence[OpenApiParameter] = (),
    plural: str = "",
) -> Callable[[View], View]:
    """Describe an operation.

    ``answers`` are the serializers of its responses by status, ``takes`` is the serializer of its
    body, ``refuses`` are the errors that it may raise. ``headers`` are the names of further headers
    of its 2xx responses, and ``parameters`` those of its query. A request with other parameters is
    refused (``shop.core.query``), and so is a body without ``takes``. ``plural`` is the name of the
    array in a page if it is not that of the view.
    """

    def decorate(view: View) -> View:
        described: Any = extend_schema(summary=summary, request=takes, responses=answers)(view)
        described.refuses, described.answer_headers = refuses, headers
        described.query_parameters, described.takes_body = parameters, takes is not None
        described.plural = plural
        described.is_list = isinstance(answers[min(answers)], serializers.ListSerializer)
        return described  # type: ignore[no-any-return]

    return decorate


def example(value: dict[str, Any], *, media_type: str = "application/json") -> OpenApiExample:
    """Return ``value`` as an OpenAPI example, for ``extend_schema_serializer``."""
    return OpenApiExample("example", value=value, media_type=media_type)


def share_components(result: dict[str, Any], **_: Any) -> dict[str, Any]:
    """Move headers and error responses to components (a hook of drf-spectacular)."""
    shared: dict[str, Any] = {}
    for path in result["paths"].values():
        for operation in path.values():
            _share_errors(operation["responses"], shared)
            _describe_sparse_fields(operation, result["components"]["schemas"])
    result["components"] |= {"headers": _HEADERS, "responses": dict(sorted(shared.items()))}
    return result


def _share_errors(responses: dict[str, Any], shared: dict[str, Any]) -> None:
    for status, response in responses.items():
        content = response.get("content", {}).get(PROBLEM_JSON)
        if content:
            name = ".".join([status, *content["examples"]])
            while shared.setdefault(name, response) != response:
                name += ".too"  # the same codes with another example
            responses[status] = {"$ref": f"#/components/responses/{name}"}


def _describe_sparse_fields(operation: dict[str, Any], schemas: dict[str, Any]) -> None:
    """Describe that the parameter ``fields`` leaves out members of the response."""
    if not any(parameter["name"] == "fields" for parameter in operation.get("parameters", ())):
        return
    holder = operation["responses"]["200"]["content"]["application/json"]
    name = holder["schema"]["$ref"].rpartition("/")[2]
    for property_ in schemas[name]["properties"].values():
        if "$ref" in property_.get("items", {}) and name.startswith("Paginated"):
            complete = property_["items"]["$ref"].rpartition("/")[2]
            property_["items"] = _complete_or_sparse(complete, schemas)
            return
    holder["schema"] = _complete_or_sparse(name, schemas)


def _complete_or_sparse(name: str, schemas: dict[str, Any]) -> dict[str, Any]:
    part = f"Part{name}"
    schemas[part] = {**schemas[name], "required": ["id"], "description": f"Some of {name}."}
    reference = "#/components/schemas/"
    return {"anyOf": [{"$ref": reference + name}, {"$ref": reference + part}]}


class ShopAutoSchema(AutoSchema):
    """Adds errors and headers to the operations of drf-spectacular."""

    def _get_parameters(self) -> list[dict[str, Any]]:
        parameters: list[dict[str, Any]] = super()._get_parameters()
        if self._is_idempotent():
            parameters.append(_IDEMPOTENCY_KEY)
        if self._has_etag():
            parameters.append(_IF_NONE_MATCH)
        return parameters

    def get_override_parameters(self) -> list[Any]:
        """Return the parameters that ``describe`` declared."""
        return [parameter for parameter in parameters_of(self.view).values() if parameter]

    def _map_basic_serializer(
        self, serializer: Any, direction: Literal["request", "response"]
    ) -> dict[str, Any]:
        schema: dict[str, Any] = super()._map_basic_serializer(serializer, direction)  # type: ignore[no-untyped-call]
        kind = serializer if isinstance(serializer, type) else type(serializer)
        if direction == "request" and issubclass(kind, RequestSerializer):
            schema["additionalProperties"] = False
        return schema

    def _resolve_path_parameters(self, variables: list[str]) -> list[dict[str, Any]]:
        return [
            {"in": "path", "name": variable, "required": True, "schema": _PATH_ID}
            for variable in variables
        ]

    def _get_paginator(self) -> Any:
        paginator = super()._get_paginator()  # type: ignore[no-untyped-call]
        if paginator is not None:
            paginator.plural = plural_of(self.view) or paginator.plural
        return paginator

    def _map_serializer_field(self, field: Any, *args: Any, **kwargs: Any) -> Any:
        schema = super()._map_serializer_field(field, *args, **kwargs)  # type: ignore[no-untyped-call]
        if isinstance(field, StrictStr) and not field.allow_blank and field.trim_whitespace:
            schema.setdefault("pattern", _NOT_BLANK)
        return schema

    def _get_response_bodies(
        self, direction: Literal["request", "response"] = "response"
    ) -> dict[str, Any]:
        responses: dict[str, Any] = super()._get_response_bodies(direction)
        if not hasattr(self._action(), "refuses"):
            return responses
        for status, answer in responses.items():
            answer["description"] = title_of(int(status))
            answer["headers"] = self._headers(status, self._action().answer_headers)
        if self._has_etag():
            responses["304"] = {
                "description": "Not Modified: the response with this ETag has not changed.",
                "headers": self._headers("304", ["ETag"]),
            }
        errors: dict[int, list[dict[str, Any]]] = {}
        for body in self._errors():
            errors.setdefault(body["status"], []).append(body)
        for number, problems in sorted(errors.items()):
            responses[str(number)] = self._describe_errors(str(number), problems)
        return responses

    def _describe_errors(self, status: str, problems: list[dict[str, Any]]) -> dict[str, Any]:
        component = self.resolve_serializer(ProblemSerializer(), "response")
        codes = ", ".join(f"`{body['code']}`" for body in problems)
        return {
            "description": f"{title_of(int(status))}: {codes}",
            "headers": self._headers(status, ()),
            "content": {
                PROBLEM_JSON: {
                    "schema": component.ref,
                    "examples": {body["code"]: {"value": body} for body in problems},
                }
            },
        }

    def _headers(self, status: str, more: Sequence[str]) -> dict[str, Any]:
        names = [*_HEADERS_OF_STATUS.get(status, ()), *more, "X-Request-ID"]
        if self._is_idempotent() and (status.startswith("2") or status == "409"):
            names.append("Idempotent-Replayed")
        if self._is_idempotent() and status == "409":
            names.append("Retry-After")
        return {name: {"$ref": f"#/components/headers/{name}"} for name in sorted(set(names))}

    def _errors(self) -> Iterator[dict[str, Any]]:
        """Yield an example body for each error of the operation."""
        for kind in self._action().refuses:
            yield problem_with_errors(kind(**kind.example))
        yield problem_with_errors(UnknownField(**UnknownField.example))
        if self.view.get_authenticators():
            yield problem(InvalidToken())
        if not any(isinstance(p, AllowAny) for p in self.view.get_permissions()):
            yield problem(Unauthorized())
        if self._is_idempotent():
            yield problem(IdempotencyKeyReused())
            yield problem(RequestInProgress())
        if self.view.get_throttles():
            yield problem(TooManyRequests(**TooManyRequests.example))
        yield problem(Unavailable())
        if self.method in {"POST", "PATCH"}:
            yield problem(BodyTooLarge(limit=self._body_limit()))
        for status in self._plain_statuses():
            yield _plain(status, self._takes_files())

    def _plain_statuses(self) -> Iterator[int]:
        yield 400
        yield 406
        # A tuple, because "|" combines the permissions of DRF into another permission.
        of_role = (IsStaff, OwnOrStaffMay)
        if any(isinstance(p, of_role) for p in self.view.get_permissions()):
            yield 403
        own = {kind.status for kind in self._action().refuses}
        if ("{" in self.path or self._is_page()) and HTTPStatus.NOT_FOUND not in own:
            yield 404
        if self.method in {"POST", "PATCH"}:
            yield from (408, 411, 415)

    def _takes_files(self) -> bool:
        return any(isinstance(parser, UploadParser) for parser in self.view.get_parsers())

    def _body_limit(self) -> int:
        kind = "multipart/form-data" if self._takes_files() else ""
        return body_limit(self.method, re.sub(r"{\w+}", "1", self.path), kind)

    def _is_page(self) -> bool:
        return bool(self._is_list_view() and self._get_paginator())

    def _has_etag(self) -> bool:
        return "ETag" in getattr(self._action(), "answer_headers", ())

    def _is_idempotent(self) -> bool:
        return self.method == "POST" and bool(self.view.get_authenticators())

    def _action(self) -> Any:
        return getattr(self.view, getattr(self.view, "action", "") or "", None)


def _plain(status: int, takes_files: bool) -> dict[str, Any]:  # noqa: FBT001
    is_upload = takes_files and status == HTTPStatus.UNSUPPORTED_MEDIA_TYPE
    return {
        "type": "about:blank",
        "title": title_of(status),
        "status": status,
        "detail": _NOT_A_FORM if is_upload else str(_DETAILS.get(status, NotFound.message)),
        "code": CODES[status],
    }
