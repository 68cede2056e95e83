"""Requests whose bytes are not limited by an HTTP library."""

import json
import re
import socket
from contextlib import suppress
from dataclasses import dataclass, field
from http.client import HTTPException, HTTPResponse
from typing import Any

TIMEOUT = 60


@dataclass(frozen=True)
class Hostile:
    """A request. ``headers`` come after Host and Content-Length unless they contain these."""

    method: str
    target: str
    headers: dict[str, bytes] = field(default_factory=dict)
    body: bytes = b""
    must_be: int = 0
    """The only right status, or 0."""

    def to_bytes(self, host: bytes) -> bytes:
        """Return the request as it is sent."""
        headers = {"Host": host, **self.headers, "Connection": b"close"}
        if self.body or self.method != "GET":
            headers.setdefault("Content-Length", str(len(self.body)).encode())
        lines = [f"{self.method} {self.target} HTTP/1.1".encode()]
        lines += [name.encode() + b": " + value for name, value in headers.items()]
        return b"\r\n".join(lines) + b"\r\n\r\n" + self.body


@dataclass(frozen=True)
class Reply:
    """A response; status 0 stands for a connection that was closed without one."""

    status: int
    body: bytes = b""

    @property
    def code(self) -> str:
        """The code of a problem, or ""."""
        return self._member("code")

    @property
    def request_id(self) -> str:
        """The request id in the body of a 500, or ""."""
        return self._member("request_id")

    def _member(self, name: str) -> str:
        with suppress(ValueError, AttributeError):
            problem: Any = json.loads(self.body)
            return str(problem.get(name, ""))
        return ""


def send(address: tuple[str, int], request: Hostile) -> Reply:
    """Send a request on a new connection. Raises TimeoutError if no response arrives."""
    host = f"{address[0]}:{address[1]}".encode()
    with socket.create_connection(address, TIMEOUT) as connection:
        with suppress(BrokenPipeError, ConnectionResetError):  # the server may respond early
            connection.sendall(request.to_bytes(host))
        response = HTTPResponse(connection, method=request.method)
        try:
            response.begin()
            return Reply(response.status, response.read())
        except TimeoutError:
            raise
        except (HTTPException, OSError):
            return Reply(0)


def targets(template: str, ids: list[str]) -> list[str]:
    """Return a path for each id in place of the variables of a template."""
    if "{" not in template:
        return [template]
    return [re.sub(r"{\w+}", pk, template) for pk in ids]
