"""Responses to public reads: cached as bytes, compressed once, revalidated by the revision."""

import gzip
from collections.abc import Callable
from typing import Any, TypeVar

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseNotModified
from django.http.response import HttpResponseBase
from django.utils.http import parse_etags
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response

from catalog import revision
from shop.core import metrics
from shop.core.language_codes import is_translated
from shop.core.links import origin_of
from shop.core.renderers import dumps
from shop.core.shop_languages import declare, language_before_reading
from shop.core.viewsets import ShopViewSet, accepts_json, has_body
from shop.engine.revisions import CACHED_UNDER

R = TypeVar("R", bound=HttpResponseBase)

COMPRESSED_FROM = 1024
"""The size in bytes from which a body is compressed.

Only public bodies are compressed, because the length of a compressed body can reveal secrets in it.
"""


class ResponseBody:
    """A response body as JSON bytes. It is compressed on first use, and the result is cached."""

    __slots__ = ("_gzipped", "plain")

    def __init__(self, data: dict[str, Any]) -> None:
        """Serialize ``data``."""
        self.plain = dumps(data)
        self._gzipped: bytes | None = None

    def gzipped(self) -> bytes:
        """Return the bytes compressed with gzip."""
        if self._gzipped is None:
            self._gzipped = gzip.compress(self.plain, compresslevel=6, mtime=0)
        return self._gzipped


class PublicReadViewSet(ShopViewSet):
    """A viewset with public reads. An action that is not in ``permissions`` is public."""

    permission_classes = (AllowAny,)


class CachedResponseViewSet(PublicReadViewSet):
    """A viewset that returns a cached response before DRF reads the request.

    ``in_languages``: its responses have texts in the languages of the shop.

    DRF's part of such a request (its request object, renderer, user and permissions) takes 50
    microseconds, a quarter of the time that Django needs in total.
    """

    in_languages = False

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """Return the cached response, or dispatch as DRF does."""
        language = language_before_reading(request) if self.in_languages else None
        return _cached_response(request, language) or super().dispatch(request, *args, **kwargs)


def public_response(
    request: Request,
    make: Callable[[str | None], dict[str, Any]],
    *,
    key: str | None,
    revision_read: str | None = None,
    language: str | None = None,
) -> HttpResponseBase:
    """Return the response to a public read, from the cache if possible.

    ``make`` returns the response body. It is called with the revision, or with None for staff,
    whose responses are never cached. ``key`` identifies the response together with host and path;
    None means that it is not cached. ``revision_read`` is the revision if the caller has read it.
    ``language`` is that of the shop's texts in the response, None if it is the same in all of them.
    Anonymous clients get an ETag. The response to a signed-in user may not be stored
    (``no-store``).
    """
    if request.user.is_staff:
        return declare(_vary(Response(make(None)), "Authorization"), request, language)
    current = revision_read or getattr(request, "catalog_revision", None) or revision.current()
    url = None if key is None else _url(request, key, language)
    body = revision.responses.get(url, current) if url else None
    metrics.count_cache("miss" if body is None else "view")
    if body is None:
        data = make(current)
        body = ResponseBody(data)
        if not data.get("products", True):
            url = None  # clients can ask for any number of empty pages
        if url:
            revision.responses.put(url, current, body)
    is_public = not request.user.is_authenticated
    if url and is_public:
        request.META[CACHED_UNDER] = current
    version = _version(current, language)
    return declare(to_response(request, version, body, is_public=is_public), request, language)


def _cached_response(request: HttpRequest, language: str | None) -> HttpResponse | None:
    """Return the cached response to an anonymous GET, or None if DRF has to handle the request.

    Only ``public_response`` writes to the cache, so a URL in it is public and its query is valid.
    """
    meta = request.META
    if request.method != "GET" or "HTTP_AUTHORIZATION" in meta or has_body(request):
        return None
    if not accepts_json(meta.get("HTTP_ACCEPT", "*/*")):
        return None
    url = _url(request, meta["QUERY_STRING"], language)
    if url not in revision.responses:
        return None
    current = revision.current()
    body = revision.responses.get(url, current)
    if body is None:
        request.catalog_revision = current  # type: ignore[attr-defined] # for public_response
        return None
    meta[CACHED_UNDER] = current
    metrics.count_cache("view")
    version = _version(current, language)
    return declare(to_response(request, version, body, is_public=True), request, language)


def _url(request: HttpRequest | Request, key: str, language: str | None) -> str:
    """Return the cache key, with scheme and host, because the body contains absolute URLs."""
    url = f"{origin_of(request)}{request.path}?{key}"
    return url if language is None or not is_translated(language) else f"{url}#{language}"


def _version(current: str, language: str | None) -> str:
    """Return the version of a body: each language of a path needs an ETag of its own."""
    return current if language is None or not is_translated(language) else f"{current}-{language}"


def to_response(
    request: HttpRequest | Request, version: str, body: ResponseBody, *, is_public: bool
) -> HttpResponse:
    """Return the response with a body, or a 304 if the client has it.

    ``version`` is different for each body of the path. Only a public response has an ETag, and may
    be stored.
    """
    return _vary(_to_response(request, version, body, is_public=is_public))


def _to_response(
    request: HttpRequest | Request, current: str, body: ResponseBody, *, is_public: bool
) -> HttpResponse:
    compress = len(body.plain) >= COMPRESSED_FROM and accepts_gzip(request)
    headers = {"Content-Encoding": "gzip"} if compress else {}
    if is_public:
        # Each content coding needs an ETag of its own (RFC 9110, section 8.8.3.3).
        etag = f'"{current}.gz"' if compress else f'"{current}"'
        headers |= {"ETag": etag, "Cache-Control": _cache_control()}
        if _matches(request, etag):
            headers.pop("Content-Encoding", None)
            return HttpResponseNotModified(headers=headers)
    content = body.gzipped() if compress else body.plain
    return HttpResponse(content, content_type="application/json", headers=headers)


def _cache_control() -> str:
    """Return how caches may use a public response. Clients always ask whether it is current."""
    if not settings.CATALOG_S_MAXAGE:
        return "no-cache"
    stale = settings.CATALOG_STALE_WHILE_REVALIDATE
    shared = f"public, max-age=0, s-maxage={settings.CATALOG_S_MAXAGE}"
    return f"{shared}, stale-while-revalidate={stale}" if stale else shared


def _vary(response: R, on: str = "Accept-Encoding, Authorization") -> R:
    response["Vary"] = on
    return response


def _matches(request: HttpRequest | Request, etag: str) -> bool:
    """Return whether If-None-Match contains the ETag, by weak comparison (RFC 9110)."""
    header = request.META.get("HTTP_IF_NONE_MATCH")
    if not header:
        return False
    etags = parse_etags(header)
    return "*" in etags or etag in {tag.removeprefix("W/") for tag in etags}


def accepts_gzip(request: HttpRequest | Request) -> bool:
    """Return whether the client accepts gzip and does not prefer the plain body to it.

    See RFC 9110, section 12.5.3.
    """
    header = request.META.get("HTTP_ACCEPT_ENCODING")
    if not header:
        return False
    weights = {}
    for part in header.split(","):
        name, _, weight = part.partition(";")
        weights[name.strip().lower()] = _weight(weight)
    gzip_weight = weights.get("gzip", weights.get("*", 0.0))
    return gzip_weight > 0 and gzip_weight >= weights.get("identity", 0.0)


def _weight(text: str) -> float:
    name, _, number = text.partition("=")
    if name.strip().lower() != "q":
        return 1.0
    try:
        return float(number)
    except ValueError:
        return 0.0
