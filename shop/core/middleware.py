"""The outermost layer: refuses what no view should see, and draws whatever escapes a view.

It runs under ``DEBUG`` too, so that the API answers alike there and never with a page of HTML.
"""

import logging
import re
from collections.abc import Callable
from uuid import uuid4

from django.conf import settings
from django.core.exceptions import BadRequest, DisallowedHost, RequestDataTooBig
from django.http import Http404, HttpRequest
from django.http.response import HttpResponseBase

from shop.core.errors import ShopError
from shop.core.handlers import problem_for

logger = logging.getLogger("shop.requests")

HEALTH_PATHS = frozenset({"/healthz", "/readyz"})
_NUL = re.compile(r"\x00|%00")


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
        except (ShopError, BadRequest, DisallowedHost, RequestDataTooBig) as error:
            response: HttpResponseBase = problem_for(error, request)
            logger.warning(
                "refused %s %r: %s", request.method, request.path, " ".join(str(error).split())
            )
        else:
            response = self.get_response(request)
        response["X-Request-ID"] = request.request_id  # type: ignore[attr-defined]
        if request.path.startswith("/api/") and "Cache-Control" not in response:
            response["Cache-Control"] = "no-store"
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


def check_request(request: HttpRequest) -> None:
    """Refuse what no view should see. Raises a 4xx error; reads no body."""
    if _NUL.search(request.META.get("QUERY_STRING", "")) or "\x00" in request.path_info:
        raise BadRequest("NUL in path or query")
    if request.path not in HEALTH_PATHS:  # a probe comes by address, not by name
        request.get_host()
    if request.path.startswith("/api/"):
        _check_length(request)


def _check_length(request: HttpRequest) -> None:
    length = request.META.get("CONTENT_LENGTH") or ""
    if not length and request.META.get("HTTP_TRANSFER_ENCODING"):
        raise LengthRequired
    if length and not (length.isascii() and length.isdigit()):
        raise BadRequest("Content-Length is not a number")
    limit = settings.DATA_UPLOAD_MAX_MEMORY_SIZE
    if length and (len(length) > 18 or int(length) > limit):
        raise RequestDataTooBig(f"body of {length[:18]} bytes")
