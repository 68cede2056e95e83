"""The ASGI application of the fast mode: the engine's server, with the shop's limits and errors."""

import os
from collections.abc import Callable
from functools import partial
from typing import Any
from urllib.parse import unquote_to_bytes

from django.conf import settings

from catalog import revision
from shop.core import addresses, metrics, tracing
from shop.core.addresses import network_of
from shop.core.bodies import body_limit
from shop.core.cors_middleware import cors_headers
from shop.core.errors import (
    Forbidden,
    RequestTimeout,
    ShopError,
    TooManyRequests,
    Unauthorized,
    Unavailable,
)
from shop.core.handlers import PROBLEM_JSON, problem
from shop.core.language_codes import further_languages
from shop.core.languages import choose_language, speaking
from shop.core.middleware import log_response, logger
from shop.core.renderers import dumps
from shop.core.security_headers import security_headers
from shop.core.shop_languages import choose_shop_language
from shop.core.wsgi import get_wsgi_application
from shop.engine.loop_query import LoopQuery
from shop.engine.parts import uses
from shop.engine.responses import Response, ResponseCache
from shop.engine.server.application import THREADS, Application, Limits, Site, Threads
from shop.engine.server.environ import Scope, encode
from shop.engine.server.threads import ExecutorThreads, ThreadScheduler
from shop.uploads import uploader

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "shop.settings")

_THREADS_AT_ONCE = 4
"""Threads that run at the same time, without those that wait."""
KEY_HEADERS = frozenset({b"host", b"accept", b"accept-encoding", b"origin", b"x-forwarded-proto"})
"""Request headers that decide a response of the public catalog, together with path and query."""

_ERRORS: dict[int, ShopError] = {
    401: Unauthorized(),
    403: Forbidden(),
    408: RequestTimeout(),
    429: TooManyRequests(retry_after=1),
    503: Unavailable(),
}


def make_application(
    wsgi: Any,
    *,
    threads: Threads | None = None,
    responses: ResponseCache | None = None,
    uploader: Callable[[Scope], str] = uploader,
    **limits: float,
) -> Application:
    """Return the ASGI application around a WSGI application. ``limits`` override the settings."""
    chosen: dict[str, Any] = {
        "body_timeout": settings.BODY_TIMEOUT,
        "upload_timeout": settings.UPLOAD_TIMEOUT,
        "requests_per_address": settings.REQUESTS_PER_ADDRESS,
        "memory": settings.DATA_UPLOAD_MAX_MEMORY_SIZE,
        **limits,
    }
    site = Site(body_limit, error_response, client_address, uploader)
    if threads is None:
        threads = make_scheduler() if uses("thread_scheduler") else ExecutorThreads(THREADS)
    return Application(wsgi, site, threads, limits=Limits(**chosen), responses=responses)


def make_scheduler() -> ThreadScheduler:
    """Return the thread scheduler of one worker."""
    return ThreadScheduler(at_once=_THREADS_AT_ONCE, at_most=THREADS)


def make_response_cache() -> ResponseCache:
    """Return a response cache for the public catalog. Needs PostgreSQL."""
    return ResponseCache(
        LoopQuery(revision.revision_sql()),
        revision_of=revision.public_revision_at,
        key_headers=KEY_HEADERS,
        log=_log_hit,
        language_of=choose_shop_language if further_languages() else None,
    )


def uses_response_cache() -> bool:
    """Return whether to use the response cache, which bypasses every middleware."""
    return uses("response_cache") and settings.SHOP_MIDDLEWARE.issuperset(settings.MIDDLEWARE)


def error_response(scope: Scope, status: int) -> Response:
    """Return the response to a request that is not passed to Django, and log the request."""
    error, origin, path = _ERRORS[status], _origin_of(scope), _path_of(scope)
    language = choose_language(_header_of(scope, "accept-language"))
    cors = cors_headers(path, _header_of(scope, "origin"))
    headers = {
        **security_headers(path),
        **cors,
        **error.headers,
        "Content-Type": PROBLEM_JSON,
        "Cache-Control": "no-store",
        "X-Request-ID": origin.request_id,
        "Content-Language": language,
        "Vary": ", ".join(filter(None, (cors.get("Vary"), "Accept-Language"))),
    }
    tokens = tracing.enter(origin)
    try:
        facts = {"user_id": None, "method": scope["method"], "path": path, "status": error.status}
        values = (scope["method"], path, error.status)
        metrics.count_request(scope["method"], "", error.status, 0.0)
        logger.warning("%s %r: %s, not passed to Django", *values, extra={"facts": facts})
    finally:
        tracing.leave(tokens)
    with speaking(language):
        body = dumps(problem(error))
    return Response(error.status, encode(list(headers.items())), body)


def client_address(scope: Scope) -> str:
    """Return the client's address behind NUM_PROXIES proxies, of IPv6 the /64 network."""
    remote = (scope.get("client") or ("",))[0]
    forwarded = _header_of(scope, "x-forwarded-for") if settings.NUM_PROXIES else ""
    return network_of(addresses.client_address(remote, forwarded))


def _origin_of(scope: Scope) -> tracing.Origin:
    remote = (scope.get("client") or ("",))[0]
    return tracing.origin_of(remote, partial(_header_of, scope))


def _header_of(scope: Scope, name: str) -> str:
    """Return the values of a header, separated by commas; "" if it is not there."""
    wanted = name.encode()
    return b",".join(value for key, value in scope["headers"] if key == wanted).decode("latin-1")


def _path_of(scope: Scope) -> str:
    return unquote_to_bytes(scope["raw_path"]).decode(errors="replace")


def _log_hit(scope: Scope, response: Response, seconds: float) -> str:
    """Log a request that the response cache answers; return its id."""
    origin = _origin_of(scope)
    tokens = tracing.enter(origin)
    try:
        metrics.count_cache("server")
        log_response("GET", _path_of(scope), response.status, seconds, route=response.route)
    finally:
        tracing.leave(tokens)
    return origin.request_id


_wsgi = get_wsgi_application()
if settings.METRICS_TOKEN:
    metrics.start()

application = make_application(
    _wsgi, responses=make_response_cache() if uses_response_cache() else None
)
