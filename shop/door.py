"""Answers that go out at the door: by the event loop, without a thread and without Django.

What the public catalogue answers follows from its revision and from what is read of the request.
So an answer that Django gave once is given again, to whoever asks the same, while the revision is
the same; the id of the request alone is new. The revision is asked after the request came, by one
small statement for all who wait: no answer is older than what its client has written.
"""

import time
from typing import Any, NamedTuple
from urllib.parse import unquote_to_bytes
from uuid import uuid4

from django.db import connection

from catalog import revision
from shop.core.logs import request_id
from shop.core.middleware import log_answer
from shop.core.postgresql.loop import LoopQuery

Headers = list[tuple[bytes, bytes]]
Key = tuple[Any, ...]

READ = frozenset(
    {b"host", b"accept", b"accept-encoding", b"if-none-match", b"origin", b"x-forwarded-proto"}
)
"""Headers that decide an answer, with path and query."""

PASSED = frozenset(
    {b"authorization", b"cookie", b"content-length", b"transfer-encoding", b"expect"}
)
"""Headers that leave a request to Django."""

_MAX_KEY = 2000
_ID = b"x-request-id"


class Answer(NamedTuple):
    """What goes to the client; ``kept_under`` is the revision that it was made under, if any."""

    status: int
    headers: Headers
    body: bytes
    kept_under: str | None = None


class Door:
    """The answers that one worker gives at its door: at most 1,000, the newest."""

    def __init__(self) -> None:
        """Keep nothing yet; SQLite, which is asked without a way over a network, has no door."""
        self._kept: dict[Key, Answer] = {}
        self._query = (
            LoopQuery(revision.instant_sql()) if connection.vendor == "postgresql" else None
        )

    def key_of(self, scope: dict[str, Any]) -> Key | None:
        """Return what decides the answer to a request; None where it is Django's matter."""
        if scope["method"] != "GET" or self._query is None:
            return None
        key = [scope["raw_path"], scope["query_string"], scope["scheme"]]
        for name, value in scope["headers"]:
            if name in READ:
                key += name, value
            elif name in PASSED:
                return None
        return tuple(key)

    def keep(self, key: Key, answer: Answer) -> None:
        """Keep an answer that was made under a revision, unless it was asked for at length."""
        if sum(map(len, key)) > _MAX_KEY:
            return
        self._kept.pop(key, None)
        if len(self._kept) >= revision.MAX_ANSWERS:
            del self._kept[next(iter(self._kept))]
        headers = [pair for pair in answer.headers if pair[0] != _ID]
        self._kept[key] = answer._replace(headers=headers)

    async def answer(self, key: Key) -> Answer | None:
        """Return the answer that is kept, if it is still true; and log it."""
        kept = self._kept.get(key)
        if kept is None or self._query is None:
            return None
        start = time.perf_counter()
        row = await self._query.row()
        if row is None or revision.shown_at(*row) != kept.kept_under:
            return None
        about = uuid4().hex
        mark = request_id.set(about)
        path = unquote_to_bytes(key[0]).decode(errors="replace")
        log_answer("GET", path, kept.status, time.perf_counter() - start)
        request_id.reset(mark)
        return kept._replace(headers=[*kept.headers, (_ID, about.encode())])
