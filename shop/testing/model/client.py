"""Requests on one connection, which is kept open."""

import json
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException
from typing import Any
from uuid import uuid4

Headers = dict[str, str]


@dataclass(frozen=True)
class Request:
    """A request that changes something, with its key."""

    path: str
    body: dict[str, Any]
    headers: Headers


@dataclass(frozen=True)
class Response:
    """A response with its parsed body."""

    status: int
    body: Any


class Client:
    """Sends requests to a server, and reads the responses."""

    def __init__(self, url: str) -> None:
        self.connection = HTTPConnection(url.removeprefix("http://"), timeout=120)

    def get(self, path: str, headers: Headers) -> Response:
        """Send a GET request."""
        return self._send("GET", path, None, headers)

    def post(self, path: str, body: dict[str, Any], headers: Headers) -> tuple[Request, Response]:
        """Send a POST request with a new Idempotency-Key; return it too, to repeat it."""
        request = Request(path, body, {**headers, "Idempotency-Key": uuid4().hex})
        return request, self.repeat(request)

    def repeat(self, request: Request) -> Response:
        """Send a request with the key that it has."""
        return self._send("POST", request.path, request.body, request.headers)

    def _send(
        self, method: str, path: str, body: dict[str, Any] | None, headers: Headers
    ) -> Response:
        content = None if body is None else json.dumps(body)
        headers = {"Content-Type": "application/json", **headers}
        try:
            self.connection.request(method, path, content, headers)
            response = self.connection.getresponse()
        except (HTTPException, ConnectionError):  # the server has closed the idle connection
            self.connection.close()
            self.connection.request(method, path, content, headers)
            response = self.connection.getresponse()
        text = response.read()
        return Response(response.status, json.loads(text) if text else None)
