"""Clocks that tests can advance: that of the database, and that of an event loop."""

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
    """The clock of the database in the transaction of a test.

    On PostgreSQL a function in another schema hides the one of pg_catalog until the end of the
    transaction. On SQLite the functions of the connection are replaced. They call the original
    functions on another connection.
    """

    def __init__(self) -> None:
        """Begin with the real time."""
        self._ahead = timedelta()

    def now(self) -> datetime:
        """Return the time of the database as the shop reads it."""
        return datetime.fromtimestamp(revision.read_revision()[2], UTC)

    def advance(self, **span: float) -> None:
        """Advance the clock; ``span`` has the arguments of timedelta, such as ``hours``."""
        self._ahead += timedelta(**span)
        if connection.vendor == "postgresql":
            with connection.cursor() as cursor:
                cursor.execute(_POSTGRESQL.format(seconds=self._ahead.total_seconds()))
            return
        for name in ("strftime", "julianday"):
            self._replace(name)

    def stop(self) -> None:
        """Return to the real time."""
        self._ahead = timedelta()

    def _replace(self, name: str) -> None:
        def shifted(*values: Any) -> Any:
            now = (datetime.now(UTC) + self._ahead).replace(tzinfo=None)
            arguments = [now.isoformat(" ") if str(v).lower() == "now" else v for v in values]
            places = ", ".join("?" * len(arguments))
            return _original().execute(f"SELECT {name}({places})", arguments).fetchone()[0]

        connection.connection.create_function(name, -1, shifted)


@cache
def _original() -> sqlite3.Connection:
    """Return a connection with the original functions, open until the process ends."""
    return sqlite3.connect(":memory:", check_same_thread=False)


class LoopClock:
    """The time of the running event loop, which only ``forward`` advances."""

    def __init__(self) -> None:
        """Stop the clock of the running event loop."""
        self._loop: Any = asyncio.get_running_loop()
        self._now: float = self._loop.time()
        self._loop.time = lambda: self._now

    async def forward(self, seconds: float) -> None:
        """Advance the time, and run the callbacks that are due."""
        self._now += seconds
        for _ in range(3):
            await asyncio.sleep(0)
