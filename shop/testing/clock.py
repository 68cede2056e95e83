"""Clocks that tests set forward.

The database's decides when sales begin and products appear, an event loop's when it looks again.
"""

import asyncio
import sqlite3
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

from django.db import connection

from catalog import revision

_POSTGRESQL = """
CREATE SCHEMA IF NOT EXISTS clock;
CREATE OR REPLACE FUNCTION clock.statement_timestamp() RETURNS timestamptz LANGUAGE sql STABLE
AS $$ SELECT pg_catalog.statement_timestamp() + interval '{seconds} seconds' $$;
SET LOCAL search_path = clock, pg_catalog, public;
"""


class DatabaseClock:
    """The clock of this test's transaction, whose end undoes what was done to it.

    PostgreSQL gets a function that stands before its own; SQLite's are replaced on the connection,
    by ones that ask another connection for what they do not change.
    """

    def __init__(self) -> None:
        """Show the right time."""
        self._ahead = timedelta()

    def now(self) -> datetime:
        """Return the time that the shop's statements see."""
        return datetime.fromtimestamp(revision.read_revision()[2], UTC)

    def advance(self, **span: float) -> None:
        """Set it forward by so many ``hours``, ``days`` and so on."""
        self._ahead += timedelta(**span)
        if connection.vendor == "postgresql":
            with connection.cursor() as cursor:
                cursor.execute(_POSTGRESQL.format(seconds=self._ahead.total_seconds()))
            return
        for name in ("strftime", "julianday"):
            self._replace(name)

    def stop(self) -> None:
        """Show the right time again, to whoever uses the connection next."""
        self._ahead = timedelta()

    def _replace(self, name: str) -> None:
        def shifted(*values: Any) -> Any:
            now = (datetime.now(UTC) + self._ahead).replace(tzinfo=None)
            seen = [now.isoformat(" ") if str(v).lower() == "now" else v for v in values]
            places = ", ".join("?" * len(seen))
            return _original().execute(f"SELECT {name}({places})", seen).fetchone()[0]

        connection.connection.create_function(name, -1, shifted)


@cache
def _original() -> sqlite3.Connection:
    """Return a connection whose functions are SQLite's; open until the end of the process."""
    return sqlite3.connect(":memory:", check_same_thread=False)


class LoopClock:
    """The time of the running event loop, which stands still until it is put forward."""

    def __init__(self) -> None:
        """Stop it."""
        self._loop: Any = asyncio.get_running_loop()
        self._now: float = self._loop.time()
        self._loop.time = lambda: self._now

    async def forward(self, seconds: float) -> None:
        """Let time pass, and what was to happen meanwhile."""
        self._now += seconds
        for _ in range(3):
            await asyncio.sleep(0)
