"""Answers that go out at the door: by the event loop, without a thread and without Django.

What the public catalogue answers follows from its revision and from what is read of the request.
So an answer that Django gave once is given again, to whoever asks the same, while the revision is
the same; the id of the request alone is new. The revision is asked after the request came, by one
small statement for all who wait: no answer is older than what its client has written.
"""

import time
from dataclasses import dataclass
from typing import Any, NamedTuple
from urllib.parse import unquote_to_bytes
from uuid import uuid4

from django.db import connection

from catalog import revision
from shop.core.logs import request_id
from shop.core.middleware import log_answer
from shop.engine.postgresql.loop import LoopQuery

Headers = list[tuple[bytes, bytes]]

READ = frozenset({b"host", b"accept", b"accept-encoding", b"origin", b"x-forwarded-proto"})
"""Headers that decide an answer, with path and query."""

CONDITION = b"if-none-match"

PASSED = frozenset(
    {b"authorization", b"cookie", b"content-length", b"transfer-encoding", b"expect"}
)
"""Headers that leave a request to Django."""

_MAX_KEY = 2000
_ID = b"x-request-id"
_OF_A_BODY = frozenset({b"content-type", b"content-length", b"content-encoding", b"allow"})


class Answer(NamedTuple):
    """What goes to the client; ``kept_under`` is the revision that it was made under, if any."""

    status: int
    headers: Headers
    body: bytes
    kept_under: str | None = None


class Question(NamedTuple):
    """What decides an answer, and what its client has of it already: an ETag, or nothing."""

    key: tuple[Any, ...]
    condition: bytes


@dataclass(frozen=True, slots=True)
class _Kept:
    """An answer that was given with a 200, and without a body for who has it already."""

    whole: Answer
    unchanged: Answer
    etag: bytes

    def for_condition(self, condition: bytes) -> Answer | None:
        """Return what a condition gets (RFC 9110, section 13.1.2); None for several tags."""
        if condition in {self.etag, b"W/" + self.etag}:
            return self.unchanged
        return None if b"," in condition or b"*" in condition else self.whole


class Door:
    """The answers that one worker gives at its door: at most 1,000, the newest."""

    def __init__(self) -> None:
        """Keep nothing yet; SQLite, which is asked without a way over a network, has no door."""
        self._kept: dict[tuple[Any, ...], _Kept] = {}
        self._query = (
            LoopQuery(revision.instant_sql()) if connection.vendor == "postgresql" else None
        )

    def question_of(self, scope: dict[str, Any]) -> Question | None:
        """Return what a request asks; None where it is Django's matter."""
        if scope["method"] != "GET" or self._query is None:
            return None
        key = [scope["raw_path"], scope["query_string"], scope["scheme"]]
        hosts, conditions = 0, []
        for name, value in scope["headers"]:
            if name in READ:
                key += name, value
                hosts += name == b"host"
            elif name == CONDITION:
                conditions.append(value)
            elif name in PASSED:
                return None
        if hosts != 1:  # without one, links would name the address that this request came by
            return None
        return Question(tuple(key), b",".join(conditions))

    def keep(self, question: Question, answer: Answer) -> None:
        """Keep an answer that was made under a revision, unless it was asked for at length."""
        key, headers = question.key, [pair for pair in answer.headers if pair[0] != _ID]
        etag = dict(headers).get(b"etag")
        if answer.status != 200 or etag is None or sum(map(len, key)) > _MAX_KEY:
            return
        bodiless = [pair for pair in headers if pair[0] not in _OF_A_BODY]
        self._kept.pop(key, None)
        if len(self._kept) >= revision.MAX_ANSWERS:
            del self._kept[next(iter(self._kept))]
        self._kept[key] = _Kept(
            answer._replace(headers=headers), Answer(304, bodiless, b"", answer.kept_under), etag
        )

    async def answer(self, question: Question) -> Answer | None:
        """Return the answer that is kept, if it is still true; and log it."""
        kept = self._kept.get(question.key)
        answer = kept.for_condition(question.condition) if kept is not None else None
        if answer is None or self._query is None:
            return None
        start = time.perf_counter()
        row = await self._query.row()
        if row is None or revision.shown_at(*row) != answer.kept_under:
            return None
        about = uuid4().hex
        mark = request_id.set(about)
        path = unquote_to_bytes(question.key[0]).decode(errors="replace")
        log_answer("GET", path, answer.status, time.perf_counter() - start)
        request_id.reset(mark)
        return answer._replace(headers=[*answer.headers, (_ID, about.encode())])
