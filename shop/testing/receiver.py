"""A real HTTP server that receives requests: it fails, delays, redirects and drops connections."""

import ssl
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Thread
from typing import Any

DROP = "drop"


@dataclass(frozen=True)
class Reply:
    """A response. ``before`` is called first; the body is sent in ``parts``, each after a pause."""

    status: int = 204
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    before: Callable[[], object] = lambda: None
    parts: int = 1
    pause: float = 0.0


@dataclass(frozen=True)
class Received:
    """A request as it arrived."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes


@dataclass
class Receiver:
    """A running server. ``replies`` has those to the next requests, and ``usual`` to all others."""

    url: str = ""
    requests: list[Received] = field(default_factory=list)
    replies: list[Reply | str] = field(default_factory=list)
    usual: Reply | str = field(default_factory=Reply)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def handle_request(self) -> None:
        receiver: Receiver = self.server.receiver  # type: ignore[attr-defined]
        body = self.rfile.read(int(self.headers.get("content-length", 0)))
        headers = {name.lower(): text for name, text in self.headers.items()}
        receiver.requests.append(Received(self.command, self.path, headers, body))
        reply = receiver.replies.pop(0) if receiver.replies else receiver.usual
        if isinstance(reply, str):
            self.close_connection = True
            return
        reply.before()
        self._send(reply)

    do_GET = do_POST = handle_request  # noqa: N815 - names of the library

    def _send(self, reply: Reply) -> None:
        self.send_response(reply.status)
        for name, text in reply.headers.items():
            self.send_header(name, text)
        if reply.status != 204:
            self.send_header("Content-Length", str(len(reply.body)))
        self.end_headers()
        size = max(1, -(-len(reply.body) // reply.parts))
        for start in range(0, len(reply.body), size):
            self.server.stopped.wait(reply.pause)  # type: ignore[attr-defined]
            self.wfile.write(reply.body[start : start + size])
            self.wfile.flush()

    def log_message(self, *args: Any) -> None:
        """Write no log."""


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, *args: Any) -> None:
        """Ignore that a client has closed the connection."""


@contextmanager
def receiving(
    host: str = "127.0.0.1", port: int = 0, context: ssl.SSLContext | None = None
) -> Iterator[Receiver]:
    """Run a server on this machine, with TLS if a context is given."""
    server = _Server((host, port), _Handler)
    if context is not None:
        server.socket = context.wrap_socket(server.socket, server_side=True)
    receiver = Receiver(f"http{'s' if context else ''}://{host}:{server.server_port}")
    server.receiver, server.stopped = receiver, Event()  # type: ignore[attr-defined]
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield receiver
    finally:
        server.stopped.set()  # type: ignore[attr-defined]
        server.shutdown()
        server.server_close()
        thread.join()
