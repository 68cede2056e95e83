"""Responses of the public catalog: cached as bytes, compressed once, revalidated by revision."""

import gzip
from collections.abc import Callable
from typing import Any, TypeVar

from django.http import HttpRequest, HttpResponse, HttpResponseNotModified
from django.http.response import HttpResponseBase
from django.utils.http import parse_etags
from rest_framework.request import Request
from rest_framework.response import Response

from catalog import revision
from shop.core.renderers import dumps
from shop.core.viewsets import ShopViewSet, accepts_json
from shop.engine.revisions import CACHED_UNDER

R = TypeVar("R", bound=HttpResponseBase)

COMPRESSED_FROM = 1024
"""Bytes; less gains nothing. Only what everyone may read is compressed: its length is no secret."""


class Body:
    """The bytes of an answer, and, once someone wants them so, the same compressed."""

    __slots__ = ("_packed", "plain")

    def __init__(self, data: dict[str, Any]) -> None:
        """Write ``data`` as JSON."""
        self.plain = dumps(data)
        self._packed: bytes | None = None

    def packed(self) -> bytes:
        """Return the bytes as gzip has them."""
        if self._packed is None:
            self._packed = gzip.compress(self.plain, compresslevel=6, mtime=0)
        return self._packed


class KeptAnswersViewSet(ShopViewSet):
    """A viewset of ``answer_public``: it sends a cached response before DRF reads the request.

    What DRF does (its request, a renderer, an anonymous user, permissions) costs 50 microseconds, a
    quarter of Django's share of such a request.
    """

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """Send the cached response, or else do as DRF does."""
        return _answer_kept(request) or super().dispatch(request, *args, **kwargs)


def _answer_kept(request: HttpRequest) -> HttpResponse | None:
    """Answer an anonymous GET from the cache; None leaves the request to DRF.

    Only ``answer_public`` caches responses, so a cached one proves that the URL is public and its
    query known.
    """
    asked = request.META
    if request.method != "GET" or "HTTP_AUTHORIZATION" in asked:
        return None
    if not accepts_json(asked.get("HTTP_ACCEPT", "*/*")):
        return None
    url = _url(request, asked["QUERY_STRING"])
    if url not in revision.responses:
        return None
    revision_now = revision.current()
    body = revision.responses.get(url, revision_now)
    if body is None:
        request.catalog_revision = revision_now  # type: ignore[attr-defined] # answer_public goes on
        return None
    asked[CACHED_UNDER] = revision_now
    return _vary(_send(request, revision_now, body, is_public=True))


def answer_public(
    request: Request, make: Callable[[str | None], dict[str, Any]], key: str | None
) -> HttpResponseBase:
    """Answer a public read, from the cache if possible; for staff always by ``make``.

    ``make`` gets the revision, None for staff. ``key`` names the response together with host and
    path, as a query would; None caches nothing. Anonymous callers get an ETag; a signed-in caller's
    response may not be stored on its way (``no-store``).
    """
    if request.user.is_staff:
        return _vary(Response(make(None)), "Authorization")
    revision_now = getattr(request, "catalog_revision", None) or revision.current()
    return _answer(request, revision_now, lambda: make(revision_now), key)


def answer_anew(
    request: Request, revision_now: str, make: Callable[[], dict[str, Any]]
) -> HttpResponseBase:
    """Answer a public read whose one statement told the revision too."""
    if request.user.is_staff:
        return _vary(Response(make()), "Authorization")
    return _answer(request, revision_now, make, None if request.GET else "")


def origin_of(request: HttpRequest | Request) -> str:
    """Return scheme and host that were asked, as links to pages have them."""
    return f"{request.scheme}://{request.get_host()}"


def _url(request: HttpRequest | Request, key: str) -> str:
    """Name an answer: the links in it bear the scheme and the host."""
    return f"{origin_of(request)}{request.path}?{key}"


def _answer(
    request: Request, revision_now: str, make: Callable[[], dict[str, Any]], key: str | None
) -> HttpResponseBase:
    url = None if key is None else _url(request, key)
    body = revision.responses.get(url, revision_now) if url else None
    if body is None:
        data = make()
        body = Body(data)
        if not data.get("products", True):
            url = None  # what shows nothing has no end of names
        if url:
            revision.responses.put(url, revision_now, body)
    is_public = not request.user.is_authenticated
    if url and is_public:
        request.META[CACHED_UNDER] = revision_now
    return _vary(_send(request, revision_now, body, is_public=is_public))


def _send(
    request: HttpRequest | Request, revision_now: str, body: Body, *, is_public: bool
) -> HttpResponse:
    packed = len(body.plain) >= COMPRESSED_FROM and _takes_gzip(request)
    headers = {"Content-Encoding": "gzip"} if packed else {}
    if is_public:
        # Other bytes, another tag (RFC 9110, section 8.8.3.3).
        tag = f'"{revision_now}.gz"' if packed else f'"{revision_now}"'
        headers |= {"ETag": tag, "Cache-Control": "no-cache"}
        if _matches(request, tag):
            headers.pop("Content-Encoding", None)
            return HttpResponseNotModified(headers=headers)
    content = body.packed() if packed else body.plain
    return HttpResponse(content, content_type="application/json", headers=headers)


def _vary(response: R, on: str = "Accept-Encoding, Authorization") -> R:
    response["Vary"] = on
    return response


def _matches(request: HttpRequest | Request, etag: str) -> bool:
    """Compare weakly, as RFC 9110 has it for If-None-Match."""
    given = request.META.get("HTTP_IF_NONE_MATCH")
    if not given:
        return False
    wanted = parse_etags(given)
    return "*" in wanted or etag in {tag.removeprefix("W/") for tag in wanted}


def _takes_gzip(request: HttpRequest | Request) -> bool:
    """Whether gzip is acceptable, and not less so than plain bytes (RFC 9110, section 12.5.3)."""
    given = request.META.get("HTTP_ACCEPT_ENCODING")
    if not given:
        return False
    weights = {}
    for part in given.split(","):
        name, _, weight = part.partition(";")
        weights[name.strip().lower()] = _weight(weight)
    packed = weights.get("gzip", weights.get("*", 0.0))
    return packed > 0 and packed >= weights.get("identity", 0.0)


def _weight(text: str) -> float:
    name, _, number = text.partition("=")
    if name.strip().lower() != "q":
        return 1.0
    try:
        return float(number)
    except ValueError:
        return 0.0
