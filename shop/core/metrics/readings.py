"""What the database tells about the shop at the moment: for ``/metrics`` and the admin.

An app registers a function that returns its readings. It may send a few cheap statements: their
results are kept for ``_KEPT`` seconds in each process.
"""

import time
from collections.abc import Callable, Iterable
from threading import Lock
from typing import NamedTuple

from django.db import DatabaseError, InterfaceError


class Reading(NamedTuple):
    """A value; ``labels`` distinguish it from others of the same name. Times are in seconds.

    A name that ends in ``_total`` is a counter, any other a gauge.
    """

    name: str
    help: str
    value: float
    labels: tuple[tuple[str, str], ...] = ()


_KEPT = 5.0
_sources: list[Callable[[], Iterable[Reading]]] = []
_lock = Lock()
_kept: tuple[float, list[Reading]] = (float("-inf"), [])


def register(source: Callable[[], Iterable[Reading]]) -> None:
    """Call ``source`` for each answer of ``/metrics``. For ``AppConfig.ready()``."""
    if source not in _sources:
        _sources.append(source)


def current() -> list[Reading]:
    """Return all readings, at most five seconds old.

    If the database does not respond, they are only ``shop_database_up`` 0.
    """
    global _kept  # noqa: PLW0603 - a cache of the process
    with _lock:
        if time.monotonic() - _kept[0] > _KEPT:
            _kept = (time.monotonic(), _read())
        return _kept[1]


def forget() -> None:
    """Read again at the next call of ``current``."""
    global _kept  # noqa: PLW0603 - a cache of the process
    _kept = (float("-inf"), [])


def _read() -> list[Reading]:
    name, text = "shop_database_up", "Whether the database responds."
    try:
        found = [reading for source in _sources for reading in source()]
    except (DatabaseError, InterfaceError):
        return [Reading(name, text, 0)]
    return [Reading(name, text, 1), *found]
