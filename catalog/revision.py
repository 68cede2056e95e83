"""The revision of the public catalog, and the caches whose entries are valid for one revision.

A transaction that changes the public catalog increments the revision in its last statement. The row
lock makes revisions follow the order of commits. A reader reads the revision before the data, so a
cached response is never older than the revision that it is stored under, and every client sees its
own writes, whichever worker responds.

The catalog also changes without a write: a sale starts or ends, or a product's publication time is
reached. So the public revision contains the time of the last such event, and cached entries expire
at the next one.
"""

from collections.abc import Collection
from dataclasses import dataclass
from secrets import token_hex
from typing import Any

from django.db import connection

from shop.engine import fetch
from shop.engine.revisions import RevisionCache

MAX_CACHED = 1000
"""Entries of each cache."""
MAX_MARKED = 1000
"""The largest number of products that one change marks in the changes feed one by one.

A larger change marks all products.
"""

_BUMP = """
INSERT INTO catalog_catalogrevision (id, number, epoch, all_changed_in) VALUES (1, 1, %s, 0)
ON CONFLICT (id) DO UPDATE SET number = catalog_catalogrevision.number + 1
"""
_BUMP_ALL = """
INSERT INTO catalog_catalogrevision (id, number, epoch, all_changed_in) VALUES (1, 1, %s, 1)
ON CONFLICT (id) DO UPDATE SET number = catalog_catalogrevision.number + 1,
    all_changed_in = catalog_catalogrevision.number + 1
"""
_MARK = "UPDATE catalog_product SET changed_in = bumped.number FROM bumped WHERE id = ANY(%s)"
_NOW = {
    "postgresql": "EXTRACT(EPOCH FROM STATEMENT_TIMESTAMP())::float8",
    "sqlite": "(JULIANDAY('now') - 2440587.5) * 86400.0",
}
_READ = "SELECT epoch, number, {now} FROM catalog_catalogrevision WHERE id = 1"
_START = """
INSERT INTO catalog_catalogrevision (id, number, epoch, all_changed_in) VALUES (1, 1, %s, 0)
ON CONFLICT DO NOTHING
"""
# The columns with times at which the catalog changes by itself. Each has an index.
_SCHEDULED = (
    ("catalog_sale", "starts_at"),
    ("catalog_sale", "ends_at"),
    ("catalog_product", "publish_at"),
)


@dataclass(frozen=True, slots=True)
class _Schedule:
    """The last and the next scheduled event under one revision, in seconds since 1970."""

    revision: str
    last: float | None
    next: float | None

    def public_revision(self) -> str:
        """Return the revision with the time of the last scheduled event."""
        return self.revision if self.last is None else f"{self.revision}-{self.last:.3f}"


responses: RevisionCache[Any] = RevisionCache(MAX_CACHED)
"""Bodies of public responses, by absolute URL."""
cached_values: RevisionCache[Any] = RevisionCache(MAX_CACHED)
"""Values that responses are made from, by name: counts, the active sales, the attributes."""
_schedule: list[_Schedule] = []


def bump(changed: Collection[int] = (), *, everything: bool = False) -> None:
    """Increment the revision, which invalidates all caches.

    Needs a transaction and locks the revision's row, so it must be the transaction's last lock (R4
    in docs/reliability.md). The new number is written to the ``changed`` products, whose rows the
    caller has locked; the changes feed finds them by it. ``everything`` marks all products instead.
    """
    if everything or len(changed) > MAX_MARKED:
        _execute(_BUMP_ALL, [token_hex(8)])
    elif not changed:
        _execute(_BUMP, [token_hex(8)])
    elif connection.vendor == "postgresql":
        sql = f"WITH bumped AS ({_BUMP} RETURNING number) {_MARK}"
        _execute(sql, [token_hex(8), list(changed)])
    else:
        number = _execute(f"{_BUMP} RETURNING number", [token_hex(8)])[0][0]
        placeholders = ", ".join(["%s"] * len(changed))
        sql = f"UPDATE catalog_product SET changed_in = %s WHERE id IN ({placeholders})"  # noqa: S608
        _execute(sql, [number, *changed])


def current() -> str:
    """Return the public revision.

    One statement, and a second one after a change or a scheduled event.
    """
    epoch, number, now = read_revision()
    revision = f"{epoch}-{number}"
    schedule = _cached_schedule(revision, now)
    if schedule is None:
        schedule = _read_schedule(revision)
        _schedule[:] = [schedule]
    return schedule.public_revision()


def clear_caches() -> None:
    """Clear all caches, for tests and benchmarks."""
    responses.clear()
    cached_values.clear()
    _schedule.clear()


def read_revision() -> tuple[str, int, float]:
    """Return the epoch, the number, and the database's time in seconds since 1970."""
    sql = revision_sql()
    rows = fetch(sql, [])
    if not rows:
        _execute(_START, [token_hex(8)])
        rows = fetch(sql, [])
    epoch, number, now = rows[0]
    return epoch, number, now


def revision_sql() -> str:
    """Return the SQL of ``read_revision``. It returns no row if the revision has no row yet."""
    return _READ.format(now=_NOW[connection.vendor])


def public_revision_at(epoch: str, number: int, now: float) -> str | None:
    """Return the public revision for a row that ``read_revision`` returned.

    Returns None if this process has not read the schedule of that revision yet.
    """
    schedule = _cached_schedule(f"{epoch}-{number}", now)
    return None if schedule is None else schedule.public_revision()


def _cached_schedule(revision: str, now: float) -> _Schedule | None:
    """Return the schedule that this process has read, unless it is outdated."""
    schedule = _schedule[0] if _schedule else None
    if schedule is None or schedule.revision != revision:
        return None
    return None if schedule.next and schedule.next <= now else schedule


def _read_schedule(revision: str) -> _Schedule:
    now = "STATEMENT_TIMESTAMP()" if connection.vendor == "postgresql" else _SQLITE_NOW
    parts = [
        f"(SELECT {aggregate}({column}) FROM {table} WHERE {column} {operator} {now})"  # noqa: S608 - constants
        for aggregate, operator in (("MAX", "<="), ("MIN", ">"))
        for table, column in _SCHEDULED
    ]
    parts = [_SECONDS[connection.vendor].format(part) for part in parts]
    times = _execute(f"SELECT {', '.join(parts)}", [])[0]
    past = [time for time in times[:3] if time is not None]
    future = [time for time in times[3:] if time is not None]
    return _Schedule(revision, max(past, default=None), min(future, default=None))


_SQLITE_NOW = "STRFTIME('%%Y-%%m-%%d %%H:%%M:%%f', 'now')"
_SECONDS = {
    "postgresql": "EXTRACT(EPOCH FROM {})::float8",
    "sqlite": "(JULIANDAY({}) - 2440587.5) * 86400.0",
}


def _execute(sql: str, values: list[Any]) -> list[Any]:
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        return cursor.fetchall() if cursor.description else []
