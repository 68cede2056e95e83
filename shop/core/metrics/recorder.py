"""The counters of this process. Every function returns at once while metrics are off.

The processes of a server write to files in a shared folder (``PROMETHEUS_MULTIPROC_DIR``), from
which any of them can answer. A file belongs to a slot, which a process holds by a lock. If it dies,
the process that replaces it continues the file, so that no counter ever decreases.
"""

import fcntl
import os
from itertools import count
from pathlib import Path
from typing import Any

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, values
from prometheus_client.multiprocess import MultiProcessCollector

from shop.engine import measures

_FOLDER = "PROMETHEUS_MULTIPROC_DIR"
_METHODS = frozenset({"GET", "HEAD", "POST", "PATCH", "PUT", "DELETE", "OPTIONS"})
_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)
_UNKNOWN = "unknown"

_locks: list[Any] = []
"""The open files whose locks this process holds."""


class Recorder:
    """The metrics of one process."""

    def __init__(self) -> None:
        """Create the metrics in a new registry."""
        self.registry = new = CollectorRegistry()
        self._requests = Counter(
            "shop_http_requests",
            "Requests by method, route (the pattern of the path) and status.",
            ["method", "route", "status"],
            registry=new,
        )
        self._seconds = Histogram(
            "shop_http_request_duration_seconds",
            "Time in which requests were answered, by method and route.",
            ["method", "route"],
            registry=new,
            buckets=_SECONDS,
        )
        self._database_seconds = Counter(
            "shop_database_seconds", "Time spent in statements, by route.", ["route"], registry=new
        )
        self._statements = Counter(
            "shop_database_statements",
            "Statements, by route. Those that are sent together count as one.",
            ["route"],
            registry=new,
        )
        self._cache = Counter(
            "shop_response_cache",
            "Public responses: from the server's cache, from the views' cache, or new (miss).",
            ["result"],
            registry=new,
        )
        self._slots = Gauge(
            "shop_gateway_slots_used",
            "Slots for gateway calls in use; each server process has four.",
            registry=new,
            multiprocess_mode="sum",
        )
        self._slots.set(0)
        self._refusals = Counter(
            "shop_gateway_refusals",
            "Calls that a payment provider refused, by gateway and reason.",
            ["gateway", "reason"],
            registry=new,
        )
        self._children: dict[tuple[str, str, int], tuple[Any, Any, Any, Any]] = {}
        self._results: dict[str, Any] = {}

    def add_request(self, method: str | None, route: str, status: int, seconds: float) -> None:
        """Count a request, with the statements that this thread has executed since the last."""
        key = (method or "", route, status)
        children = self._children.get(key)
        if children is None:
            children = self._children_of(*key)
        requests, duration, database_seconds, statements = children
        requests.inc()
        duration.observe(seconds)
        spent, number = measures.take()
        if number:
            database_seconds.inc(spent)
            statements.inc(number)

    def _children_of(self, method: str, route: str, status: int) -> tuple[Any, Any, Any, Any]:
        """Return the metrics with these labels. A client may send any method, but not a label."""
        name, path = method if method in _METHODS else "other", route or _UNKNOWN
        children = (
            self._requests.labels(name, path, str(status)),
            self._seconds.labels(name, path),
            self._database_seconds.labels(path),
            self._statements.labels(path),
        )
        if name != "other":
            self._children[(method, route, status)] = children
        return children

    def add_cache(self, result: str) -> None:
        """Count a public response."""
        if result not in self._results:
            self._results[result] = self._cache.labels(result)
        self._results[result].inc()

    def add_slot(self, change: int) -> None:
        """Count a slot that was taken (1) or released (-1)."""
        self._slots.inc(change)

    def add_refusal(self, gateway: str, reason: str) -> None:
        """Count a call that a payment provider refused."""
        self._refusals.labels(gateway, reason).inc()


_recorder: Recorder | None = None


def start() -> Recorder:
    """Count from now on. Called by each server process if metrics are on."""
    global _recorder  # noqa: PLW0603 - a state of the process
    if folder := os.environ.get(_FOLDER):
        slot = _take_slot(Path(folder))
        value_class = values.MultiProcessValue
        values.ValueClass = value_class(process_identifier=lambda: slot)  # type: ignore[no-untyped-call]
    measures.start()
    _recorder = Recorder()
    return _recorder


def stop() -> None:
    """Stop counting, and forget what was counted."""
    global _recorder  # noqa: PLW0603 - a state of the process
    _recorder = None
    measures.stop()


def _take_slot(folder: Path) -> int:
    """Return the first number that no running process holds, and hold it until this one ends."""
    for number in count():
        file = (folder / f"slot-{number}").open("w")
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            file.close()
        else:
            _locks.append(file)
            return number
    raise AssertionError


def registry() -> CollectorRegistry | None:
    """Return a registry with the metrics of all processes of this server, or None if off."""
    if _recorder is None:
        return None
    if not os.environ.get(_FOLDER):
        return _recorder.registry
    merged = CollectorRegistry()
    MultiProcessCollector(merged)  # type: ignore[no-untyped-call]
    return merged


def count_request(method: str | None, route: str, status: int, seconds: float) -> None:
    """Count a request. ``route`` is the pattern of its path, or ""."""
    if _recorder is not None:
        _recorder.add_request(method, route, status, seconds)


def count_cache(result: str) -> None:
    """Count a public response: ``server``, ``view`` or ``miss``."""
    if _recorder is not None:
        _recorder.add_cache(result)


def count_slot(change: int) -> None:
    """Count a slot for gateway calls that was taken (1) or released (-1)."""
    if _recorder is not None:
        _recorder.add_slot(change)


def count_refusal(gateway: str, reason: str) -> None:
    """Count a call that a payment provider refused because of its key or their number."""
    if _recorder is not None:
        _recorder.add_refusal(gateway, reason)
