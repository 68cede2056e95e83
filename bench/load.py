"""A load generator in one process, with a persistent connection for each client.

A client is a generator. It yields the bytes of a request, gets the Answer, and raises an exception
if the answer is wrong. It yields None at the end of an operation, which may have several requests.
The generator takes about 20 microseconds for a request, for every server that is measured.
"""

import json
import selectors
import socket
import time
from collections.abc import Callable, Generator
from dataclasses import dataclass, field
from typing import Any, NamedTuple


class Answer(NamedTuple):
    """A response."""

    status: int
    head: bytes
    body: bytes

    def json(self) -> Any:
        """Return the body, parsed."""
        return json.loads(self.body)


Client = Generator[bytes | None, Answer | None, None]


def request(
    method: str, path: str, body: dict[str, Any] | None = None, *, token: str = "", **headers: str
) -> bytes:
    """Return the bytes of a request to loopback."""
    data = b"" if body is None else json.dumps(body).encode()
    lines = [f"{method} {path} HTTP/1.1", "Host: 127.0.0.1"]
    if token:
        lines.append(f"Authorization: Bearer {token}")
    if body is not None:
        lines += ["Content-Type: application/json", f"Content-Length: {len(data)}"]
    elif method == "POST":
        lines.append("Content-Length: 0")
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + data


def expect(answer: Answer | None, status: int) -> Answer:
    """Return the answer. Raises AssertionError if it has another status."""
    if answer is None or answer.status != status:
        raise AssertionError(f"not a {status}: {answer}")
    return answer


@dataclass
class Sample:
    """The results of one slice: its duration and the times of its operations, in seconds."""

    seconds: float = 0.0
    times: list[float] = field(default_factory=list)

    @property
    def rate(self) -> float:
        """Operations a second."""
        return len(self.times) / self.seconds

    def percentile(self, share: float) -> float:
        """Return the time within which ``share`` of the operations ended, in seconds."""
        return sorted(self.times)[min(len(self.times) - 1, int(share * len(self.times)))]


class _Connection:
    """A client and its connection."""

    def __init__(self, port: int, client: Client) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=30)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.client = client
        self.buffer = b""
        self.began = 0.0

    def begin(self) -> None:
        """Send the first request of an operation."""
        self.began = time.perf_counter()
        self._send(next(self.client))

    def read(self) -> float | None:
        """Read from the connection. Return the seconds of the operation if it has ended."""
        part = self.socket.recv(262_144)
        if not part:
            raise ConnectionError("the server closed the connection")
        self.buffer += part
        answer = _parse(self.buffer)
        if answer is None:
            return None
        self.buffer = b""
        following = self.client.send(answer)
        if following is None:
            return time.perf_counter() - self.began
        self._send(following)
        return None

    def _send(self, data: bytes | None) -> None:
        if data is None:
            raise AssertionError("an operation must begin with a request")
        self.socket.sendall(data)


def _parse(buffer: bytes) -> Answer | None:
    """Return the answer if it is complete. Without a length or chunks it has no body."""
    end = buffer.find(b"\r\n\r\n")
    if end < 0:
        return None
    head = buffer[:end]
    body = buffer[end + 4 :]
    at = head.find(b"ontent-length: ")
    if at >= 0:
        if len(body) < int(head[at + 15 :].split(b"\r\n", 1)[0]):
            return None
    elif b"\r\ntransfer-encoding: chunked" in head:
        if not body.endswith(b"\r\n0\r\n\r\n"):
            return None
        body = b"".join(body.split(b"\r\n")[1:-3:2])  # the bodies contain no line breaks
    return Answer(int(head[9:12]), head, body)


def run(port: int, clients: list[Callable[[], Client]], seconds: float) -> Sample:
    """Run the clients at the same time for ``seconds``; each completes its last operation."""
    connections = [_Connection(port, make()) for make in clients]
    sample = Sample()
    start = time.perf_counter()
    end = start + seconds
    with selectors.DefaultSelector() as selector:
        for connection in connections:
            selector.register(connection.socket, selectors.EVENT_READ, connection)
            connection.begin()
        working = len(connections)
        while working:
            ready = selector.select(timeout=30)
            if not ready:
                raise TimeoutError("the server did not answer for 30 seconds")
            for key, _ in ready:
                took = key.data.read()
                if took is None:
                    continue
                sample.times.append(took)
                if time.perf_counter() < end:
                    key.data.begin()
                else:
                    working -= 1
    sample.seconds = time.perf_counter() - start
    for connection in connections:
        connection.socket.close()
    return sample
