"""The HTTP server: a thread for each connection, with keep-alive as at Stripe."""

import json
import socket
import sys
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlsplit

from payments.tests.fake_stripe import forms
from payments.tests.fake_stripe.api import Api, Response
from payments.tests.fake_stripe.control import control
from payments.tests.fake_stripe.errors import ApiError
from payments.tests.fake_stripe.routes import Request


class Server(ThreadingHTTPServer):
    """The fake's server. It listens on the loopback interface only."""

    daemon_threads = True
    request_queue_size = 128

    def __init__(self, port: int) -> None:
        super().__init__(("127.0.0.1", port), Handler)
        self.api = Api()

    @property
    def url(self) -> str:
        """The URL of the server."""
        return f"http://127.0.0.1:{self.server_address[1]}"

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Print errors, except those of connections that clients closed: tests kill clients."""
        if not isinstance(sys.exc_info()[1], OSError):
            super().handle_error(request, client_address)


class Handler(BaseHTTPRequestHandler):
    """Serves the requests of one connection."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1
    server: Server

    def do_GET(self) -> None:
        """Serve a GET, with the query as its form."""
        self._serve(urlsplit(self.path).query)

    def do_POST(self) -> None:
        """Serve a POST."""
        length = int(self.headers.get("Content-Length") or 0)
        self._serve(self.rfile.read(length).decode())

    def _serve(self, text: str) -> None:
        path = urlsplit(self.path).path
        if path.startswith("/_control/"):
            self._write(self._control(path.removeprefix("/_control/"), text))
            return
        headers = {name.lower(): value for name, value in self.headers.items()}
        request = Request(self.command, path, forms.parse(text), headers)
        response = self.server.api.handle(request)
        if response is None:
            self._drop()
        else:
            self._write(response)

    def _control(self, name: str, text: str) -> Response:
        headers = {"Content-Type": "application/json"}
        try:
            result = control(self.server.api, name, json.loads(text or "{}"))
        except ApiError as error:
            return Response(error.status, json.dumps(error.body()).encode(), headers)
        except (KeyError, TypeError, ValueError) as error:
            return Response(400, json.dumps(repr(error)).encode(), headers)
        return Response(200, json.dumps(result).encode(), headers)

    def _write(self, response: Response) -> None:
        self.send_response(response.status)
        for name, value in response.headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(response.body)))
        self.end_headers()
        self.wfile.write(response.body)

    def _drop(self) -> None:
        self.close_connection = True
        with suppress(OSError):
            self.connection.shutdown(socket.SHUT_RDWR)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the name in the base class
        """Print nothing. ``/_control/requests`` lists the requests."""
