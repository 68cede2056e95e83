"""A cache in the memory of a process, whose values are valid for one revision of the data."""

from collections.abc import Callable
from threading import Lock
from typing import Generic, TypeVar

T = TypeVar("T")

CACHED_UNDER = "shop.engine.cached_under"
"""The key in a request's META by which a view declares its response public and cacheable.

The value is the revision under which the response was made.
"""


class RevisionCache(Generic[T]):
    """At most ``size`` values by name, each with the revision that it was read under.

    Threads may share it. When it is full, the oldest entry is removed.
    """

    def __init__(self, size: int) -> None:
        """Start empty."""
        self._size = size
        self._entries: dict[str, tuple[str, T]] = {}
        self._lock = Lock()

    def get(self, name: str, revision: str | None) -> T | None:
        """Return the value that was stored under exactly this revision, or None."""
        entry = self._entries.get(name)  # atomic, so that readers need no lock
        return entry[1] if entry is not None and entry[0] == revision else None

    def put(self, name: str, revision: str | None, value: T) -> None:
        """Store a value that was read after ``revision`` was; store nothing without a revision."""
        if revision is None:
            return
        with self._lock:
            self._entries.pop(name, None)
            if len(self._entries) >= self._size:
                del self._entries[next(iter(self._entries))]
            self._entries[name] = (revision, value)

    def get_or_put(self, name: str, revision: str | None, make: Callable[[], T]) -> T:
        """Return the stored value. If there is none, call ``make`` and store its result."""
        value = self.get(name, revision)
        if value is None:
            value = make()
            self.put(name, revision, value)
        return value

    def clear(self) -> None:
        """Remove all entries."""
        self._entries.clear()

    def __contains__(self, name: object) -> bool:
        return name in self._entries

    def __len__(self) -> int:
        return len(self._entries)
