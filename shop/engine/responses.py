"""The response cache: the event loop of a worker answers repeated requests, without Django.

A view declares its response public and names the revision of the data that it was made from
(``CACHED_UNDER``). The cache sends the same response to every equal request while the revision is
the same; only the request id differs. It reads the revision after the request came, with one small
statement for all requests that wait, so that no response is older than what its client has written.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple

from shop.engine.loop_query import LoopQuery

Headers = list[tuple[bytes, bytes]]

ROUTE = "shop.engine.route"
"""The key in a request's META of the pattern that its path matched."""

CONDITION = b"if-none-match"
BYPASS_HEADERS = frozenset(
    {b"authorization", b"cookie", b"content-length", b"transfer-encoding", b"expect"}
)
"""Requests with one of these headers go to Django."""

_MAX_KEY = 2000
_MAX_HEADER = 8190
"""Bytes of a value; Django decides about longer ones."""
_ACCEPT_LANGUAGE = b"accept-language"
_REQUEST_ID = b"x-request-id"
_BODY_HEADERS = frozenset({b"content-type", b"content-length", b"content-encoding", b"allow"})


class Response(NamedTuple):
    """A response; ``cached_under`` is the revision that it was made from, if it is cacheable.

    ``route`` is the pattern that the path matched.
    """

    status: int
    headers: Headers
    body: bytes
    cached_under: str | None = None
    route: str = ""


class Lookup(NamedTuple):
    """The cache key of a request, and the value of its If-None-Match header."""

    key: tuple[Any, ...]
    condition: bytes


@dataclass(frozen=True, slots=True)
class _Entry:
    """A 200 response, and the 304 response for clients that have it already."""

    complete: Response
    not_modified: Response
    etag: bytes

    def for_condition(self, condition: bytes) -> Response | None:
        """Return the response for an If-None-Match value, or None if it has several tags.

        See RFC 9110, section 13.1.2.
        """
        if condition in {self.etag, b"W/" + self.etag}:
            return self.not_modified
        return None if b"," in condition or b"*" in condition else self.complete


class ResponseCache:
    """The cached responses of one worker: at most ``size``, the newest.

    ``query`` reads one row of the database, and ``revision_of`` returns the revision that it
    stands for, or None if this process does not know it yet. ``key_headers`` are the request
    headers, in lower case, that decide a response together with path and query. ``log`` is called
    for each cache hit, with the request, the response and the seconds; it returns the request's id.
    ``language_of`` returns the language that is negotiated for a value of Accept-Language, which
    then also decides the response; None if it does not depend on that header.
    """

    def __init__(
        self,
        query: LoopQuery,
        *,
        revision_of: Callable[..., str | None],
        key_headers: frozenset[bytes],
        log: Callable[[dict[str, Any], Response, float], str],
        language_of: Callable[[str], str] | None = None,
        size: int = 1000,
    ) -> None:
        """Start empty, without a connection."""
        self._query = query
        self._revision_of = revision_of
        self._key_headers = key_headers
        self._log = log
        self._language_of = language_of
        self._size = size
        self._entries: dict[tuple[Any, ...], _Entry] = {}

    def lookup(self, scope: dict[str, Any]) -> Lookup | None:
        """Return the cache key of a request, or None if only Django can answer it."""
        if scope["method"] != "GET":
            return None
        key = [scope["raw_path"], scope["query_string"], scope["scheme"]]
        hosts, conditions, accepted = 0, [], []
        for name, value in scope["headers"]:
            if len(value) > _MAX_HEADER:
                return None
            if name in self._key_headers:
                key += name, value
                hosts += name == b"host"
            elif name == CONDITION:
                conditions.append(value)
            elif name == _ACCEPT_LANGUAGE:
                accepted.append(value)
            elif name in BYPASS_HEADERS:
                return None
        if hosts != 1:  # without a Host header, links would name the server's own address
            return None
        if self._language_of is not None:
            key.append(self._language_of(b",".join(accepted).decode("latin-1")))
        return Lookup(tuple(key), b",".join(conditions))

    def store(self, lookup: Lookup, response: Response) -> None:
        """Store a 200 response with an ETag, unless its key is very long."""
        key, headers = lookup.key, [pair for pair in response.headers if pair[0] != _REQUEST_ID]
        etag = dict(headers).get(b"etag")
        if response.status != 200 or etag is None or sum(map(len, key)) > _MAX_KEY:
            return
        without_body = [pair for pair in headers if pair[0] not in _BODY_HEADERS]
        self._entries.pop(key, None)
        if len(self._entries) >= self._size:
            del self._entries[next(iter(self._entries))]
        self._entries[key] = _Entry(
            response._replace(headers=headers),
            response._replace(status=304, headers=without_body, body=b""),
            etag,
        )

    async def get(self, lookup: Lookup, scope: dict[str, Any]) -> Response | None:
        """Return the cached response if its revision is the present one, and log the hit."""
        entry = self._entries.get(lookup.key)
        response = entry.for_condition(lookup.condition) if entry is not None else None
        if response is None:
            return None
        start = time.perf_counter()
        row = await self._query.row()
        if row is None or self._revision_of(*row) != response.cached_under:
            return None
        request_id = self._log(scope, response, time.perf_counter() - start)
        return response._replace(headers=[*response.headers, (_REQUEST_ID, request_id.encode())])
