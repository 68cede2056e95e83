"""Races: threads that start their calls at the same moment.

For tests marked ``django_db(transaction=True)``, whose rows are visible to other connections.
"""

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import TypeVar

from django.db import connection, connections

R = TypeVar("R")


def at_once(*calls: Callable[[], R]) -> list[R]:
    """Run the calls at the same time, each in a thread with its own connection.

    Return their results in order. Raises the exception of the first call that failed.
    """
    barrier = Barrier(len(calls))

    def run(call: Callable[[], R]) -> R:
        try:
            _be_patient()
            barrier.wait(timeout=60)
            return call()
        finally:
            connections.close_all()

    with ThreadPoolExecutor(len(calls)) as pool:
        return [future.result() for future in [pool.submit(run, call) for call in calls]]


def _be_patient() -> None:
    """Let this thread wait longer for locks than a request does: the machine may be slow."""
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SET lock_timeout = '60s'; SET statement_timeout = '60s'")
        else:
            cursor.execute("PRAGMA busy_timeout = 60000")


def times(count: int, call: Callable[[], R]) -> list[R]:
    """Run a call ``count`` times at the same time."""
    return at_once(*[call] * count)


def until_blocked(count: int) -> None:
    """Wait until ``count`` other connections wait for a lock.

    Raises TimeoutError after a minute. Does not wait on SQLite, which has no row locks.
    """
    if connection.vendor != "postgresql":
        return
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        with connection.cursor() as cursor:
            # Within a transaction, the view would otherwise not change.
            cursor.execute("SELECT pg_stat_clear_snapshot()")
            cursor.execute(
                "SELECT count(*) FROM pg_stat_activity "
                "WHERE datname = current_database() AND wait_event_type = 'Lock'"
            )
            if cursor.fetchone()[0] == count:
                return
    raise TimeoutError(f"there were never {count} connections that waited for a lock")
