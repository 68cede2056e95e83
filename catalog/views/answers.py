"""Answers of the public catalogue: kept as bytes, and revalidated by their revision."""

from collections.abc import Callable
from typing import Any, TypeVar

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.utils.http import parse_etags
from rest_framework.request import Request
from rest_framework.response import Response

from catalog import revision
from shop.core.renderers import dumps
from shop.core.viewsets import ShopViewSet, takes_json

R = TypeVar("R", bound=HttpResponseBase)

# Queries that belong to the answer's URL; any other passes the kept answers by.
_KNOWN_QUERY = frozenset({"page", "page_size"})


class KeptAnswersViewSet(ShopViewSet):
    """A viewset of ``answer_public``: what is kept goes out before DRF reads the request.

    DRF makes a request, a renderer, an anonymous user and permissions, which costs as much as
    to look the answer up and send it.
    """

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """Answer from the kept bytes, or else as DRF does."""
        return _answer_kept(request) or super().dispatch(request, *args, **kwargs)


def _answer_kept(request: HttpRequest) -> HttpResponse | None:
    """Answer an anonymous GET whose answer is kept and fresh; None leaves the request to DRF.

    Only ``answer_public`` keeps answers, so that one is kept says that the URL is public and its
    query known.
    """
    asked = request.META
    if request.method != "GET" or "HTTP_AUTHORIZATION" in asked:
        return None
    if not takes_json(asked.get("HTTP_ACCEPT", "*/*")):
        return None
    url = _url(request)
    if not revision.keeps(url):
        return None
    revision_now = revision.current()
    body = revision.recall(url, revision_now)
    if body is None:
        return None
    return _vary(_send_to_anyone(request, revision_now, lambda: body))


def answer_public(request: Request, make: Callable[[], dict[str, Any]]) -> HttpResponseBase:
    """Answer a public read, from bytes where they are kept; what staff see is made anew.

    The anonymous get an ETag. Nobody else may keep a signed-in caller's answer (``no-store``).
    """
    if request.user.is_staff:
        return _vary(Response(make()))
    revision_now = revision.current()
    url = _url(request) if _KNOWN_QUERY.issuperset(request.GET) else None
    body = revision.recall(url, revision_now) if url else None
    if body is None:
        body = dumps(make())
        if url:
            revision.keep(url, revision_now, body)
    return _vary(_send(request, revision_now, lambda: body))


def answer_anew(
    request: Request, revision_now: str, make: Callable[[], dict[str, Any]]
) -> HttpResponseBase:
    """Answer a public read whose one statement told the revision too; nothing is kept."""
    if request.user.is_staff:
        return _vary(Response(make()))
    return _vary(_send(request, revision_now, lambda: dumps(make())))


def _url(request: HttpRequest | Request) -> str:
    """Name what is asked for: the links in an answer bear the scheme and the host."""
    asked = request.META
    return f"{request.scheme}://{request.get_host()}{request.path}?{asked['QUERY_STRING']}"


def _send(request: Request, revision_now: str, body: Callable[[], bytes]) -> HttpResponse:
    if request.user.is_authenticated:
        return HttpResponse(body(), content_type="application/json")
    return _send_to_anyone(request, revision_now, body)


def _send_to_anyone(
    request: HttpRequest | Request, revision_now: str, body: Callable[[], bytes]
) -> HttpResponse:
    headers = {"ETag": f'"{revision_now}"', "Cache-Control": "no-cache"}
    if _matches(request, headers["ETag"]):
        return HttpResponse(status=304, headers=headers)
    return HttpResponse(body(), content_type="application/json", headers=headers)


def _vary(response: R) -> R:
    response["Vary"] = "Authorization"
    return response


def _matches(request: HttpRequest | Request, etag: str) -> bool:
    """Compare weakly, as RFC 9110 has it for If-None-Match."""
    given = request.META.get("HTTP_IF_NONE_MATCH")
    if not given:
        return False
    wanted = parse_etags(given)
    return "*" in wanted or etag in {tag.removeprefix("W/") for tag in wanted}
