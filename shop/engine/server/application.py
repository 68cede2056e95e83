"""The ASGI application: it buffers each request, and runs the WSGI application in a thread.

A request gets a thread once its whole body has arrived. A client that sends slowly costs a
connection; in a server that reads the body in the request's thread it would cost a thread. The WSGI
application stays synchronous: a few threads, each with its own database connection.
"""

import asyncio
import logging
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from io import BytesIO
from tempfile import TemporaryFile
from typing import IO, Any, Protocol

from shop.engine.responses import Response, ResponseCache
from shop.engine.server.environ import Environ, Scope, WSGIApplication, call, make_environ

THREADS = 10
_QUEUE = 128
_UPLOADS = 8
"""Bodies on disk at the same time."""

logger = logging.getLogger("shop.engine")

Receive = Callable[[], Awaitable[dict[str, Any]]]
Send = Callable[[dict[str, Any]], Awaitable[None]]


class Threads(Protocol):
    """Threads that run the WSGI application."""

    def run(self, work: Callable[[], Response]) -> "asyncio.Future[Response]":
        """Return the future result of ``work``. Raises RuntimeError if no thread can start."""


@dataclass(frozen=True, slots=True)
class Site:
    """The functions that the server needs from the site that it serves."""

    body_limit: Callable[[str, str, str], int]
    """Returns the maximum size of a body in bytes, by method, path and content type."""
    error_response: Callable[[Scope, int], Response]
    """Returns the response to a request that the server refuses with a status, and logs it."""
    client_address: Callable[[Scope], str]
    """Returns the address that requests are counted by."""


@dataclass(frozen=True, slots=True)
class Limits:
    """Limits of one worker; times are in seconds."""

    body_timeout: float = 30
    upload_timeout: float = 120
    """For bodies larger than ``memory``."""
    requests_per_address: int = 0
    """Requests of one client address at the same time. 0 disables the limit."""
    memory: int = 262_144
    """The largest body, in bytes, that is not put on disk."""


class _RefusedError(Exception):
    """The server itself refuses the request, with a status."""

    def __init__(self, status: int) -> None:
        super().__init__(status)
        self.status = status


class Application:
    """Answers ASGI's ``http`` scopes with a WSGI application."""

    def __init__(
        self,
        wsgi: WSGIApplication,
        site: Site,
        threads: Threads,
        *,
        limits: Limits = Limits(),
        responses: ResponseCache | None = None,
    ) -> None:
        """Take the response cache, if one is used; start nothing yet."""
        self._wsgi = wsgi
        self._site = site
        self._threads = threads
        self._limits = limits
        self._responses = responses
        self._uploads = 0
        self._running = 0
        self._by_address: Counter[str] = Counter()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Respond to one request, unless the client has disconnected."""
        lookup = self._responses.lookup(scope) if self._responses else None
        response = await self._responses.get(lookup, scope) if self._responses and lookup else None
        if response is None:
            response = await self._respond(scope, receive)
            if response is None:
                return
            if self._responses and lookup and response.cached_under:
                self._responses.store(lookup, response)
        status, headers, content, *_ = response
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": content})

    async def _respond(self, scope: Scope, receive: Receive) -> Response | None:
        """Read the body, and run the WSGI application; None for a client that has left."""
        try:
            with self._counted(scope), self._body_for(scope) as (body, length, timeout):
                async with asyncio.timeout(timeout):
                    if not await _read_body(body, length, receive):
                        return None
                return await self._run(make_environ(scope, body))
        except TimeoutError:
            return self._site.error_response(scope, 408)
        except _RefusedError as refused:
            return self._site.error_response(scope, refused.status)
        except OSError as error:
            logger.error("a body could not be stored: %s", error)  # noqa: TRY400 - the disk's fault
            return self._site.error_response(scope, 503)

    @contextmanager
    def _counted(self, scope: Scope) -> Iterator[None]:
        """Count the request for its client. Raises _RefusedError if the client has too many."""
        limit = self._limits.requests_per_address
        if not limit:
            yield
            return
        address = self._site.client_address(scope)
        if self._by_address[address] >= limit:
            raise _RefusedError(429)
        self._by_address[address] += 1
        try:
            yield
        finally:
            self._by_address[address] -= 1
            if not self._by_address[address]:
                del self._by_address[address]

    @contextmanager
    def _body_for(self, scope: Scope) -> Iterator[tuple[IO[bytes], int, float]]:
        """Yield a file for the body, its length, and the seconds in which it has to arrive.

        A body that is too large is not read. A body larger than ``Limits.memory`` is put on disk.
        Raises _RefusedError if ``_UPLOADS`` bodies are on disk already.
        """
        length = self._length(scope)
        if length <= self._limits.memory:
            yield BytesIO(), length, self._limits.body_timeout
            return
        if self._uploads >= _UPLOADS:
            raise _RefusedError(503)
        self._uploads += 1
        try:
            with TemporaryFile() as body:
                yield body, length, self._limits.upload_timeout
        finally:
            self._uploads -= 1

    def _length(self, scope: Scope) -> int:
        """Return how many bytes of the body to read: 0 if it is too large."""
        headers = dict(scope["headers"])
        length = headers.get(b"content-length", b"")
        if not length.isdigit() or len(length) > 18:
            return 0
        kind = headers.get(b"content-type", b"").decode("latin-1")
        path = scope["raw_path"].decode("latin-1")
        limit = self._site.body_limit(scope["method"], path, kind)
        return int(length) if int(length) <= limit else 0

    async def _run(self, environ: Environ) -> Response:
        """Run the WSGI application. Raises _RefusedError if the queue for threads is full."""
        if self._running >= THREADS + _QUEUE:
            raise _RefusedError(503)
        try:
            response = self._threads.run(partial(call, self._wsgi, environ))
        except RuntimeError as error:
            logger.error("no thread could be started: %s", error)  # noqa: TRY400 - the system's fault
            raise _RefusedError(503) from None
        self._running += 1
        try:
            return await response
        finally:
            self._running -= 1


async def _read_body(body: IO[bytes], length: int, receive: Receive) -> bool:
    """Read the body, and rewind the file; return False if the client has disconnected."""
    more = length > 0
    while more:
        event = await receive()
        if event["type"] == "http.disconnect":
            return False
        body.write(event.get("body", b""))
        more = event.get("more_body", False)
    body.seek(0)
    return True
