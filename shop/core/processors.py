"""Where a worker's threads run: on a processor of their own, and one after the other.

Of a worker's threads one runs at a time, which holds Python's lock (the GIL). A thread that wakes
on another processor, or pushes the one aside which woke it, finds the lock held and goes back to
sleep: two changes of context for nothing, and a cold cache.
"""

import os
import sys
from contextlib import suppress


def count() -> int:
    """Return how many processors this process may use."""
    if sys.platform == "linux":
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def settle(number: int, workers: int) -> None:
    """Keep this process, one of so many ``workers``, to a processor; call it before threads start.

    Only where there is a worker for each processor: else the system sees better where there is
    room. Whatever wakes waits until whoever runs waits too, or has had its share (SCHED_BATCH,
    sched(7)). Does nothing where the system allows neither, or is not Linux.
    """
    if sys.platform != "linux":
        return
    processors = sorted(os.sched_getaffinity(0))
    with suppress(OSError):
        os.sched_setscheduler(0, os.SCHED_BATCH, os.sched_param(0))
        if workers >= len(processors):
            os.sched_setaffinity(0, {processors[number % len(processors)]})
