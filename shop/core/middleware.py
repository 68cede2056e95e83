"""The outermost layer: refuses what no view should see, and draws whatever escapes a view.

It runs under ``DEBUG`` too, so that the API answers alike there and never with a page of HTML.
"""

import logging
import re
from collections.abc import Callable
from uuid import uuid4

from django.conf import settings
from django.core.exceptions import DisallowedHost, RequestDataTooBig
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase

from shop.core.errors import ShopError
from shop.core.handlers import problem_for

logger = logging.getLogger("shop.requests")

HEALTH_PATHS = frozenset({"/healthz", "/readyz"})
_BODILESS = frozenset({204, 304})
_NUL = re.compile(r"\x00|%00")


class Malformed(ShopError):
    """400 for what no view should see. Facts: reason."""

    message = "{reason}"


class LengthRequired(ShopError):
    """411: a chunked body, whose size nobody knows until it is read."""

    status = 411
    code = "length_required"
    message = "Send the body with a Content-Length, not chunked."


class RequestMiddleware:
    """Gives each request its id, refuses malformed ones, draws what is raised outside DRF."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        """Keep the next layer."""
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Answer, with the request id and, unless a view said otherwise, ``no-store``."""
        request.request_id = uuid4().hex  # type: ignore[attr-defined]
        try:
            check_request(request)
        except (ShopError, DisallowedHost, RequestDataTooBig) as error:
            response: HttpResponseBase = _refuse(request, error)
        else:
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
    """Draw a refusal, and log it in one line: Django would, but without the reason."""
    reason = " ".join(str(error).split())
    logger.warning("refused %s %r: %s", request.method, request.path, reason)
    response = problem_for(error, request)
    response._has_been_logged = True  # type: ignore[attr-defined] # noqa: SLF001 - Django's own flag
    return response


def check_request(request: HttpRequest) -> None:
    """Refuse what no view should see. Raises a 4xx error; reads no body."""
    if _NUL.search(request.META.get("QUERY_STRING", "")) or "\x00" in request.path_info:
        raise Malformed(reason="Path and query hold no NUL character.")
    if request.path not in HEALTH_PATHS:  # a probe comes by address, not by name
        request.get_host()
    if request.path.startswith("/api/"):
        _check_length(request)


def _check_length(request: HttpRequest) -> None:
    length = request.META.get("CONTENT_LENGTH") or ""
    if not length and request.META.get("HTTP_TRANSFER_ENCODING"):
        raise LengthRequired
    if length and not (length.isascii() and length.isdigit()):
        raise Malformed(reason="Content-Length is a whole number of bytes.")
    limit = settings.DATA_UPLOAD_MAX_MEMORY_SIZE
    if length and (len(length) > 18 or int(length) > limit):
        raise RequestDataTooBig(f"body of {length[:18]} bytes")
