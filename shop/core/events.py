"""Events: what happened, recorded in the transaction that caused it, and who handles it.

Services call ``record``. An app registers its handlers in ``AppConfig.ready()`` with ``register``;
``manage.py worker`` runs them after the commit (``shop.core.deliveries``), at least once.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from django.core.exceptions import ImproperlyConfigured
from django.db.transaction import get_connection

from shop.core.models import Event
from shop.engine import Insert

Fact = str | int | bool | None
Handler = Callable[[Event], object]

_KIND = re.compile(r"[a-z][a-z_]*(\.[a-z][a-z_]*)+")
_NAME = re.compile(r"[\w.-]{1,100}", re.ASCII)
# Amounts, codes and statuses. No "@" and no space, and too short for a token.
_TEXT = re.compile(r"[\w.:+-]{0,40}", re.ASCII)

_INSERT = Insert(Event, "kind", "object_type", "object_id", "data", "is_internal")


class HandlerError(Exception):
    """What a handler raises to have its message stored, and shown in the admin.

    Of any other exception only its class and place are stored: its message might hold an address
    or a token.
    """


@dataclass(frozen=True, slots=True)
class Registration:
    """A handler, the kinds of events that it receives, and whether it receives all old ones."""

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
    """Record an event in the caller's transaction: it commits with the change, or not at all.

    ``data`` holds ids, numbers, amounts (as strings), codes and statuses. Raises ValueError for any
    other text, since events are kept for ever and people can be erased. Raises RuntimeError outside
    a transaction. The row is sent with the next statement or the commit and costs no round trip.
    """
    if not get_connection().in_atomic_block:
        raise RuntimeError("Record an event in the transaction that causes it.")
    if not _KIND.fullmatch(kind):
        raise ValueError(f"A kind of event is a dotted name such as order.paid, not {kind!r}.")
    for name, fact in data.items():
        _check_fact(name, fact)
    _INSERT.send_with_next([(kind, object_type, object_id, dict(data), is_internal)])


def _check_fact(name: str, fact: Fact) -> None:
    is_plain = fact is None or isinstance(fact, int)
    if not is_plain and not (isinstance(fact, str) and _TEXT.fullmatch(fact)):
        raise ValueError(f"{name} is neither a number nor an amount, a code or a status.")


def register(
    kinds: str | tuple[str, ...], handler: Handler, *, name: str, from_start: bool = False
) -> None:
    """Have the worker call ``handler(event)`` for each event of these kinds, at least once.

    ``name`` is stored with each delivery and stays the same for ever. The handler receives what
    happens from the first run of a worker that knows it, or everything with ``from_start``. It is
    called outside a transaction, after the commit, and again if it raises or its process dies, so
    that it must be safe to repeat (``event.pk`` identifies the event); ``deliveries.LEASE`` bounds
    how long it may take. Raises ImproperlyConfigured for a name that is taken or invalid.
    """
    wanted = frozenset({kinds} if isinstance(kinds, str) else kinds)
    if not _NAME.fullmatch(name):
        raise ImproperlyConfigured(f"{name!r} is not a name for an event handler.")
    if name in _registered:
        raise ImproperlyConfigured(f"Two event handlers have the name {name!r}.")
    for kind in wanted:
        if not _KIND.fullmatch(kind):
            raise ImproperlyConfigured(f"The event handler {name!r} names no kind: {kind!r}.")
    _registered[name] = Registration(name, wanted, handler, from_start)


def registered() -> Mapping[str, Registration]:
    """Return the registered handlers by name."""
    return _registered
