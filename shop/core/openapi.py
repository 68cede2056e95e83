"""The OpenAPI document: the responses of each operation, with errors as ``problem+json``.

A view names its responses and its own errors with ``describe``. The errors that follow from its
method, path and permissions (401, 405, 413 …) are added here.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from http import HTTPStatus
from typing import Any, Literal, TypeVar

from django.core.exceptions import ImproperlyConfigured
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.plumbing import ResolvedComponent
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.permissions import AllowAny

from shop.core.audiences import MARK, Audience
from shop.core.bodies import BodyTooLarge, body_limit
from shop.core.errors import (
    IdempotencyKeyReused,
    NotFound,
    PermissionMissing,
    RequestInProgress,
    RequestTimeout,
    ShopError,
    TooManyRequests,
    Unauthorized,
    Unavailable,
    UnknownField,
)
from shop.core.fields import StrictStr
from shop.core.handlers import PROBLEM_JSON, InvalidToken, title_of
from shop.core.header_schemas import (
    CART_TOKEN,
    HEADERS,
    HEADERS_OF_STATUS,
    IDEMPOTENCY_KEY,
    IF_NONE_MATCH,
)
from shop.core.pagination import PageBeyondEnd, plural_of
from shop.core.parsers import UploadParser
from shop.core.problem_schemas import (
    Problem,
    add_union,
    one_for_each_code,
    plain_problem,
    problem_of,
    union,
)
from shop.core.query import parameters_of
from shop.core.serializers import RequestSerializer
from shop.core.slugs import PATTERN
from shop.core.viewsets import IsStaff, OwnOrStaffMay, StaffMay

View = TypeVar("View", bound=Callable[..., Any])

# A character that str.strip() keeps; it strips more than \s matches in JSON Schema.
_NOT_BLANK = r"[^\s\x1c-\x1f\x85]"
# The variables of paths, which match shop.core.viewsets.ID.
_PATH_ID = {"type": "integer", "minimum": 0, "maximum": 10**18 - 1}
_PATH_SLUG = {"type": "string", "pattern": PATTERN, "description": "An id or a slug."}
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


def describe(  # noqa: PLR0913 - the parts of an operation
    summary: str,
    *,
    answers: Mapping[Any, Any],
    takes: Any = None,
    refuses: Sequence[type[ShopError]] = (),
    headers: Sequence[str] = (),
    parameters: Sequence[OpenApiParameter] = (),
    audience: Audience | None = None,
    plural: str = "",
    holds_secret: bool = False,
    merges_cart: bool = False,
    by_slug: bool = False,
) -> Callable[[View], View]:
    """Describe an operation.

    ``answers`` are the serializers of its responses by status, or by status and media type,
    ``takes`` is the serializer of its body, ``refuses`` are the errors that it may raise.
    ``headers`` are the names of further headers of its 2xx responses, and ``parameters`` those of
    its query. A request with other parameters is
    refused (``shop.core.query``), and so is a body without ``takes``. An operation with an
    ``audience`` is in the document of this audience only; those for members of staff with a
    permission need not say so.
    A response that ``holds_secret`` is not stored under an idempotency key. An operation that
    ``merges_cart`` takes the token of a guest's cart.
    The path of an operation ``by_slug`` takes a slug in place of the id.
    ``plural`` is the name of the array in a page if it is not that of the view.
    """

    def decorate(view: View) -> View:
        described: Any = extend_schema(summary=summary, request=takes, responses=answers)(view)
        described.refuses, described.answer_headers = refuses, headers
        described.query_parameters, described.takes_body = parameters, takes is not None
        described.audience = audience
        described.plural, described.holds_secret = plural, holds_secret
        described.merges_cart, described.by_slug = merges_cart, by_slug
        described.is_list = isinstance(answers[min(answers)], serializers.ListSerializer)
        return described  # type: ignore[no-any-return]

    return decorate


def example(value: dict[str, Any], *, media_type: str = "application/json") -> OpenApiExample:
    """Return ``value`` as an OpenAPI example, for ``extend_schema_serializer``."""
    statuses = ["200", "201", "202"]
    return OpenApiExample("example", value=value, media_type=media_type, status_codes=statuses)


def share_components(result: dict[str, Any], **_: Any) -> dict[str, Any]:
    """Move headers and error responses to components (a hook of drf-spectacular)."""
    shared: dict[str, Any] = {}
    for path in result["paths"].values():
        for operation in path.values():
            _share_errors(operation["responses"], shared)
    components = result["components"]
    components |= {"headers": HEADERS, "responses": dict(sorted(shared.items()))}
    components["schemas"] = add_union(components["schemas"])
    return result


def _share_errors(responses: dict[str, Any], shared: dict[str, Any]) -> None:
    for status, response in responses.items():
        content = response.get("content", {}).get(PROBLEM_JSON)
        if content:
            name = ".".join([status, *content["examples"]])
            while shared.setdefault(name, response) != response:
                name += ".too"  # the same codes with another example
            responses[status] = {"$ref": f"#/components/responses/{name}"}


class ShopAutoSchema(AutoSchema):
    """Adds errors and headers to the operations of drf-spectacular."""

    def _get_parameters(self) -> list[dict[str, Any]]:
        parameters: list[dict[str, Any]] = super()._get_parameters()
        if self._is_idempotent():
            parameters.append(IDEMPOTENCY_KEY)
        if self._has_etag():
            parameters.append(IF_NONE_MATCH)
        if getattr(self._action(), "merges_cart", False):
            parameters.append(CART_TOKEN)
        return parameters

    def get_auth(self) -> list[dict[str, list[str]]]:
        """Add the tokens of ``token_schemes``, which a view takes instead of a login.

        Lists need a login, unless the view says ``guests_list``.
        """
        schemes: list[dict[str, list[str]]] = super().get_auth()
        guests_list = getattr(self.view, "guests_list", False)
        if getattr(self._action(), "is_list", False) and not guests_list:
            return schemes
        taken: list[dict[str, list[str]]] = [
            {name: []} for name in getattr(self.view, "token_schemes", ())
        ]
        return [*schemes[:1], *taken, *schemes[1:]]

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
        for name in getattr(serializer, "only_for_staff", ()):
            schema["properties"][name][MARK] = "staff"
        return schema

    def get_extensions(self) -> dict[str, Any]:
        """Mark an operation that only one audience has."""
        for_staff = any(isinstance(p, IsStaff) for p in self.view.get_permissions())
        audience = "staff" if for_staff else getattr(self._action(), "audience", None)
        return {**super().get_extensions(), **({MARK: audience} if audience else {})}

    def _resolve_path_parameters(self, variables: list[str]) -> list[dict[str, Any]]:
        schema = _PATH_SLUG if getattr(self._action(), "by_slug", False) else _PATH_ID
        return [
            {"in": "path", "name": variable, "required": True, "schema": schema}
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

    def _insert_field_validators(self, field: Any, schema: dict[str, Any]) -> None:
        super()._insert_field_validators(field, schema)  # type: ignore[no-untyped-call]
        # Exactly one must match the empty text, also where formats are not asserted.
        match schema:
            case {"oneOf": [other, {"type": "string", "maxLength": 0}]}:
                other.setdefault("minLength", 1)

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
        errors: dict[int, list[Problem]] = {}
        for problem in self._errors():
            errors.setdefault(int(problem.body["status"]), []).append(problem)
        for number, problems in sorted(errors.items()):
            responses[str(number)] = self._describe_errors(str(number), problems)
        return responses

    def _describe_errors(self, status: str, problems: list[Problem]) -> dict[str, Any]:
        problems = one_for_each_code(problems)
        self.resolve_serializer(FieldProblemSerializer(), "response")
        for problem in problems:
            self._register(problem)
        codes = ", ".join(f"`{problem.code}`" for problem in problems)
        return {
            "description": f"{title_of(int(status))}: {codes}",
            "headers": self._headers(status, ()),
            "content": {
                PROBLEM_JSON: {
                    "schema": union(problems),
                    "examples": {problem.code: {"value": problem.body} for problem in problems},
                }
            },
        }

    def _register(self, problem: Problem) -> None:
        """Add the schema of a problem. Raises ImproperlyConfigured for two with one name."""
        component = ResolvedComponent(  # type: ignore[no-untyped-call]
            problem.name, ResolvedComponent.SCHEMA, problem.schema, problem.name
        )
        self.registry.register_on_missing(component)
        members = self.registry[component].schema["properties"].keys()
        if members != problem.schema["properties"].keys():
            raise ImproperlyConfigured(
                f"Two errors have the code {problem.code} and different facts. Set the "
                "schema_name of one of them."
            )

    def _headers(self, status: str, more: Sequence[str]) -> dict[str, Any]:
        names = [*HEADERS_OF_STATUS.get(status, ()), *more, "X-Request-ID"]
        if self._is_idempotent() and (status.startswith("2") or status == "409"):
            names.append("Idempotent-Replayed")
        if self._is_idempotent() and status == "409":
            names.append("Retry-After")
        return {name: {"$ref": f"#/components/headers/{name}"} for name in sorted(set(names))}

    def _errors(self) -> Iterator[Problem]:
        """Yield each error of the operation."""
        yield from (problem_of(kind(**kind.example)) for kind in self._action().refuses)
        yield problem_of(UnknownField(**UnknownField.example))
        # A tuple, because "|" combines the permissions of DRF into another permission.
        if any(isinstance(p, (StaffMay, OwnOrStaffMay)) for p in self.view.get_permissions()):
            yield problem_of(PermissionMissing(**PermissionMissing.example))
        if self.view.get_authenticators():
            yield problem_of(InvalidToken())
        if not any(isinstance(p, AllowAny) for p in self.view.get_permissions()):
            yield problem_of(Unauthorized())
        if self._is_idempotent():
            yield problem_of(IdempotencyKeyReused())
            yield problem_of(RequestInProgress())
        if self.view.get_throttles():
            yield problem_of(TooManyRequests(**TooManyRequests.example))
        yield problem_of(Unavailable())
        if self._has_body():
            yield problem_of(BodyTooLarge(limit=self._body_limit()))
        if self._is_page():
            yield problem_of(PageBeyondEnd(**PageBeyondEnd.example))
        for status in self._plain_statuses():
            yield plain_problem(status, self._detail(status))

    def _plain_statuses(self) -> Iterator[int]:
        yield 400
        yield 406
        if any(type(p) is IsStaff for p in self.view.get_permissions()):
            yield 403
        if "{" in self.path:  # also for an id that is no number
            yield 404
        if self._has_body():
            yield from (408, 411, 415)

    def _detail(self, status: int) -> str:
        if status == HTTPStatus.UNSUPPORTED_MEDIA_TYPE and self._takes_files():
            return _NOT_A_FORM
        return str(_DETAILS[status])

    def _takes_files(self) -> bool:
        return any(isinstance(parser, UploadParser) for parser in self.view.get_parsers())

    def _body_limit(self) -> int:
        kind = "multipart/form-data" if self._takes_files() else ""
        return body_limit(self.method, re.sub(r"{\w+}", "1", self.path), kind)

    def _has_body(self) -> bool:
        """Return whether the operation takes a body. A DELETE does if ``describe`` says so."""
        takes_body = bool(getattr(self._action(), "takes_body", False))
        return self.method in {"POST", "PATCH"} or (self.method == "DELETE" and takes_body)

    def _get_request_body(self, direction: Literal["request", "response"] = "request") -> Any:
        """Describe the body of a DELETE too, which drf-spectacular leaves out."""
        method = self.method
        self.method = "POST" if self._has_body() else method
        try:
            return super()._get_request_body(direction)  # type: ignore[no-untyped-call]
        finally:
            self.method = method

    def _is_page(self) -> bool:
        return bool(self._is_list_view() and self._get_paginator())

    def _has_etag(self) -> bool:
        return "ETag" in getattr(self._action(), "answer_headers", ())

    def _is_idempotent(self) -> bool:
        if self.method != "POST" or getattr(self._action(), "holds_secret", False):
            return False
        return bool(self.view.get_authenticators())

    def _action(self) -> Any:
        return getattr(self.view, getattr(self.view, "action", "") or "", None)
