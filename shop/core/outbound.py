"""The HTTP client for requests to URLs that were entered: webhooks, and files to download.

Such a URL must not lead to the network of the shop. The host is resolved once, every address is
checked, and the connection is made to an address that was checked, so that a resolver that changes
its answer in between changes nothing. Every redirection is checked as the first URL was. TLS checks
the name of the host. Size, time and redirections are limited, and proxies of the environment are
not used.

Requests to a fixed server that the operator has configured, such as Stripe, do not need it.
"""

import socket
import ssl
import time
from collections.abc import Iterator, Mapping
from concurrent.futures import Future
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from functools import cache
from http.client import HTTPException
from ipaddress import ip_address
from threading import Event, Thread, Timer
from typing import Any
from urllib.parse import urljoin

import certifi
from django.conf import settings
from django.utils.translation import gettext as _
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import HTTPError, LocationParseError
from urllib3.response import BaseHTTPResponse
from urllib3.util import Url, parse_url

from shop.core.public_addresses import is_in, is_public

MAX_URL = 500
"""The largest number of characters of a URL."""

_PORTS = {"http": 80, "https": 443}
_REDIRECTIONS = frozenset({301, 302, 303, 307, 308})
_KEEP_METHOD = frozenset({307, 308})
_OF_ONE_ORIGIN = frozenset({"authorization", "cookie"})
_CHUNK = 16_384
_MAX_ADDRESSES = 4
_FAILURES = (HTTPError, HTTPException, OSError, ValueError)


class OutboundError(Exception):
    """There is no response. The message is a sentence for staff, without data of the request.

    It is stored and logged, and therefore English.
    """


class UrlRefused(OutboundError):
    """The URL, or the address that its host has, must not be requested.

    The sentence can be shown to the one who entered the URL, in the language of the request.
    """


@dataclass(frozen=True, slots=True)
class Limits:
    """The limits of a request: seconds in total and for a connection, bytes and redirections.

    A larger response is an OutboundError, or is cut off if it ``may_be_cut``.
    """

    seconds: float = 15.0
    connect_seconds: float = 5.0
    max_bytes: int = 65_536
    may_be_cut: bool = False
    max_redirects: int = 0


@dataclass(frozen=True, slots=True)
class Response:
    """A response. ``headers`` have names in lower case; ``url`` is that of the last request."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    url: str


@dataclass(slots=True)
class _Request:
    method: str
    url: Url
    headers: dict[str, str]
    body: bytes | None

    @property
    def host(self) -> str:
        """The host, without the brackets of an address of IPv6."""
        return str(self.url.host).strip("[]")

    @property
    def origin(self) -> tuple[str, str, int]:
        scheme = str(self.url.scheme)
        return scheme, self.host, self.url.port or _PORTS[scheme]

    def redirected(self, status: int, location: str) -> "_Request":
        """Return the request that follows a redirection. Raises UrlRefused."""
        try:
            url = urljoin(self.url.url, location)
        except ValueError:
            raise UrlRefused(_("This is not a URL.")) from None
        after = _Request(self.method, _parse(url), self.headers, self.body)
        if status not in _KEEP_METHOD and self.method not in ("GET", "HEAD"):
            after.method, after.body = "GET", None
        if after.origin != self.origin:
            kept = self.headers.items()
            after.headers = {
                name: text for name, text in kept if name.lower() not in _OF_ONE_ORIGIN
            }
        return after


@dataclass(slots=True)
class _Deadline:
    """The end of a request, at which its connection is closed, however slowly it responds."""

    at: float
    passed: Event = field(default_factory=Event)

    def seconds_left(self) -> float:
        """Return the seconds that are left. Raises OutboundError if there are none."""
        left = self.at - time.monotonic()
        if left <= 0 or self.passed.is_set():
            raise OutboundError("There was no complete response in time.")
        return left

    @contextmanager
    def closing(self, connection: HTTPConnection) -> Iterator[None]:
        """Shut the connection down when the time is over, and close it afterwards."""
        timer = Timer(self.seconds_left(), self._shut_down, [connection])
        timer.daemon = True
        timer.start()
        try:
            yield
        finally:
            timer.cancel()
            connection.close()

    def _shut_down(self, connection: HTTPConnection) -> None:
        self.passed.set()
        with suppress(OSError, AttributeError):  # it is not connected yet, or any more
            # Not SSLSocket.shutdown(), which would disturb the thread that reads.
            socket.socket.shutdown(connection.sock, socket.SHUT_RDWR)


def check_url(url: str) -> None:
    """Raise UrlRefused for a URL that no request may have. It does not resolve the host."""
    _parse(url)


def send(
    method: str,
    url: str,
    *,
    headers: Mapping[str, str] | None = None,
    body: bytes | None = None,
    limits: Limits = Limits(),
) -> Response:
    """Send a request and return the response, whatever its status. Raises OutboundError.

    Call it without a transaction: it may take as long as ``limits`` say. A redirection beyond
    their number is returned as it is.
    """
    deadline = _Deadline(time.monotonic() + limits.seconds)
    request = _Request(method, _parse(url), dict(headers or {}), body)
    for _count in range(limits.max_redirects):
        response = _exchange(request, limits, deadline)
        location = response.headers.get("location")
        if response.status not in _REDIRECTIONS or not location:
            return response
        request = request.redirected(response.status, location)
    return _exchange(request, limits, deadline)


def _parse(text: str) -> Url:
    """Return the parts of a URL, which is parsed once for all uses. Raises UrlRefused."""
    if len(text) > MAX_URL or not text.isprintable() or " " in text:
        raise UrlRefused(_("This is not a URL."))
    try:
        url = parse_url(text)
    except LocationParseError:
        raise UrlRefused(_("This is not a URL.")) from None
    if url.scheme not in settings.OUTBOUND_SCHEMES:
        schemes = " or ".join(f"{scheme}://" for scheme in settings.OUTBOUND_SCHEMES)
        raise UrlRefused(_("The URL must begin with {schemes}.").format(schemes=schemes))
    if url.auth is not None:
        raise UrlRefused(_("The URL must not contain a user name or a password."))
    if not url.host:
        raise UrlRefused(_("The URL must have a host."))
    host = url.host.strip("[]")
    with suppress(ValueError):
        _check_address(str(ip_address(host)))
    return url


def _check_address(address: str) -> None:
    """Raise UrlRefused for an address that is neither public nor allowed by the settings."""
    if not is_public(address) and not is_in(
        ip_address(address), settings.OUTBOUND_PRIVATE_NETWORKS
    ):
        raise UrlRefused(_("The host has an address that is not public."))


def _exchange(request: _Request, limits: Limits, deadline: _Deadline) -> Response:
    """Send one request to an address that was checked. Raises OutboundError."""
    addresses = _addresses_of(request, deadline)
    try:
        for address in addresses[:_MAX_ADDRESSES]:
            connection = _connection_to(request, address, limits, deadline)
            with deadline.closing(connection):
                if _connects(connection, is_last=address == addresses[:_MAX_ADDRESSES][-1]):
                    return _talk(connection, request, limits, deadline)
    except _FAILURES as error:
        deadline.seconds_left()  # the connection was closed because of the time
        raise OutboundError(_describe(error)) from error
    raise OutboundError("The host has no address.")


def _addresses_of(request: _Request, deadline: _Deadline) -> list[str]:
    """Resolve the host, once. Raises UrlRefused if one of its addresses must not be requested."""
    _scheme, host, port = request.origin
    found: Future[list[Any]] = Future()
    # The resolver has no time limit of its own.
    Thread(target=_look_up, args=(found, host, port), daemon=True).start()
    try:
        rows = found.result(timeout=deadline.seconds_left())
    except TimeoutError:
        raise OutboundError("The name of the host was not resolved in time.") from None
    except (OSError, UnicodeError):
        raise OutboundError("The name of the host cannot be resolved.") from None
    addresses = list(dict.fromkeys(str(row[4][0]) for row in rows))
    for address in addresses:
        _check_address(address)
    return addresses


def _look_up(found: "Future[list[Any]]", host: str, port: int) -> None:
    try:
        found.set_result(socket.getaddrinfo(host, port, type=socket.SOCK_STREAM))
    except Exception as error:  # noqa: BLE001 - it is raised where the result is read
        found.set_exception(error)


def _connection_to(
    request: _Request, address: str, limits: Limits, deadline: _Deadline
) -> HTTPConnection:
    scheme, host, port = request.origin
    seconds = min(limits.connect_seconds, deadline.seconds_left())
    if scheme == "http":
        return HTTPConnection(address, port, timeout=seconds)
    name = host.removesuffix(".")
    return HTTPSConnection(address, port, timeout=seconds, ssl_context=_tls(), server_hostname=name)


@cache
def _tls() -> ssl.SSLContext:
    """Return the context that checks certificates and host names, of the system and of certifi."""
    context = ssl.create_default_context()
    context.load_verify_locations(certifi.where())
    return context


def _connects(connection: HTTPConnection, *, is_last: bool) -> bool:
    """Connect; return False if that failed and the host has another address."""
    try:
        connection.connect()
    except ssl.SSLError:
        raise
    except (HTTPError, OSError):
        if is_last:
            raise
        return False
    return True


def _talk(
    connection: HTTPConnection, request: _Request, limits: Limits, deadline: _Deadline
) -> Response:
    connection.sock.settimeout(deadline.seconds_left())
    scheme, host, port = request.origin
    shown = f"[{host}]" if ":" in host else host
    own = {
        "Host": shown if port == _PORTS[scheme] else f"{shown}:{port}",
        "Accept-Encoding": "identity",
        "Connection": "close",
        "User-Agent": "shop",
    }
    connection.request(
        request.method,
        request.url.request_uri,
        body=request.body,
        headers=own | request.headers,
        preload_content=False,
        decode_content=False,
    )
    response = connection.getresponse()
    body = _read(response, limits, deadline)
    headers = {name.lower(): text for name, text in response.headers.items()}
    return Response(response.status, headers, body, request.url.url)


def _read(response: BaseHTTPResponse, limits: Limits, deadline: _Deadline) -> bytes:
    body = bytearray()
    while len(body) <= limits.max_bytes and (chunk := response.read1(_CHUNK)):
        body += chunk
        deadline.seconds_left()
    deadline.seconds_left()  # a connection that was shut down looks like the end of the body
    if len(body) > limits.max_bytes and not limits.may_be_cut:
        raise OutboundError("The response is too large.")
    return bytes(body[: limits.max_bytes])


def _describe(error: Exception) -> str:
    """Return what happened, without the message of the error, which may quote the response."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return "The certificate of the host is not valid."
    if isinstance(error, TimeoutError) or "Timeout" in type(error).__name__:
        return "There was no complete response in time."
    return f"The connection failed: {type(error).__name__}."
