"""The revision of the public catalog, and the caches whose entries are valid for one revision.

A transaction that changes the public catalog increments the revision in its last statement. The row
lock makes revisions follow the order of commits. A reader reads the revision before the data, so a
cached response is never older than the revision that it is stored under, and every client sees its
own writes, whichever worker responds.

A number belongs to one history of the database. After a failover that lost the last commits, or
after an older dump is restored, a number can repeat with other content. So a revision also contains
what differs then: on PostgreSQL the time when the server started and the transaction that wrote the
number. Cursors of the changes feed contain the history itself (``read_history``).

The catalog also changes without a write: a sale starts or ends, or a product's publication time is
reached. So the public revision contains the time of the last such event, and cached entries expire
at the next one.
"""

import logging
from collections.abc import Collection
from dataclasses import dataclass
from hashlib import blake2s
from secrets import token_hex
from typing import Any

from django.db import NotSupportedError, ProgrammingError, connection

from shop.engine import fetch
from shop.engine.revisions import RevisionCache

logger = logging.getLogger("shop.catalog")

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
_MARK = """
UPDATE catalog_product SET changed_in = bumped.number, updated_at = STATEMENT_TIMESTAMP()
FROM bumped WHERE id = ANY(%s)
"""
_NOW = {
    "postgresql": "EXTRACT(EPOCH FROM STATEMENT_TIMESTAMP())::float8",
    "sqlite": "(JULIANDAY('now') - 2440587.5) * 86400.0",
}
_VERSION = {
    "postgresql": "CONCAT(epoch, ' ', EXTRACT(EPOCH FROM PG_POSTMASTER_START_TIME()), ' ', xmin)",
    "sqlite": "epoch",
}
_READ = "SELECT {version}, number, {now} FROM catalog_catalogrevision WHERE id = 1"
# The identifier of the PostgreSQL cluster, its timeline, which a promotion increments, and the
# table, which a restored dump creates again.
_HISTORY = """
SELECT CONCAT_WS(' ', epoch, tableoid, (SELECT system_identifier FROM pg_control_system()),
    CASE WHEN PG_IS_IN_RECOVERY() THEN '' ELSE
        LEFT(PG_WALFILE_NAME(PG_CURRENT_WAL_INSERT_LSN()), 8) END), number, {now}
FROM catalog_catalogrevision WHERE id = 1
"""
_RENEW = """
UPDATE catalog_catalogrevision SET epoch = %s, number = number + 1, all_changed_in = number + 1
WHERE id = 1
"""
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

    key: tuple[str, int]
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
_without_history: list[bool] = []


def bump(changed: Collection[int] = (), *, everything: bool = False) -> None:
    """Increment the revision, which invalidates all caches.

    Needs a transaction and locks the revision's row, so it must be the transaction's last lock (R4
    in docs/reliability.md). The new number is written to the ``changed`` products, whose rows the
    caller has locked, with the time; the changes feed finds them by it. ``everything`` marks all
    products instead, without the time.
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
        marks = f"changed_in = %s, updated_at = {_SQLITE_NOW}"
        sql = f"UPDATE catalog_product SET {marks} WHERE id IN ({placeholders})"  # noqa: S608
        _execute(sql, [number, *changed])


def current() -> str:
    """Return the public revision.

    One statement, and a second one after a change or a scheduled event.
    """
    version, number, now = read_revision()
    schedule = _cached_schedule(version, number, now)
    if schedule is None:
        schedule = _read_schedule(version, number)
        _schedule[:] = [schedule]
    return schedule.public_revision()


def clear_caches() -> None:
    """Clear all caches, for tests and benchmarks."""
    responses.clear()
    cached_values.clear()
    _schedule.clear()


def renew() -> None:
    """Make all cached responses, ETags and cursors of the changes feed outdated, in all processes.

    Needs no transaction. Locks the revision's row.
    """
    read_revision()  # creates the row
    _execute(_RENEW, [token_hex(8)])


def read_revision() -> tuple[str, int, float]:
    """Return the version of the row, its number, and the database's time in seconds since 1970.

    A version is a text that no other history of the database has with the same number.
    """
    return _read(revision_sql())


def revision_sql() -> str:
    """Return the SQL of ``read_revision``. It returns no row if the revision has no row yet."""
    return _READ.format(version=version_sql(), now=_NOW[connection.vendor])


def version_sql() -> str:
    """Return the SQL of the version, for a statement that reads the revision's table."""
    return _VERSION[connection.vendor]


def text_of(version: str, number: int) -> str:
    """Return the revision of a row as clients see it, without the facts about the server."""
    return f"{_digest(version)}-{number}"


def read_history() -> tuple[str, int, float]:
    """Return what ``read_revision`` does, with the history in place of the version.

    The history is the same after a restart of PostgreSQL. It is another after a failover, in
    another cluster, for a restored table, and after ``renew``. If the database's user may not read
    the identity of the server, as on some services, it is another after a restart too. Must not be
    called in a transaction, which that error would end.
    """
    if connection.vendor == "postgresql" and not _without_history:
        try:
            history, number, now = _read(_HISTORY.format(now=_NOW["postgresql"]))
        except (ProgrammingError, NotSupportedError) as error:
            logger.warning("a restart of PostgreSQL makes cursors of the feed outdated: %s", error)
            _without_history.append(True)
        else:
            return _digest(history), number, now
    version, number, now = read_revision()
    return _digest(version.rpartition(" ")[0] or version), number, now


def public_revision_at(version: str, number: int, now: float) -> str | None:
    """Return the public revision for a row that ``read_revision`` returned.

    Returns None if this process has not read the schedule of that revision yet.
    """
    schedule = _cached_schedule(version, number, now)
    return None if schedule is None else schedule.public_revision()


def _read(sql: str) -> tuple[str, int, float]:
    rows = fetch(sql, [])
    if not rows:
        _execute(_START, [token_hex(8)])
        rows = fetch(sql, [])
    text, number, now = rows[0]
    return text, number, now


def _digest(text: str) -> str:
    return blake2s(text.encode(), digest_size=8).hexdigest()


def _cached_schedule(version: str, number: int, now: float) -> _Schedule | None:
    """Return the schedule that this process has read, unless it is outdated."""
    schedule = _schedule[0] if _schedule else None
    if schedule is None or schedule.key != (version, number):
        return None
    return None if schedule.next and schedule.next <= now else schedule


def _read_schedule(version: str, number: int) -> _Schedule:
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
    key, revision = (version, number), text_of(version, number)
    return _Schedule(key, revision, max(past, default=None), min(future, default=None))


_SQLITE_NOW = "STRFTIME('%%Y-%%m-%%d %%H:%%M:%%f', 'now')"
_SECONDS = {
    "postgresql": "EXTRACT(EPOCH FROM {})::float8",
    "sqlite": "(JULIANDAY({}) - 2440587.5) * 86400.0",
}


def _execute(sql: str, values: list[Any]) -> list[Any]:
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        return cursor.fetchall() if cursor.description else []
