"""Answers of the public catalogue: kept as bytes, and revalidated by their revision."""

from collections.abc import Callable
from typing import Any

from django.http import HttpResponse, HttpResponseNotModified
from django.http.response import HttpResponseBase
from django.utils.http import parse_etags
from rest_framework.request import Request
from rest_framework.response import Response

from catalog import revision
from shop.core.renderers import dumps

# Queries that belong to the answer's URL; any other passes the kept answers by.
_KNOWN_QUERY = frozenset({"page", "page_size"})


def answer_public(request: Request, make: Callable[[], dict[str, Any]]) -> HttpResponseBase:
    """Answer a public read, from bytes where they are kept; what staff see is made anew.

    The anonymous get an ETag. Nobody else may keep a signed-in caller's answer (``no-store``).
    """
    if request.user.is_staff:
        return _vary(Response(make()))
    revision_now = revision.current()
    url = request.build_absolute_uri() if _KNOWN_QUERY.issuperset(request.GET) else None
    body = revision.recall(url, revision_now) if url else None
    if body is None:
        body = dumps(make())
        if url:
            revision.keep(url, revision_now, body)
    return _vary(_send(request, revision_now, lambda: body))


def origin_of(request: Request) -> str:
    """Return scheme and host that were asked, as links to pages have them."""
    return request.build_absolute_uri("/")[:-1]


def answer_anew(
    request: Request, revision_now: str, make: Callable[[], dict[str, Any]]
) -> HttpResponseBase:
    """Answer a public read whose one statement told the revision too; nothing is kept."""
    if request.user.is_staff:
        return _vary(Response(make()))
    return _vary(_send(request, revision_now, lambda: dumps(make())))


def _send(request: Request, revision_now: str, body: Callable[[], bytes]) -> HttpResponse:
    if request.user.is_authenticated:
        return HttpResponse(body(), content_type="application/json")
    headers = {"ETag": f'"{revision_now}"', "Cache-Control": "no-cache"}
    if _matches(request, headers["ETag"]):
        return HttpResponseNotModified(headers=headers)
    return HttpResponse(body(), content_type="application/json", headers=headers)


def _vary(response: HttpResponseBase) -> HttpResponseBase:
    response["Vary"] = "Authorization"
    return response


def _matches(request: Request, etag: str) -> bool:
    """Compare weakly, as RFC 9110 has it for If-None-Match."""
    wanted = parse_etags(request.headers.get("If-None-Match", ""))
    return "*" in wanted or etag in {tag.removeprefix("W/") for tag in wanted}
