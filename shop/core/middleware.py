"""The outermost middleware: it validates requests, handles exceptions and logs.

It handles exceptions with ``DEBUG`` too, so that errors of the API are always JSON.
"""

import logging
import re
import time
from collections.abc import Callable
from http import HTTPStatus
from typing import Any

from django.conf import settings
from django.core.exceptions import DisallowedHost
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.utils.functional import LazyObject
from django.utils.translation import gettext_lazy as _

from shop.core import metrics, tracing
from shop.core.bodies import BodyTooLarge, body_limit
from shop.core.cors_middleware import add_cors_headers, add_to_vary
from shop.core.errors import HeaderTooLarge, ShopError, UnsupportedEncoding
from shop.core.handlers import problem_for
from shop.core.languages import declare_language, forget_preference, language_of, speaking
from shop.core.routing import route_of
from shop.core.security_headers import add_security_headers
from shop.engine.responses import ROUTE

logger = logging.getLogger("shop.requests")

HEALTH_PATHS = frozenset({"/healthz", "/readyz", "/metrics"})
"""Paths that accept any Host header: what requests them knows an address only."""
_LINE = "%s %r: %s in %s ms%s"
_BODILESS = frozenset({204, 304})
_CREATED = re.compile(r"/api/(order|payment)s/([0-9]{1,18})/")
"""The path of an order or payment, as the path of a request or the Location of a response."""
_NUL = re.compile(r"\x00|%00")
_MAX_HEADER = 8190
_UTF8 = frozenset({"utf-8", "utf8"})


class Malformed(ShopError):
    """400: the request line or a header is malformed. Facts: reason."""

    message = "{reason}"


class LengthRequired(ShopError):
    """411: a chunked body, whose size is unknown before it is read."""

    status = 411
    code = "length_required"
    message = _("Send the request body with a Content-Length header, not chunked.")


class HealthCheckIsReadOnly(ShopError):
    """405: a health check with another method than GET or HEAD."""

    status = 405
    code = "method_not_allowed"
    message = _("Health checks support GET and HEAD only.")

    @property
    def headers(self) -> dict[str, str]:
        """RFC 9110, section 15.5.6."""
        return {"Allow": "GET, HEAD"}


class RequestMiddleware:
    """Sets the id of each request, validates it, and handles exceptions outside DRF."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        """Take the next middleware."""
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Return the response with the request id and, unless the view set it, ``no-store``."""
        start = time.perf_counter()
        origin = _origin(request.META)
        request.request_id = origin.request_id  # type: ignore[attr-defined]
        tokens = tracing.enter(origin)
        try:
            response = self._respond(request)
            _log(request, response, time.perf_counter() - start)
        finally:
            tracing.leave(tokens)
        return response

    def _respond(self, request: HttpRequest) -> HttpResponseBase:
        try:
            with speaking(language_of(request)):
                response = self._respond_in_language(request)
        finally:
            forget_preference(request)
        declare_language(response, language_of(request))
        return response

    def _respond_in_language(self, request: HttpRequest) -> HttpResponseBase:
        try:
            check_request(request)
        except (ShopError, DisallowedHost) as error:
            response: HttpResponseBase = _respond_with_error(request, error)
            add_cors_headers(request, response)
        else:
            if not _reads_cookies(request.path_info):
                request.META.pop("HTTP_COOKIE", None)
            response = self.get_response(request)
        response["X-Request-ID"] = request.request_id  # type: ignore[attr-defined]
        if request.path.startswith("/api/"):
            _prevent_shared_caching(response)
        add_security_headers(response, request.path_info)
        if isinstance(response, HttpResponse) and response.status_code not in _BODILESS:
            # Without a length the server would send the body chunked.
            response.headers.setdefault("Content-Length", str(len(response.content)))
        return response

    def process_exception(
        self, request: HttpRequest, exception: Exception
    ) -> HttpResponseBase | None:
        """Return the response to an exception of a view. The admin has its own pages."""
        if request.path.startswith("/admin/") and (
            settings.DEBUG or isinstance(exception, Http404)
        ):
            return None
        return problem_for(exception, request)


def _prevent_shared_caching(response: HttpResponseBase) -> None:
    """Declare that an API response depends on the caller, and is not stored unless a view said so.

    Every view reads the token, at least to refuse an invalid one.
    """
    if "Cache-Control" not in response:
        response["Cache-Control"] = "no-store"
    add_to_vary(response, "Authorization")


def _respond_with_error(request: HttpRequest, error: Exception) -> HttpResponseBase:
    """Return the response to an invalid request, and keep the reason for the log."""
    request.error_reason = " ".join(str(error).split())  # type: ignore[attr-defined]
    return problem_for(error, request)


def _origin(meta: dict[str, Any]) -> tracing.Origin:
    """Return where a request comes from."""
    return tracing.origin_of(
        meta.get("REMOTE_ADDR", ""),
        lambda name: meta.get(f"HTTP_{name.upper().replace('-', '_')}", ""),
    )


def _log(request: HttpRequest, response: HttpResponseBase, seconds: float) -> None:
    request.META[ROUTE] = route = route_of(request.resolver_match, request.path)
    if created := _CREATED.match(response.get("Location") or request.path):
        tracing.note(**{f"{created[1]}_id": int(created[2])})
    log_response(
        request.method,
        request.path,
        response.status_code,
        seconds,
        route=route,
        user_id=_user_id(request),
        reason=getattr(request, "error_reason", ""),
    )


def log_response(  # noqa: PLR0913 - the parts of a line
    method: str | None,
    path: str,
    status: int,
    seconds: float,
    *,
    route: str = "",
    user_id: Any = None,
    reason: str = "",
) -> None:
    """Count and log a request, without its query, headers and body, which may have secrets.

    ``seconds`` is the time that the response took, ``route`` the pattern that the path matched.
    """
    metrics.count_request(method, route, status, seconds)
    level = logging.INFO if status < HTTPStatus.BAD_REQUEST else logging.WARNING
    if not logger.isEnabledFor(level):
        return
    milliseconds = round(1000 * seconds, 1)
    suffix = f": {reason}" if reason else ""
    # logger.log would look up the line of its caller, which takes longer than everything else here.
    values = (method, path, status, milliseconds, suffix)
    record = logging.LogRecord(logger.name, level, __file__, 0, _LINE, values, None)
    facts = {
        "user_id": user_id,
        "method": method,
        "path": path,
        "route": route,
        "status": status,
        "duration_ms": milliseconds,
    }
    if reason:
        facts["reason"] = reason
    record.facts = facts
    logger.handle(record)


def _user_id(request: HttpRequest) -> Any:
    """Return the id of the user, or None. Does not query the database."""
    user = getattr(request, "user", None)
    if isinstance(user, LazyObject):  # the user of a session, in the admin
        user = getattr(request, "_cached_user", None)
    return getattr(user, "pk", None)


def check_request(request: HttpRequest) -> None:
    """Raise a 4xx error if the request is malformed. Does not read the body."""
    query = request.META.get("QUERY_STRING")
    if (query and _NUL.search(query)) or "\x00" in request.path_info:
        raise Malformed(reason=_("Path and query must not contain a NUL character."))
    if not request.path_info.startswith("/"):  # "OPTIONS *", which matches no URL pattern
        raise Malformed(reason=_("The path must begin with a slash."))
    if request.path not in HEALTH_PATHS:  # probes use the address of the server, not a host name
        request.get_host()
    elif request.method not in {"GET", "HEAD"}:
        raise HealthCheckIsReadOnly
    _check_headers(request)
    _check_encoding(request)
    if request.path.startswith(("/api/", "/admin/")):
        _check_length(request)


def _reads_cookies(path: str) -> bool:
    """Return whether the view reads cookies: of the API, only its documentation page does."""
    return not path.startswith("/api/") or path.startswith("/api/docs/")


def _check_headers(request: HttpRequest) -> None:
    """Raise HeaderTooLarge, because parsers may take quadratic time (CVE-2024-7592)."""
    for name, value in request.META.items():
        if value.__class__ is str and len(value) > _MAX_HEADER and name.startswith("HTTP_"):
            raise HeaderTooLarge


def _check_encoding(request: HttpRequest) -> None:
    """Raise UnsupportedEncoding for a body that is compressed or not in UTF-8."""
    if request.META.get("CONTENT_LENGTH") in (None, "", "0"):
        return
    charset = (request.content_params or {}).get("charset")
    coding = request.META.get("HTTP_CONTENT_ENCODING", "")
    if charset and charset.lower() not in _UTF8:
        raise UnsupportedEncoding(reason=_("The body must be in UTF-8."))
    if coding.strip().lower() not in ("", "identity"):
        raise UnsupportedEncoding(reason=_("The body must not be compressed."))


def _check_length(request: HttpRequest) -> None:
    length = request.META.get("CONTENT_LENGTH") or ""
    if not length and request.META.get("HTTP_TRANSFER_ENCODING"):
        raise LengthRequired
    if length and not (length.isascii() and length.isdigit()):
        raise Malformed(reason=_("Content-Length must be a whole number of bytes."))
    limit = body_limit(request.method or "", request.path, request.META.get("CONTENT_TYPE", ""))
    if length and (len(length) > 18 or int(length) > limit):
        raise BodyTooLarge(limit=limit)
