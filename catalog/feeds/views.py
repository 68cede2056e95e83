"""The sitemap and the product feed over HTTP. Everyone may read them."""

import gzip
import time
import zlib
from collections.abc import Callable, Iterable
from threading import Lock
from typing import NamedTuple

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotModified
from django.utils.http import parse_etags
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_safe

from catalog import revision
from catalog.collections.errors import CollectionNotFound
from catalog.collections.models import Collection
from catalog.feeds import merchant, sitemap
from catalog.responses import accepts_gzip
from shop.core.errors import InvalidField, Unavailable
from shop.core.links import origin_of
from shop.core.slugs import normalize_slug

_SLOW = 1.0
"""Seconds. A feed that takes longer to make is used again for a while."""
_REST = 20
"""So many times as long as it took."""
_KEPT = 4
"""Feeds that a process keeps. They are compressed."""
_WAIT = 20.0
"""Seconds to wait for another feed, because a process makes one at a time."""
_MAX_NUMBER = 10**9


class _Made(NamedTuple):
    """A feed as gzip, the revision that it was made of, and until when it is used whatever that is.

    The time is that of the monotonic clock.
    """

    revision: str
    content: bytes
    until: float


_feeds: dict[str, _Made] = {}
_making = Lock()


@csrf_exempt  # so that other methods than GET and HEAD get a 405 instead of a CSRF error page
@require_safe
def sitemap_index(request: HttpRequest) -> HttpResponse:
    """Return the index of the files of the sitemap."""
    return _response(request, revision.current(), lambda: sitemap.index(origin_of(request)))


@csrf_exempt
@require_safe
def sitemap_file(request: HttpRequest, name: str, number: int) -> HttpResponse:
    """Return a file of the sitemap."""

    def make() -> str:
        file = sitemap.FILES.get(name)
        content = file and number <= _MAX_NUMBER and file(number, origin_of(request))
        if not content:
            raise Http404
        return content

    return _response(request, revision.current(), make)


@csrf_exempt
@require_safe
def merchant_feed(request: HttpRequest) -> HttpResponse:
    """Return the product feed, of one collection with ``?collection=`` and its slug.

    Raises CollectionNotFound, InvalidField for another parameter, and Unavailable.
    """
    collection_id = _read_collection(request)
    origin = origin_of(request)
    current = revision.current()
    key = f"{origin} {collection_id}"
    made = _feeds.get(key)
    if made is None or not _is_usable(made, current):
        if not _making.acquire(timeout=_WAIT):
            raise Unavailable
        try:
            made = _feeds.get(key)
            if made is None or not _is_usable(made, current):
                made = _make(current, merchant.parts(origin, collection_id))
                _keep(key, made)
        finally:
            _making.release()
    return _to_response(request, made.revision, made.content)


def _read_collection(request: HttpRequest) -> int | None:
    """Return the id of the collection that the request names, None for all products."""
    unknown = request.GET.keys() - {"collection"}
    if unknown:
        raise InvalidField(field=min(unknown)[:100], reason=_("This parameter does not exist."))
    slugs = request.GET.getlist("collection")
    if not slugs:
        return None
    if len(slugs) > 1:
        raise InvalidField(field="collection", reason=_("Name one collection."))
    published = Collection.objects.filter(is_published=True, slug=normalize_slug(slugs[0]))
    found = published.values_list("pk", flat=True).first()
    if found is None:
        raise CollectionNotFound
    return found


def _is_usable(made: _Made, current: str) -> bool:
    return made.revision == current or time.monotonic() < made.until


def _make(current: str, parts: Iterable[str]) -> _Made:
    began = time.monotonic()
    content = b"".join(_compressed(parts))
    took = time.monotonic() - began
    return _Made(current, content, time.monotonic() + _REST * took if took > _SLOW else 0)


def _compressed(parts: Iterable[str]) -> Iterable[bytes]:
    """Yield the parts as one gzip file. They are never in memory together."""
    packer = zlib.compressobj(6, zlib.DEFLATED, 31)
    for part in parts:
        yield packer.compress(part.encode())
    yield packer.flush()


def _keep(key: str, made: _Made) -> None:
    _feeds.pop(key, None)
    while len(_feeds) >= _KEPT:
        del _feeds[next(iter(_feeds))]
    _feeds[key] = made


def _response(request: HttpRequest, current: str, make: Callable[[], str]) -> HttpResponse:
    if _has(request, current):
        return _to_response(request, current, b"")
    return _to_response(request, current, gzip.compress(make().encode(), 6, mtime=0))


def _has(request: HttpRequest, current: str) -> bool:
    """Return whether the client has this revision (If-None-Match)."""
    known = parse_etags(request.headers.get("If-None-Match", ""))
    return f'W/"{current}"' in known or f'"{current}"' in known or "*" in known


def _to_response(request: HttpRequest, current: str, content: bytes) -> HttpResponse:
    headers = {
        "ETag": f'W/"{current}"',
        "Cache-Control": "no-cache",
        "Vary": "Accept-Encoding",
    }
    if _has(request, current):
        return HttpResponseNotModified(headers=headers)
    if accepts_gzip(request):
        headers["Content-Encoding"] = "gzip"
    else:
        content = gzip.decompress(content)
    return HttpResponse(content, content_type="application/xml", headers=headers)
