"""The outermost layer: refuses what no view should see, draws whatever escapes a view, and logs.

It runs under ``DEBUG`` too, so that the API answers alike there and never with a page of HTML.
"""

import logging
import re
import time
from collections.abc import Callable
from http import HTTPStatus
from typing import Any
from uuid import uuid4

from django.conf import settings
from django.core.exceptions import DisallowedHost
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.utils.functional import LazyObject

from shop.core.bodies import BodyTooLarge, limit_of
from shop.core.errors import HeaderTooLarge, ShopError
from shop.core.handlers import problem_for
from shop.core.logs import request_id

logger = logging.getLogger("shop.requests")

HEALTH_PATHS = frozenset({"/healthz", "/readyz"})
_LINE = "%s %r: %s in %s ms%s"
_BODILESS = frozenset({204, 304})
_NUL = re.compile(r"\x00|%00")
_MAX_HEADER = 8190


class Malformed(ShopError):
    """400 for what no view should see. Facts: reason."""

    message = "{reason}"


class LengthRequired(ShopError):
    """411: a chunked body, whose size nobody knows until it is read."""

    status = 411
    code = "length_required"
    message = "Send the body with a Content-Length, not chunked."


class OnlyRead(ShopError):
    """405: a health check that is asked for more than its state."""

    status = 405
    code = "method_not_allowed"
    message = "A health check is only read."

    @property
    def headers(self) -> dict[str, str]:
        """RFC 9110, section 15.5.6."""
        return {"Allow": "GET, HEAD"}


class RequestMiddleware:
    """Gives each request its id, refuses malformed ones, draws what is raised outside DRF."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        """Keep the next layer."""
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Answer, with the request id and, unless a view said otherwise, ``no-store``."""
        start = time.perf_counter()
        request.request_id = uuid4().hex  # type: ignore[attr-defined]
        mark = request_id.set(request.request_id)  # type: ignore[attr-defined]
        try:
            response = self._answer(request)
            _log(request, response, time.perf_counter() - start)
        finally:
            request_id.reset(mark)
        return response

    def _answer(self, request: HttpRequest) -> HttpResponseBase:
        try:
            check_request(request)
        except (ShopError, DisallowedHost) as error:
            response: HttpResponseBase = _refuse(request, error)
        else:
            if not _reads_cookies(request.path_info):
                request.META.pop("HTTP_COOKIE", None)
            response = self.get_response(request)
        response["X-Request-ID"] = request.request_id  # type: ignore[attr-defined]
        if request.path.startswith("/api/") and "Cache-Control" not in response:
            response["Cache-Control"] = "no-store"
        if isinstance(response, HttpResponse) and response.status_code not in _BODILESS:
            # Else the server would send it chunked.
            response.headers.setdefault("Content-Length", str(len(response.content)))
        return response

    def process_exception(
        self, request: HttpRequest, exception: Exception
    ) -> HttpResponseBase | None:
        """Draw what a view raised; the admin keeps Django's pages for its own."""
        if request.path.startswith("/admin/") and (
            settings.DEBUG or isinstance(exception, Http404)
        ):
            return None
        return problem_for(exception, request)


def _refuse(request: HttpRequest, error: Exception) -> HttpResponseBase:
    """Draw a refusal, and keep the reason for the log's line."""
    request.refused_for = " ".join(str(error).split())  # type: ignore[attr-defined]
    return problem_for(error, request)


def _log(request: HttpRequest, response: HttpResponseBase, seconds: float) -> None:
    log_answer(
        request.method,
        request.path,
        response.status_code,
        seconds,
        user_id=_user_id(request),
        reason=getattr(request, "refused_for", ""),
    )


def log_answer(
    method: str | None,
    path: str,
    status: int,
    seconds: float,
    *,
    user_id: Any = None,
    reason: str = "",
) -> None:
    """Log a request in one line: never its query, its headers or its body, which bear secrets."""
    level = logging.INFO if status < HTTPStatus.BAD_REQUEST else logging.WARNING
    if not logger.isEnabledFor(level):
        return
    milliseconds = round(1000 * seconds, 1)
    why = f": {reason}" if reason else ""
    # By hand: logger.log would look up the caller's line, which costs more than all the rest.
    values = (method, path, status, milliseconds, why)
    record = logging.LogRecord(logger.name, level, __file__, 0, _LINE, values, None)
    facts = {
        "user_id": user_id,
        "method": method,
        "path": path,
        "status": status,
        "duration_ms": milliseconds,
    }
    if reason:
        facts["reason"] = reason
    record.facts = facts
    logger.handle(record)


def _user_id(request: HttpRequest) -> Any:
    """Return who was recognised, if anyone; never asks the database for it."""
    user = getattr(request, "user", None)
    if isinstance(user, LazyObject):  # of a session: the admin's
        user = getattr(request, "_cached_user", None)
    return getattr(user, "pk", None)


def check_request(request: HttpRequest) -> None:
    """Refuse what no view should see. Raises a 4xx error; reads no body."""
    if _NUL.search(request.META.get("QUERY_STRING", "")) or "\x00" in request.path_info:
        raise Malformed(reason="Path and query hold no NUL character.")
    if not request.path_info.startswith("/"):  # "OPTIONS *", which no route can name
        raise Malformed(reason="The path begins with a slash.")
    if request.path not in HEALTH_PATHS:  # a probe comes by address, not by name
        request.get_host()
    elif request.method not in {"GET", "HEAD"}:
        raise OnlyRead
    _check_headers(request)
    if request.path.startswith(("/api/", "/admin/")):
        _check_length(request)


def _reads_cookies(path: str) -> bool:
    """Return whether cookies may reach a view: the API has tokens, and none but its docs page."""
    return not path.startswith("/api/") or path.startswith("/api/docs/")


def _check_headers(request: HttpRequest) -> None:
    """Raises HeaderTooLarge: some parsers need quadratic time (CVE-2024-7592)."""
    for name, value in request.META.items():
        if name.startswith("HTTP_") and len(value) > _MAX_HEADER:
            raise HeaderTooLarge


def _check_length(request: HttpRequest) -> None:
    length = request.META.get("CONTENT_LENGTH") or ""
    if not length and request.META.get("HTTP_TRANSFER_ENCODING"):
        raise LengthRequired
    if length and not (length.isascii() and length.isdigit()):
        raise Malformed(reason="Content-Length is a whole number of bytes.")
    limit = limit_of(request.method or "", request.path, request.META.get("CONTENT_TYPE", ""))
    if length and (len(length) > 18 or int(length) > limit):
        raise BodyTooLarge(limit=limit)
