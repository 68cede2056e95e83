"""The ASGI application: it buffers each request, and runs the WSGI application in a thread.

A request gets a thread once its whole body has arrived. A client that sends slowly costs a
connection; in a server that reads the body in the request's thread it would cost a thread. The WSGI
application stays synchronous: a few threads, each with its own database connection.
"""

import asyncio
import logging
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from functools import partial
from io import BytesIO
from tempfile import TemporaryFile
from typing import IO, Any, Protocol, TypeVar

from shop.engine.responses import Response, ResponseCache
from shop.engine.server.environ import Environ, Scope, WSGIApplication, call, make_environ

THREADS = 10
_QUEUE = 128
_UPLOADS = 8
"""Bodies on disk at the same time."""
_UPLOADS_PER_CALLER = 2

logger = logging.getLogger("shop.engine")

R = TypeVar("R")

Receive = Callable[[], Awaitable[dict[str, Any]]]
Send = Callable[[dict[str, Any]], Awaitable[None]]


class Threads(Protocol):
    """Threads that run the WSGI application."""

    def run(self, work: Callable[[], R]) -> "asyncio.Future[R]":
        """Return the future result of ``work``. Raises RuntimeError if no thread can start."""


class RefusedError(Exception):
    """The server itself refuses the request, with a status."""

    def __init__(self, status: int) -> None:
        super().__init__(status)
        self.status = status


@dataclass(frozen=True, slots=True)
class Site:
    """The functions that the server needs from the site that it serves."""

    body_limit: Callable[[str, str, str], int]
    """Returns the maximum size of a body in bytes, by method, path and content type."""
    error_response: Callable[[Scope, int], Response]
    """Returns the response to a request that the server refuses with a status, and logs it."""
    client_address: Callable[[Scope], str]
    """Returns the address that requests are counted by."""
    uploader: Callable[[Scope], str]
    """Returns the name of the caller of an upload, or raises RefusedError. Runs in a thread."""


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
        self._uploads: Counter[str] = Counter()
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
            with self._counted(scope):
                length = self._length(scope)
                # The caller is known before a slot for an upload is taken.
                large = length > self._limits.memory
                caller = await self._in_thread(partial(self._site.uploader, scope)) if large else ""
                with self._upload(caller) if large else nullcontext(BytesIO()) as body:
                    limits = self._limits
                    seconds = limits.upload_timeout if large else limits.body_timeout
                    if length and not await _read_body(body, seconds, receive):
                        return None
                    return await self._run(make_environ(scope, body))
        except TimeoutError:
            return self._site.error_response(scope, 408)
        except RefusedError as refused:
            return self._site.error_response(scope, refused.status)
        except OSError as error:
            logger.error("a body could not be stored: %s", error)  # noqa: TRY400 - the disk's fault
            return self._site.error_response(scope, 503)

    @contextmanager
    def _counted(self, scope: Scope) -> Iterator[None]:
        """Count the request for its client. Raises RefusedError if the client has too many."""
        limit = self._limits.requests_per_address
        if not limit:
            yield
            return
        address = self._site.client_address(scope)
        if self._by_address[address] >= limit:
            raise RefusedError(429)
        self._by_address[address] += 1
        try:
            yield
        finally:
            self._by_address[address] -= 1
            if not self._by_address[address]:
                del self._by_address[address]

    @contextmanager
    def _upload(self, caller: str) -> Iterator[IO[bytes]]:
        """Yield a file on disk. Raises RefusedError if the caller or the worker has too many."""
        if self._uploads[caller] >= _UPLOADS_PER_CALLER:
            raise RefusedError(429)
        if self._uploads.total() >= _UPLOADS:
            raise RefusedError(503)
        self._uploads[caller] += 1
        try:
            with TemporaryFile() as body:
                yield body
        finally:
            self._uploads[caller] -= 1
            if not self._uploads[caller]:
                del self._uploads[caller]

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
        """Run the WSGI application. Raises RefusedError if the queue for threads is full."""
        return await self._in_thread(partial(call, self._wsgi, environ))

    async def _in_thread(self, work: Callable[[], R]) -> R:
        """Return the result of ``work``. Raises RefusedError if the queue for threads is full."""
        if self._running >= THREADS + _QUEUE:
            raise RefusedError(503)
        try:
            result = self._threads.run(work)
        except RuntimeError as error:
            logger.error("no thread could be started: %s", error)  # noqa: TRY400 - the system's fault
            raise RefusedError(503) from None
        self._running += 1
        try:
            return await result
        finally:
            self._running -= 1


async def _read_body(body: IO[bytes], seconds: float, receive: Receive) -> bool:
    """Read the body, and rewind the file; return False if the client has disconnected.

    Raises TimeoutError if it has not arrived after ``seconds``.
    """
    async with asyncio.timeout(seconds):
        more = True
        while more:
            event = await receive()
            if event["type"] == "http.disconnect":
                return False
            body.write(event.get("body", b""))
            more = event.get("more_body", False)
    body.seek(0)
    return True
