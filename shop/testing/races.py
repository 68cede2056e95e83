"""Races with real threads on a real database: everyone waits at a barrier, then all go at once.

For tests marked ``django_db(transaction=True)``, whose rows other connections can see.
"""

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import TypeVar

from django.db import connection, connections

R = TypeVar("R")


def at_once(*calls: Callable[[], R]) -> list[R]:
    """Run every call in a thread of its own, with its own connection, from one instant on.

    Returns what they returned, in their order; raises what the first of them raised.
    """
    barrier = Barrier(len(calls))

    def run(call: Callable[[], R]) -> R:
        try:
            barrier.wait(timeout=30)
            return call()
        finally:
            connections.close_all()

    with ThreadPoolExecutor(len(calls)) as pool:
        return [future.result() for future in [pool.submit(run, call) for call in calls]]


def times(count: int, call: Callable[[], R]) -> list[R]:
    """Run one call ``count`` times at once."""
    return at_once(*[call] * count)


def until_blocked(count: int) -> None:
    """Return once ``count`` other connections wait for a lock; raises after ten seconds.

    Returns at once on SQLite, whose one lock makes everyone wait for whoever has it.
    """
    if connection.vendor != "postgresql":
        return
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        with connection.cursor() as cursor:
            # Else a transaction would see the same activity again and again.
            cursor.execute("SELECT pg_stat_clear_snapshot()")
            cursor.execute(
                "SELECT count(*) FROM pg_stat_activity "
                "WHERE datname = current_database() AND wait_event_type = 'Lock'"
            )
            if cursor.fetchone()[0] == count:
                return
    raise TimeoutError(f"{count} connections never waited at once")
