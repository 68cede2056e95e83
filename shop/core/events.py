"""Events: services record them in the transaction of a change, and handlers receive them.

Services call ``record``. An app registers its handlers with ``register`` in ``AppConfig.ready()``.
``manage.py worker`` calls them after the commit, at least once (``shop.core.deliveries``).
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from django.core.exceptions import ImproperlyConfigured
from django.db.transaction import get_connection

from shop.core import tracing
from shop.core.models import Event
from shop.engine import Insert

Fact = str | int | bool | None
Handler = Callable[[Event], object]

KIND = r"[a-z][a-z_]*(\.[a-z][a-z_]*)+"
"""What the kinds of events look like."""

_KIND = re.compile(KIND)
_NAME = re.compile(r"[\w.-]{1,100}", re.ASCII)
# Matches amounts, codes and statuses, but not e-mail addresses, names or tokens.
_TEXT = re.compile(r"[\w.:+-]{0,40}", re.ASCII)

_INSERT = Insert(Event, "kind", "object_type", "object_id", "data", "is_internal", "request_id")


class HandlerError(Exception):
    """An exception of a handler whose message is stored and shown in the admin.

    Of another exception only the class and the place are stored, because its message might contain
    an address or a token.
    """


@dataclass(frozen=True, slots=True)
class Registration:
    """A handler and the kinds of events that it receives, with or without the past ones."""

    name: str
    kinds: frozenset[str]
    handler: Handler
    from_start: bool


_registered: dict[str, Registration] = {}


def record(
    kind: str,
    *,
    object_type: str,
    object_id: int,
    data: Mapping[str, Fact],
    is_internal: bool = False,
) -> None:
    """Record an event in the transaction of the caller, together with the change.

    ``data`` has ids, numbers, amounts (as strings), codes and statuses. Raises ValueError for any
    other text: events are never deleted, so they must not contain personal data. Raises
    RuntimeError outside a transaction. The row is sent with the next statement or the commit, so it
    costs no round trip. It has the id of the present request, for the log of the handlers.
    """
    if not get_connection().in_atomic_block:
        raise RuntimeError("An event must be recorded in the transaction that causes it.")
    if not _KIND.fullmatch(kind):
        raise ValueError(
            f"The kind of an event must be a dotted name such as order.paid, not {kind!r}."
        )
    for name, fact in data.items():
        _check_fact(name, fact)
    _INSERT.send_with_next(
        [(kind, object_type, object_id, dict(data), is_internal, tracing.cause())]
    )


def _check_fact(name: str, fact: Fact) -> None:
    is_number = fact is None or isinstance(fact, int)
    if not is_number and not (isinstance(fact, str) and _TEXT.fullmatch(fact)):
        raise ValueError(f"{name} must be a number, an amount, a code or a status.")


def register(
    kinds: str | tuple[str, ...], handler: Handler, *, name: str, from_start: bool = False
) -> None:
    """Register a handler, which the worker calls with each event of these kinds, at least once.

    ``name`` is stored with each delivery and must not change. The handler receives the events since
    the first run of a worker that knows it, or all events with ``from_start``. It is called after
    the commit and outside a transaction. It is called again if it raises or its process dies, so it
    must be safe to repeat; ``event.pk`` identifies the event. It must not take longer than
    ``deliveries.LEASE``. Raises ImproperlyConfigured for a name or kind that is invalid or taken.
    """
    chosen = frozenset({kinds} if isinstance(kinds, str) else kinds)
    if not _NAME.fullmatch(name):
        raise ImproperlyConfigured(f"{name!r} is not a valid name of an event handler.")
    if name in _registered:
        raise ImproperlyConfigured(f"Two event handlers have the name {name!r}.")
    for kind in chosen:
        if not _KIND.fullmatch(kind):
            raise ImproperlyConfigured(f"The event handler {name!r} has an invalid kind: {kind!r}.")
    _registered[name] = Registration(name, chosen, handler, from_start)


def registered() -> Mapping[str, Registration]:
    """Return the registered handlers by name."""
    return _registered
