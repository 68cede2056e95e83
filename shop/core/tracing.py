"""What a process works on: the id of the request or job, its trace, and the rows that it concerns.

Each log record has these values (``shop.core.logs``). An id that comes from outside is accepted
behind a proxy only (``NUM_PROXIES``), because without one any client could write another's id.
"""

import random
import re
import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import Token
from typing import Any, NamedTuple

from django.conf import settings

from shop.core.addresses import client_address
from shop.core.logs import context, request_id

MAX_ID = 64
_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:+=/@-]{0,63}")
# W3C Trace Context, section 3.2. A later version may have more fields, which are ignored.
_TRACEPARENT = re.compile(r"(?!ff)[0-9a-f]{2}-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(?:-.*)?")
_TRACESTATE = re.compile(r"[\x20-\x7e]{1,512}")

Facts = dict[str, Any]


class Author(NamedTuple):
    """Who changes something, how (``admin``, ``api`` or ``import``; "" for a command), and why."""

    user_id: int | None = None
    how: str = ""
    detail: str = ""


_Tokens = tuple[Token[str], Token[Facts | None]]


class Origin(NamedTuple):
    """Where a request comes from: its id, the client's address and, if it has one, its trace.

    ``trace`` is the trace's id and flags, ``state`` its vendors' data (``tracestate``).
    """

    request_id: str
    client: str
    trace: tuple[str, str] | None = None
    state: str = ""


def origin_of(remote: str, header: Callable[[str], str]) -> Origin:
    """Return the origin of a request from the address ``remote``.

    ``header`` returns the value of a header by its name in lower case, or "".
    """
    if not settings.NUM_PROXIES:
        return Origin(_new_id(), remote)
    given = header("x-request-id")
    chosen = given if _ID.fullmatch(given) else _new_id()
    client = client_address(remote, header("x-forwarded-for"))
    trace = _read_trace(header("traceparent"))
    state = header("tracestate") if trace else ""
    return Origin(chosen, client, trace, state if _TRACESTATE.fullmatch(state) else "")


def _new_id() -> str:
    # It is no secret, and os.urandom() would release the interpreter lock, so that others run.
    return f"{random.getrandbits(128):032x}"


def _read_trace(value: str) -> tuple[str, str] | None:
    """Return the id and the flags of a ``traceparent``, or None if it is invalid."""
    found = _TRACEPARENT.fullmatch(value)
    if found is None or (value.startswith("00-") and len(value) != 55):
        return None
    trace_id, parent_id, flags = found.groups()
    return None if int(trace_id, 16) == 0 or int(parent_id, 16) == 0 else (trace_id, flags)


def enter(origin: Origin) -> _Tokens:
    """Work on a request from now on. The caller has to ``leave`` afterwards."""
    facts: Facts = {"client": origin.client}
    if origin.trace:
        facts["trace_id"] = origin.trace[0]
        facts["_trace"] = origin
    return request_id.set(origin.request_id), context.set(facts)


def leave(tokens: _Tokens) -> None:
    """Stop working on a request."""
    request_id.reset(tokens[0])
    context.reset(tokens[1])


@contextmanager
def working_on(cause: str | None, **facts: Any) -> Iterator[None]:
    """Work on something that the request ``cause`` has caused; without one, the id does not change.

    The log lines of the block have ``facts`` too.
    """
    tokens = (
        request_id.set(cause or request_id.get()),
        context.set({**(context.get() or {}), **facts}),
    )
    try:
        yield
    finally:
        leave(tokens)


def note(**facts: Any) -> None:
    """Add facts, such as ``order_id``, to the log lines of the present request or job."""
    present = context.get()
    if present is not None:
        present.update(facts)


def note_author(how: str, *, user_id: int) -> None:
    """Note who sent the present request, for its log lines and for the log of changes."""
    note(user_id=user_id, _author=Author(user_id, how))


@contextmanager
def acting_as(how: str, *, user_id: int | None, detail: str) -> Iterator[None]:
    """Let the block change something in another way than the request, such as by an import.

    Without a user it is the one of the request.
    """
    chosen = author().user_id if user_id is None else user_id
    with working_on(None, _author=Author(chosen, how, detail)):
        yield


def author() -> Author:
    """Return who changes something now."""
    found: Author = (context.get() or {}).get("_author", Author())
    return found


def cause() -> str | None:
    """Return the id of the present request, to be stored in a row that it inserts, or None."""
    return request_id.get()[:MAX_ID] or None


def outgoing_headers() -> dict[str, str]:
    """Return the headers that a call of another service passes on.

    These are the request's id and, of a request that had one, its trace, with a new parent id.
    """
    headers = {}
    if own := request_id.get():
        headers["X-Request-ID"] = own
    origin: Origin | None = (context.get() or {}).get("_trace")
    if origin and origin.trace:
        trace_id, flags = origin.trace
        headers["traceparent"] = f"00-{trace_id}-{secrets.token_hex(8)}-{flags}"
        if origin.state:
            headers["tracestate"] = origin.state
    return headers
