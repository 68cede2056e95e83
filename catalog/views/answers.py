"""Answers of the public catalogue: kept as bytes, compressed once, revalidated by revision."""

import gzip
from collections.abc import Callable
from typing import Any

from django.http import HttpResponse, HttpResponseNotModified
from django.http.response import HttpResponseBase
from django.utils.http import parse_etags
from rest_framework.request import Request
from rest_framework.response import Response

from catalog import revision
from shop.core.renderers import dumps

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


def answer_public(
    request: Request, make: Callable[[str | None], dict[str, Any]], key: str | None
) -> HttpResponseBase:
    """Answer a public read, from bytes where they are kept; what staff see is made anew.

    ``make`` gets the revision, None for staff. ``key`` names the answer beside host and path; None
    keeps nothing. The anonymous get an ETag; nobody else may keep a signed-in caller's answer
    (``no-store``).
    """
    if request.user.is_staff:
        return _vary(Response(make(None)))
    revision_now = revision.current()
    return _answer(request, revision_now, lambda: make(revision_now), key)


def origin_of(request: Request) -> str:
    """Return scheme and host that were asked, as links to pages have them."""
    return request.build_absolute_uri("/")[:-1]


def answer_anew(
    request: Request, revision_now: str, make: Callable[[], dict[str, Any]]
) -> HttpResponseBase:
    """Answer a public read whose one statement told the revision too."""
    if request.user.is_staff:
        return _vary(Response(make()))
    return _answer(request, revision_now, make, None if request.GET else "")


def _answer(
    request: Request, revision_now: str, make: Callable[[], dict[str, Any]], key: str | None
) -> HttpResponseBase:
    url = None if key is None else f"{request.build_absolute_uri(request.path)}?{key}"
    body = revision.recall(url, revision_now) if url else None
    if body is None:
        data = make()
        body = Body(data)
        if url and data.get("products", True):  # what shows nothing has no end of names
            revision.keep(url, revision_now, body)
    return _vary(_send(request, revision_now, body), "Accept-Encoding, Authorization")


def _send(request: Request, revision_now: str, body: Body) -> HttpResponse:
    packed = len(body.plain) >= COMPRESSED_FROM and _takes_gzip(request)
    headers = {"Content-Encoding": "gzip"} if packed else {}
    if not request.user.is_authenticated:
        # Other bytes, another tag (RFC 9110, section 8.8.3.3).
        tag = f'"{revision_now}.gz"' if packed else f'"{revision_now}"'
        headers |= {"ETag": tag, "Cache-Control": "no-cache"}
        if _matches(request, tag):
            headers.pop("Content-Encoding", None)
            return HttpResponseNotModified(headers=headers)
    content = body.packed() if packed else body.plain
    return HttpResponse(content, content_type="application/json", headers=headers)


def _vary(response: HttpResponseBase, on: str = "Authorization") -> HttpResponseBase:
    response["Vary"] = on
    return response


def _matches(request: Request, etag: str) -> bool:
    """Compare weakly, as RFC 9110 has it for If-None-Match."""
    wanted = parse_etags(request.headers.get("If-None-Match", ""))
    return "*" in wanted or etag in {tag.removeprefix("W/") for tag in wanted}


def _takes_gzip(request: Request) -> bool:
    """Whether gzip is acceptable, and not less so than plain bytes (RFC 9110, section 12.5.3)."""
    weights = {}
    for part in request.headers.get("Accept-Encoding", "").split(","):
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
