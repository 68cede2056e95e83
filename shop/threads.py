"""The threads that Django runs in: the one that was busy last is asked first.

Each has a database connection of its own, with a server process behind it. The standard library's
executor lets its threads take turns, so that all are used and none is warm; here as many are as
there are requests at once, and the others, if there were more once, sleep.
"""

import asyncio
import weakref
from collections import deque
from collections.abc import Callable
from queue import SimpleQueue
from threading import Thread
from typing import Any, TypeVar

R = TypeVar("R")


class Threads:
    """At most so many threads, which end with this. One event loop's own thread calls it."""

    def __init__(self, at_most: int) -> None:
        """Start no thread yet: the first work does."""
        self._at_most = at_most
        self._started = 0
        self._idle: list[SimpleQueue[Any]] = []
        self._waiting: deque[tuple[Callable[[], Any], asyncio.Future[Any]]] = deque()
        weakref.finalize(self, _dismiss, self._idle)

    def run(self, work: Callable[[], R]) -> "asyncio.Future[R]":
        """Return what will be what ``work`` returned, or raised.

        What is cancelled before its turn is never begun.
        """
        future: asyncio.Future[R] = asyncio.get_running_loop().create_future()
        if not self._idle and self._started < self._at_most:
            self._start()
        if self._idle:
            self._idle.pop().put((self, work, future))
        else:
            self._waiting.append((work, future))
        return future

    def _start(self) -> None:
        """Start one more. Raises RuntimeError if there can be none, and nobody else works."""
        jobs: SimpleQueue[Any] = SimpleQueue()
        # As a daemon: the server has waited for what is under way when its process ends.
        name = f"shop {self._started + 1}"
        thread = Thread(target=_serve, args=(jobs,), name=name, daemon=True)
        try:
            thread.start()
        except RuntimeError:  # the system has no room for a thread just now
            if not self._started:
                raise
            return
        self._started += 1
        self._idle.append(jobs)

    def finish(
        self, jobs: SimpleQueue[Any], future: "asyncio.Future[Any]", result: Any, error: Any
    ) -> None:
        """Give the thread of ``jobs`` its next work, and the last one's end to who waits for it."""
        while self._waiting and self._waiting[0][1].done():
            self._waiting.popleft()
        if self._waiting:
            jobs.put((self, *self._waiting.popleft()))
        else:
            self._idle.append(jobs)
        if future.done():
            return
        if error is None:
            future.set_result(result)
        else:
            future.set_exception(error)


def _serve(jobs: SimpleQueue[Any]) -> None:
    """Work until a None comes; while there is nothing to do, keep nothing alive."""
    while (job := jobs.get()) is not None:
        threads, work, future = job
        result = error = None
        try:
            result = work()
        except BaseException as raised:  # noqa: BLE001 - whoever waits for it is told
            error = raised
        try:
            future.get_loop().call_soon_threadsafe(threads.finish, jobs, future, result, error)
        except RuntimeError:  # the loop is closed: nobody waits any more
            return
        del job, threads, work, future, result, error


def _dismiss(idle: list[SimpleQueue[Any]]) -> None:
    for jobs in idle:
        jobs.put(None)
