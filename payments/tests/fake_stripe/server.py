"""HTTP around the API: a thread a connection, kept alive as Stripe keeps them."""

import json
import socket
import sys
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlsplit

from payments.tests.fake_stripe import forms
from payments.tests.fake_stripe.api import Answer, Api
from payments.tests.fake_stripe.control import control
from payments.tests.fake_stripe.errors import Refusal
from payments.tests.fake_stripe.routes import Request


class Server(ThreadingHTTPServer):
    """The fake, listening on loopback alone."""

    daemon_threads = True
    request_queue_size = 128

    def __init__(self, port: int) -> None:
        super().__init__(("127.0.0.1", port), Handler)
        self.api = Api()

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self.server_address[1]}"

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing of clients that went away, which are killed on purpose; the rest is ours."""
        if not isinstance(sys.exc_info()[1], OSError):
            super().handle_error(request, client_address)


class Handler(BaseHTTPRequestHandler):
    """One connection."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1
    server: Server

    def do_GET(self) -> None:
        """Read."""
        self._serve(urlsplit(self.path).query)

    def do_POST(self) -> None:
        """Write."""
        length = int(self.headers.get("Content-Length") or 0)
        self._serve(self.rfile.read(length).decode())

    def _serve(self, text: str) -> None:
        path = urlsplit(self.path).path
        if path.startswith("/_control/"):
            self._write(self._control(path.removeprefix("/_control/"), text))
            return
        headers = {name.lower(): value for name, value in self.headers.items()}
        request = Request(self.command, path, forms.parse(text), headers)
        answer = self.server.api.answer(request)
        if answer is None:
            self._drop()
        else:
            self._write(answer)

    def _control(self, name: str, text: str) -> Answer:
        headers = {"Content-Type": "application/json"}
        try:
            found = control(self.server.api, name, json.loads(text or "{}"))
        except Refusal as refusal:
            return Answer(refusal.status, json.dumps(refusal.body()).encode(), headers)
        except (KeyError, TypeError, ValueError) as error:
            return Answer(400, json.dumps(repr(error)).encode(), headers)
        return Answer(200, json.dumps(found).encode(), headers)

    def _write(self, answer: Answer) -> None:
        self.send_response(answer.status)
        for name, value in answer.headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(answer.body)))
        self.end_headers()
        self.wfile.write(answer.body)

    def _drop(self) -> None:
        self.close_connection = True
        with suppress(OSError):
            self.connection.shutdown(socket.SHUT_RDWR)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - its base's name
        """Keep quiet: ``/_control/requests`` knows."""
