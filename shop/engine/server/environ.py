"""Conversion of ASGI requests to WSGI, and of WSGI responses to ASGI."""

import sys
from collections.abc import Callable
from typing import IO, Any
from urllib.parse import unquote_to_bytes

from shop.engine.responses import ROUTE, Headers, Response
from shop.engine.revisions import CACHED_UNDER

Environ = dict[str, Any]
Scope = dict[str, Any]
WSGIApplication = Callable[..., Any]


def make_environ(scope: Scope, body: IO[bytes]) -> Environ:
    """Return the WSGI environ of an ASGI request (PEP 3333), its strings decoded as Latin-1.

    Headers with an underscore in their name are dropped: in WSGI they cannot be distinguished from
    headers with a hyphen, which a proxy may have set.
    """
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
        if b"_" in name:
            continue
        key = name.decode("latin-1").upper().replace("-", "_")
        if key not in {"CONTENT_TYPE", "CONTENT_LENGTH"}:
            key = f"HTTP_{key}"
        text = value.decode("latin-1")
        environ[key] = f"{environ[key]},{text}" if key in environ else text
    return environ


def call(application: WSGIApplication, environ: Environ) -> Response:
    """Return the whole response of a WSGI application. Raises what the application raises."""
    head: list[Any] = []

    def start_response(status: str, headers: list[tuple[str, str]], *_: Any) -> None:
        head[:] = int(status[:3]), encode(headers)

    chunks = application(environ, start_response)
    try:
        body = b"".join(chunks)
    finally:
        if hasattr(chunks, "close"):
            chunks.close()
    return Response(head[0], head[1], body, environ.get(CACHED_UNDER), environ.get(ROUTE, ""))


def encode(headers: list[tuple[str, str]]) -> Headers:
    """Return headers as ASGI has them."""
    return [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in headers]
