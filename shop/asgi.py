"""The ASGI application that granian serves: Django's, behind a buffer.

A body is taken in before a thread is spent on its request, so that clients who drip bytes cost a
connection and no more; a server that reads it in the request's thread waits there for each of them.
Django itself stays synchronous: a few threads, each with its own database connection.
"""

import asyncio
import logging
import os
import sys
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from functools import partial
from io import BytesIO
from tempfile import TemporaryFile
from typing import IO, Any
from urllib.parse import unquote_to_bytes
from uuid import uuid4

from django.conf import settings
from django.core.wsgi import get_wsgi_application

from catalog.revision import KEPT_UNDER
from shop.core.bodies import limit_of
from shop.core.errors import RequestTimeout, ShopError, Unavailable
from shop.core.handlers import PROBLEM_JSON, problem
from shop.core.logs import request_id
from shop.core.renderers import dumps
from shop.door import Answer, Door, Headers
from shop.threads import Threads

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "shop.settings")

THREADS = 10
"""Of which slow gateways hold up four, and for a second eight (payments.gateways.seat)."""

_AT_ONCE = 4
"""Of the threads that nothing holds up."""

_WAITING = 128
_UPLOADS = 8
"""Bodies that lie on disk at once, of at most 32 MiB each (settings.UPLOADS)."""

logger = logging.getLogger("shop.requests")

Environ = dict[str, Any]
Receive = Callable[[], Awaitable[dict[str, Any]]]
Send = Callable[[dict[str, Any]], Awaitable[None]]


class Application:
    """Answers ASGI's ``http`` scopes by a WSGI application, in threads of its own."""

    def __init__(
        self, wsgi: Callable[..., Any], *, body_within: float = 30, upload_within: float = 120
    ) -> None:
        """Start no thread yet: the first requests do. Both times are in seconds."""
        self._wsgi = wsgi
        self._body_within = body_within
        self._upload_within = upload_within
        self._uploads = 0
        self._threads = Threads(at_once=_AT_ONCE, at_most=THREADS)
        self._under_way = 0
        self._door = Door()

    async def __call__(self, scope: dict[str, Any], receive: Receive, send: Send) -> None:
        """Answer one request; a client that left gets none."""
        question = self._door.question_of(scope)
        answer = await self._door.answer(question) if question else None
        if answer is None:
            answer = await self._answer(scope, receive)
            if answer is None:
                return
            if question and answer.kept_under:
                self._door.keep(question, answer)
        status, headers, content, _ = answer
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": content})

    async def _answer(self, scope: dict[str, Any], receive: Receive) -> Answer | None:
        """Take the body in, and let Django answer; None for a client that left."""
        try:
            with self._body_for(scope) as (body, length, within):
                async with asyncio.timeout(within):
                    if not await _read_body(body, length, receive):
                        return None
                return await self._in_a_thread(scope, body)
        except TimeoutError:
            return _refuse(scope, RequestTimeout())
        except ShopError as refusal:
            return _refuse(scope, refusal)
        except OSError as error:
            logger.error("a body was not taken in: %s", error)  # noqa: TRY400 - the disk's fault
            return _refuse(scope, Unavailable())

    @contextmanager
    def _body_for(self, scope: dict[str, Any]) -> Iterator[tuple[IO[bytes], int, float]]:
        """Yield where the body goes, how long it is, and in how many seconds it has to be there.

        One that Django refuses unread stays unread. A large one goes to disk; raises Unavailable
        where many do already.
        """
        length = _length(scope)
        if length <= settings.DATA_UPLOAD_MAX_MEMORY_SIZE:
            yield BytesIO(), length, self._body_within
            return
        if self._uploads >= _UPLOADS:
            raise Unavailable
        self._uploads += 1
        try:
            with TemporaryFile() as body:
                yield body, length, self._upload_within
        finally:
            self._uploads -= 1

    async def _in_a_thread(self, scope: dict[str, Any], body: IO[bytes]) -> Answer:
        """Wait for a thread, unless so many wait already that an answer would come too late."""
        if self._under_way >= THREADS + _WAITING:
            return _refuse(scope, Unavailable())
        try:
            answer = self._threads.run(partial(self._work, _environ(scope, body)))
        except RuntimeError as error:
            logger.error("no thread could be started: %s", error)  # noqa: TRY400 - the system's fault
            return _refuse(scope, Unavailable())
        self._under_way += 1
        try:
            return await answer
        finally:
            self._under_way -= 1

    def _work(self, environ: Environ) -> Answer:
        head: list[Any] = []

        def start_response(status: str, headers: list[tuple[str, str]], *_: Any) -> None:
            head[:] = int(status[:3]), _encode(headers)

        chunks = self._wsgi(environ, start_response)
        try:
            body = b"".join(chunks)
        finally:
            if hasattr(chunks, "close"):
                chunks.close()
        return Answer(head[0], head[1], body, environ.get(KEPT_UNDER))


def _length(scope: dict[str, Any]) -> int:
    """Return how many bytes to take in: none of a body that is refused by its length."""
    headers = dict(scope["headers"])
    length = headers.get(b"content-length", b"")
    if not length.isdigit() or len(length) > 18:
        return 0
    kind = headers.get(b"content-type", b"").decode("latin-1")
    limit = limit_of(scope["method"], scope["raw_path"].decode("latin-1"), kind)
    return int(length) if int(length) <= limit else 0


async def _read_body(body: IO[bytes], length: int, receive: Receive) -> bool:
    """Take the body in, to be read from its start; return False if the client left meanwhile."""
    more = length > 0
    while more:
        event = await receive()
        if event["type"] == "http.disconnect":
            return False
        body.write(event.get("body", b""))
        more = event.get("more_body", False)
    body.seek(0)
    return True


def _environ(scope: dict[str, Any], body: IO[bytes]) -> Environ:
    """Return what WSGI wants to know (PEP 3333), its strings Latin-1 for whatever bytes came."""
    server = scope.get("server") or ("localhost", 80)
    environ: Environ = {
        "REQUEST_METHOD": scope["method"],
        "SCRIPT_NAME": "",
        "PATH_INFO": unquote_to_bytes(scope["raw_path"]).decode("latin-1"),
        "QUERY_STRING": scope["query_string"].decode("latin-1"),
        "SERVER_NAME": server[0],
        "SERVER_PORT": str(server[1]),
        "SERVER_PROTOCOL": f"HTTP/{scope['http_version']}",
        "REMOTE_ADDR": (scope.get("client") or ("",))[0],
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": scope["scheme"],
        "wsgi.input": body,
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": True,
        "wsgi.multiprocess": True,
        "wsgi.run_once": False,
    }
    for name, value in scope["headers"]:
        if b"_" in name:  # would pass for the header with a hyphen, which a proxy may have set
            continue
        key = name.decode("latin-1").upper().replace("-", "_")
        if key not in {"CONTENT_TYPE", "CONTENT_LENGTH"}:
            key = f"HTTP_{key}"
        text = value.decode("latin-1")
        environ[key] = f"{environ[key]},{text}" if key in environ else text
    return environ


def _encode(headers: list[tuple[str, str]]) -> Headers:
    return [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in headers]


def _refuse(scope: dict[str, Any], error: ShopError) -> Answer:
    """Draw a refusal that Django never sees, with an id and a line in the log like any other."""
    about = uuid4().hex
    headers = {
        **error.headers,
        "Content-Type": PROBLEM_JSON,
        "Cache-Control": "no-store",
        "X-Request-ID": about,
    }
    mark = request_id.set(about)
    try:
        path = unquote_to_bytes(scope["raw_path"]).decode(errors="replace")
        facts = {"user_id": None, "method": scope["method"], "path": path, "status": error.status}
        values = (scope["method"], path, error.status)
        logger.warning("%s %r: %s, unread", *values, extra={"facts": facts})
    finally:
        request_id.reset(mark)
    return Answer(error.status, _encode(list(headers.items())), dumps(problem(error)))


application = Application(get_wsgi_application())
