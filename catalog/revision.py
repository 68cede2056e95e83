"""The revision of the public catalog, and the values that stay true while it does.

A transaction that changes what the public catalog contains bumps the revision last; the row lock
puts bumps in the order of their commits. A reader takes the revision before it reads, so that a
cached response is never older than the revision that it is stored under, and no client gets a
response that is older than its own write, from whichever worker.

A schedule changes the catalog without a write: a sale begins or ends, a product is published. So
the revision that readers see also names the last such instant, and what is cached ends at the next.
"""

from collections.abc import Collection
from dataclasses import dataclass
from secrets import token_hex
from typing import Any

from django.db import connection

from shop.engine import fetch
from shop.engine.revisions import RevisionCache

MAX_CACHED = 1000
MARKED_SINGLY = 1000
"""Products that one change marks one by one in the feed of changes; of more it marks all."""

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
# Of each schedule the last instant that came, and the next; each side is one step in an index.
_INSTANTS = (
    ("catalog_sale", "starts_at"),
    ("catalog_sale", "ends_at"),
    ("catalog_product", "publish_at"),
)


@dataclass(frozen=True, slots=True)
class _Schedule:
    """What the clock does under one revision, in seconds since 1970."""

    revision: str
    last: float | None
    next: float | None

    def shown(self) -> str:
        """Return the revision that readers see: it also names the last instant that came."""
        return self.revision if self.last is None else f"{self.revision}-{self.last:.3f}"


responses: RevisionCache[Any] = RevisionCache(MAX_CACHED)
"""Bodies of public responses by absolute URL."""
facts: RevisionCache[Any] = RevisionCache(MAX_CACHED)
"""What responses are made with, by name: counts, the active sales."""
recall_fact, note_fact, find_fact = facts.get, facts.put, facts.get_or_put
_schedule: list[_Schedule] = []


def bump(changed: Collection[int] = (), *, everything: bool = False) -> None:
    """End what is cached. Last lock of a transaction, and needs one (RELIABILITY R4).

    The rows of the ``changed`` products, which the caller has locked, get the new number, by which
    the feed of changes finds them; ``everything`` says that any product may show otherwise now.
    """
    if everything or len(changed) > MARKED_SINGLY:
        _execute(_BUMP_ALL, [token_hex(8)])
    elif not changed:
        _execute(_BUMP, [token_hex(8)])
    elif connection.vendor == "postgresql":
        sql = f"WITH bumped AS ({_BUMP} RETURNING number) {_MARK}"
        _execute(sql, [token_hex(8), list(changed)])
    else:
        number = _execute(f"{_BUMP} RETURNING number", [token_hex(8)])[0][0]
        places = ", ".join(["%s"] * len(changed))
        sql = f"UPDATE catalog_product SET changed_in = %s WHERE id IN ({places})"  # noqa: S608 - places
        _execute(sql, [number, *changed])


def current() -> str:
    """Return the revision, one tiny statement; one more after a change or a scheduled instant."""
    epoch, number, now = instant()
    revision = f"{epoch}-{number}"
    known = _known(revision, now)
    if known is None:
        known = _read_schedule(revision)
        _schedule[:] = [known]
    return known.shown()


def forget() -> None:
    """Clear all caches: for tests and benchmarks."""
    responses.clear()
    facts.clear()
    _schedule.clear()


def instant() -> tuple[str, int, float]:
    """Return the epoch, the number and the database's time, in seconds since 1970."""
    sql = instant_sql()
    rows = fetch(sql, [])
    if not rows:
        _execute(_START, [token_hex(8)])
        rows = fetch(sql, [])
    epoch, number, now = rows[0]
    return epoch, number, now


def instant_sql() -> str:
    """Return the statement of ``instant``: no row until the first reader or writer."""
    return _READ.format(now=_NOW[connection.vendor])


def shown_at(epoch: str, number: int, now: float) -> str | None:
    """Return the revision that readers see at an ``instant``, as ``current`` does.

    None where this process does not know yet what the clock does under it.
    """
    known = _known(f"{epoch}-{number}", now)
    return None if known is None else known.shown()


def _known(revision: str, now: float) -> _Schedule | None:
    """Return what this process noted of the clock, if that is still so."""
    known = _schedule[0] if _schedule else None
    if known is None or known.revision != revision or (known.next and known.next <= now):
        return None
    return known


def _read_schedule(revision: str) -> _Schedule:
    now = "STATEMENT_TIMESTAMP()" if connection.vendor == "postgresql" else _SQLITE_NOW
    parts = [
        f"(SELECT {choose}({column}) FROM {table} WHERE {column} {side} {now})"  # noqa: S608 - names of ours
        for choose, side in (("MAX", "<="), ("MIN", ">"))
        for table, column in _INSTANTS
    ]
    parts = [_SECONDS[connection.vendor].format(part) for part in parts]
    instants = _execute(f"SELECT {', '.join(parts)}", [])[0]
    past = [at for at in instants[:3] if at is not None]
    coming = [at for at in instants[3:] if at is not None]
    return _Schedule(revision, max(past, default=None), min(coming, default=None))


_SQLITE_NOW = "STRFTIME('%%Y-%%m-%%d %%H:%%M:%%f', 'now')"
_SECONDS = {
    "postgresql": "EXTRACT(EPOCH FROM {})::float8",
    "sqlite": "(JULIANDAY({}) - 2440587.5) * 86400.0",
}


def _execute(sql: str, values: list[Any]) -> list[Any]:
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        return cursor.fetchall() if cursor.description else []
