"""Races with real threads on a real database: everyone waits at a barrier, then all go at once.

For tests marked ``django_db(transaction=True)``, whose rows other connections can see.
"""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import TypeVar

from django.db import connections

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
