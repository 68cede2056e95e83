"""The threads that Django runs in: a few at once, and the one that was busy last is asked first.

Each has a database connection of its own, with a server process behind it. The standard library's
executor lets its threads take turns, so that all are used and none is warm; here as many are as
there are requests at once, and the others, if there were more once, sleep. More of them than a few
take processors from each other, and the slowest requests become slower still; but those that wait
for something outside take nothing, and have to stand in nobody's way.
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
    """So many threads at once, and more beside those that are held up. One event loop calls it.

    Whoever is at work for longer than ``patience``, in seconds, is taken to wait for something
    else (a gateway, a row's lock), and counts no more among those ``at_once``. At most ``at_most``
    there are; they end with this.
    """

    def __init__(self, *, at_once: int, at_most: int, patience: float = 0.1) -> None:
        """Start no thread yet: the first work does."""
        self._at_once = at_once
        self._at_most = at_most
        self._patience = patience
        self._started = 0
        self._idle: list[SimpleQueue[Any]] = []
        self._busy: dict[SimpleQueue[Any], float] = {}
        """When each thread that counts began, the oldest first."""
        self._waiting: deque[tuple[Callable[[], Any], asyncio.Future[Any]]] = deque()
        self._looks_again = False
        weakref.finalize(self, _dismiss, self._idle)

    def run(self, work: Callable[[], R]) -> "asyncio.Future[R]":
        """Return what will be what ``work`` returned, or raised.

        What is cancelled before its turn is never begun. Raises RuntimeError where the system has
        no room for a first thread, MemoryError where it has no memory for one.
        """
        future: asyncio.Future[R] = asyncio.get_running_loop().create_future()
        self._waiting.append((work, future))
        try:
            self._go_on()
        except (RuntimeError, MemoryError):  # of a thread's start
            self._waiting.pop()
            raise
        return future

    def _go_on(self) -> None:
        """Give work that waits to threads, as long as there are any for it."""
        loop = asyncio.get_running_loop()
        while self._waiting and len(self._busy) < self._at_once:
            if self._waiting[0][1].done():
                self._waiting.popleft()
                continue
            if not self._idle and self._started < self._at_most:
                self._start()
            if not self._idle:
                return
            jobs = self._idle.pop()
            self._busy[jobs] = loop.time()
            jobs.put((self, *self._waiting.popleft()))
        if self._waiting and self._busy and not self._looks_again:
            self._looks_again = True
            loop.call_at(next(iter(self._busy.values())) + self._patience, self._look_again)

    def _look_again(self) -> None:
        """Count those no more that have been at it for long."""
        self._looks_again = False
        long_ago = asyncio.get_running_loop().time() - self._patience
        for jobs in [jobs for jobs, began in self._busy.items() if began <= long_ago]:
            del self._busy[jobs]
        self._go_on()

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
        """Give the end of a thread's work to who waits for it, and the thread to who comes next."""
        self._busy.pop(jobs, None)
        self._idle.append(jobs)
        if not future.done():
            if error is None:
                future.set_result(result)
            else:
                future.set_exception(error)
        self._go_on()


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
