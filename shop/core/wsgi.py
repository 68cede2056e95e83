"""Django's WSGI application, with requests that any Content-Type can be part of."""

from typing import Any

import django
from django.conf import global_settings, settings
from django.core.cache import close_caches
from django.core.handlers.wsgi import WSGIHandler, WSGIRequest
from django.core.signals import request_finished, request_started
from django.db import reset_queries
from django.utils.http import parse_header_parameters

from shop.core.errors import MALFORMED_HEADER


class ShopRequest(WSGIRequest):
    """A request whose Content-Type has no effect on the decoding of the query.

    Django decodes the query by the charset of the body, and fails before any middleware runs if
    Python has no such text encoding (``rot13``), or if a parameter of the type is malformed.
    """

    def _set_content_type_params(self, meta: dict[str, Any]) -> None:
        try:
            parsed = parse_header_parameters(meta.get("CONTENT_TYPE", ""))
        except MALFORMED_HEADER:
            meta["CONTENT_TYPE"] = "application/octet-stream"  # which no operation accepts
            parsed = (meta["CONTENT_TYPE"], {})
        self.content_type, self.content_params = parsed


class ShopHandler(WSGIHandler):
    """Django's WSGI handler with ``ShopRequest``."""

    request_class = ShopRequest


def get_wsgi_application() -> ShopHandler:
    """Return the WSGI application, as Django's function of this name does."""
    django.setup(set_prefix=False)
    _disconnect_receivers_without_effect()
    return ShopHandler()


def _disconnect_receivers_without_effect() -> None:
    """Let Django do less at the ends of each request, for a fortieth of the time of a short one."""
    if not settings.DEBUG:  # only then it logs the queries that it would discard
        request_started.disconnect(reset_queries)
    if settings.CACHES == global_settings.CACHES:  # in this process, without a connection to close
        request_finished.disconnect(close_caches)
