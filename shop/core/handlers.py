"""Error responses: RFC 9457 ``problem+json`` for errors of the shop, of Django and of DRF."""

import logging
from collections.abc import Container, Iterator, Mapping
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from django.core.exceptions import (
    BadRequest,
    DisallowedHost,
    ObjectDoesNotExist,
    PermissionDenied,
    RequestDataTooBig,
    SuspiciousOperation,
)
from django.db import (
    DatabaseError,
    DataError,
    IntegrityError,
    InterfaceError,
    ProgrammingError,
)
from django.http import Http404, HttpRequest, HttpResponse, UnreadablePostError
from django.urls import Resolver404, resolve
from django.utils.translation import gettext_lazy as _
from django.views.decorators.csrf import csrf_exempt
from rest_framework import exceptions as drf
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.settings import api_settings

from shop.core.errors import (
    Forbidden,
    NotFound,
    ShopError,
    TooManyRequests,
    Unauthorized,
    Unavailable,
    UnknownField,
)
from shop.core.renderers import ShopJSONRenderer, dumps

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

PROBLEM_JSON = "application/problem+json"

logger = logging.getLogger("shop.errors")


class InvalidToken(Unauthorized):
    """401: the token does not work. The response does not say why."""

    code = "token_invalid"
    message = _("The token is invalid, expired or revoked. Log in again.")


CODES = {
    400: "invalid",
    401: "not_authenticated",
    403: "permission_denied",
    404: "not_found",
    405: "method_not_allowed",
    406: "not_acceptable",
    408: "request_timeout",
    411: "length_required",
    413: "body_too_large",
    415: "unsupported_media_type",
    429: "too_many_requests",
    431: "header_too_large",
    500: "server_error",
    503: "unavailable",
}
# Python 3.13 renamed these two.
_TITLES = {413: "Request Entity Too Large", 422: "Unprocessable Entity"}
_SERVER_ERROR = (500, "")
# The first class that matches decides: RequestDataTooBig is a SuspiciousOperation too. A lost
# connection is a DatabaseError without a more specific class.
_DJANGO_ERRORS: "list[tuple[type[Exception], int, StrOrPromise]]" = [
    (Http404, 404, NotFound.message),
    (ObjectDoesNotExist, 404, NotFound.message),
    (PermissionDenied, 403, Forbidden.message),
    (RequestDataTooBig, 413, _("The request body is larger than 262144 bytes.")),
    (UnreadablePostError, 400, _("The request body is shorter than its Content-Length.")),
    (DisallowedHost, 400, _("The Host header does not name a host of the shop.")),
    (SuspiciousOperation, 400, _("The request is malformed.")),
    (BadRequest, 400, _("The request is malformed.")),
    (IntegrityError, *_SERVER_ERROR),
    (DataError, *_SERVER_ERROR),
    (ProgrammingError, *_SERVER_ERROR),
    (DatabaseError, 503, ""),
    (InterfaceError, 503, ""),
]


def problem(error: ShopError, members: Container[str] = ()) -> dict[str, Any]:
    """Return an error of the shop as a problem, whose facts are further members.

    If it is about one of the ``members`` of the request's body, the problem names it as ``field``.
    """
    body = _problem(error.status, error.detail, error.code)
    if error.field and error.field in members:
        body["field"] = error.field
    body |= error.facts
    if error.problems:
        body["problems"] = list(error.problems)
    return body


def members_of(request: HttpRequest | Request | None) -> Container[str]:
    """Return the names of the members of a request's body, as far as it can be read."""
    try:
        data = getattr(request, "data", None)
    except drf.APIException:
        return ()
    return data if isinstance(data, Mapping) else ()


def problem_response(exc: Exception, context: dict[str, Any]) -> Response:
    """Return the response to an exception of a DRF view (``EXCEPTION_HANDLER``)."""
    request = context.get("request")
    if request is not None:
        # Views may have other renderers: the schema has YAML, the documentation has HTML.
        request.accepted_renderer = ShopJSONRenderer()
        request.accepted_media_type = ShopJSONRenderer.media_type
    status, body, headers = describe(exc, request)
    response = Response(body, status=status, content_type=PROBLEM_JSON, headers=headers)
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        response._has_been_logged = True  # type: ignore[attr-defined] # noqa: SLF001 - Django's flag
    return response


def problem_for(exc: Exception, request: HttpRequest) -> HttpResponse:
    """Return the response to an exception outside DRF."""
    status, body, headers = describe(exc, request)
    response = HttpResponse(dumps(body), status=status, content_type=PROBLEM_JSON, headers=headers)
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        response._has_been_logged = True  # type: ignore[attr-defined] # noqa: SLF001 - Django's flag
    return response


def describe(
    exc: BaseException, request: HttpRequest | Request | None
) -> tuple[int, dict[str, Any], dict[str, str]]:
    """Return status, problem and headers for an exception. Log the exception of a 5xx."""
    if isinstance(exc, ShopError):
        members = members_of(request) if exc.field else ()
        return exc.status, problem_with_errors(exc, members), exc.headers
    if isinstance(exc, drf.APIException):
        return _describe_drf(exc)
    status, detail = _describe_django(exc)
    if status == HTTPStatus.SERVICE_UNAVAILABLE:
        logger.error("unavailable: %s: %s", type(exc).__name__, _one_line(exc))
        return _describe_503()
    if status == HTTPStatus.INTERNAL_SERVER_ERROR:
        return _describe_500(exc, request)
    return status, _problem(status, detail), {}


def _describe_django(exc: BaseException) -> "tuple[int, StrOrPromise]":
    """Return the status and the sentence for an exception of Django or of Python."""
    for kind, status, detail in _DJANGO_ERRORS:
        if isinstance(exc, kind):
            return status, detail
    return 500, ""


def _describe_503() -> tuple[int, dict[str, Any], dict[str, str]]:
    error = Unavailable()
    return error.status, problem(error), error.headers


def _describe_500(
    exc: BaseException, request: HttpRequest | Request | None
) -> tuple[int, dict[str, Any], dict[str, str]]:
    request_id = getattr(request, "request_id", "")
    method, path = (request.method, request.path) if request else ("", "")
    logger.error("%s %s failed, request %s", method, path, request_id, exc_info=exc)
    detail = _("An internal error occurred. The log of the shop has it under this request_id.")
    return 500, {**_problem(500, detail), "request_id": request_id}, {}


def _describe_drf(exc: drf.APIException) -> tuple[int, dict[str, Any], dict[str, str]]:
    if isinstance(exc, drf.ValidationError):
        errors = list(_flatten(exc.detail))
        return 400, {**_problem(400, _summary(errors), _code(errors)), "errors": errors}, {}
    if isinstance(exc, drf.NotAuthenticated):
        return _describe_shop_error(Unauthorized())
    if isinstance(exc, drf.AuthenticationFailed):
        return _describe_shop_error(InvalidToken())
    if isinstance(exc, drf.Throttled):
        return _describe_shop_error(TooManyRequests(retry_after=_seconds(exc)))
    is_default = exc.detail == exc.default_detail
    details = {403: Forbidden.message, 404: NotFound.message} if is_default else {}
    detail = details.get(exc.status_code, str(exc.detail))
    return exc.status_code, _problem(exc.status_code, detail), {}


def _describe_shop_error(error: ShopError) -> tuple[int, dict[str, Any], dict[str, str]]:
    return error.status, problem(error), error.headers


def _seconds(exc: drf.Throttled) -> int:
    return max(1, int(getattr(exc, "wait", None) or 1))


def _problem(status: int, detail: "StrOrPromise", code: str = "") -> dict[str, Any]:
    return {
        "type": "about:blank",
        "title": title_of(status),
        "status": status,
        "detail": str(detail),
        "code": code or CODES.get(status, "error"),
    }


def title_of(status: int) -> str:
    """Return the title of a status, the same on every version of Python."""
    return _TITLES.get(status) or HTTPStatus(status).phrase


def problem_with_errors(error: ShopError, members: Container[str] = ()) -> dict[str, Any]:
    """Return an error of the shop as a problem. An error of one field is an item of ``errors``."""
    body = problem(error, members)
    if "field" in error.facts and "reason" in error.facts:
        field, reason = body.pop("field"), body.pop("reason")
        body["errors"] = [{"field": field, "code": error.code, "detail": str(reason)}]
    return body


def _flatten(detail: Any, field: str = "") -> Iterator[dict[str, str]]:
    """Flatten the nested details of DRF into one entry for each error, with dotted field names."""
    if isinstance(detail, dict):
        for name, inner in detail.items():
            own = "" if name == api_settings.NON_FIELD_ERRORS_KEY else str(name)
            yield from _flatten(inner, ".".join(filter(None, (field, own))))
    elif isinstance(detail, list | tuple):
        for inner in detail:
            yield from _flatten(inner, field)
    else:
        yield {"field": field, "code": getattr(detail, "code", "invalid"), "detail": str(detail)}


def _code(errors: list[dict[str, str]]) -> str:
    """Return ``unknown_field`` if a name is unknown: it may be the reason for the other errors."""
    unknown = any(error["code"] == UnknownField.code for error in errors)
    return UnknownField.code if unknown else ShopError.code


def _summary(errors: list[dict[str, str]]) -> str:
    if len(errors) == 1 and errors[0]["code"] == UnknownField.code:
        return errors[0]["detail"]
    fields = list(dict.fromkeys(error["field"] for error in errors if error["field"]))
    if not fields:
        return errors[0]["detail"] if errors else str(ShopError.message)
    if len(fields) == 1:
        reasons = " ".join(error["detail"] for error in errors)
        return _("The request is not valid. Please check {field}: {reason}").format(
            field=fields[0], reason=reasons
        )
    return _("The request is not valid. Please check: {fields}.").format(fields=", ".join(fields))


def _one_line(exc: BaseException) -> str:
    return " ".join(str(exc).split())


# -- Django's error views -------------------------------------------------------------------------


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """``handler400``."""
    return problem_for(exception, request)


def permission_denied(request: HttpRequest, exception: Exception) -> HttpResponse:
    """``handler403``."""
    return problem_for(exception, request)


@csrf_exempt  # otherwise a POST would get the HTML page of a CSRF failure
def page_not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """``handler404``, and the last URL pattern. It names the right path if a slash is missing."""
    detail: StrOrPromise = _("This path does not exist.")
    if not request.path.endswith("/") and _resolves(f"{request.path_info}/"):
        detail = _("This path does not exist. Add a slash at the end: {path}").format(
            path=f"{request.path}/"
        )
    return HttpResponse(dumps(_problem(404, detail)), status=404, content_type=PROBLEM_JSON)


def server_error(request: HttpRequest) -> HttpResponse:
    """``handler500``. The exception is already logged."""
    body = {
        **_problem(500, _("An internal error occurred.")),
        "request_id": getattr(request, "request_id", ""),
    }
    return HttpResponse(dumps(body), status=500, content_type=PROBLEM_JSON)


def _resolves(path: str) -> bool:
    try:
        return resolve(path).func is not page_not_found
    except Resolver404:
        return False
