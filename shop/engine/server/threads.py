"""The threads that run the WSGI application: few at once, the most recently used first.

Each thread has a database connection, with a server process behind it. The executor of the standard
library uses its threads in turn, so that all of them are used and none has warm caches; here only
as many are used as there are requests at once. More running threads than a few compete for the
interpreter lock, and the slowest requests become slower. A thread that waits for a gateway or a row
lock does not compete, so it does not count.
"""

import asyncio
import weakref
from collections import deque
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from queue import SimpleQueue
from threading import Thread
from typing import Any, TypeVar

R = TypeVar("R")


class ExecutorThreads:
    """Threads of the standard library's executor, with the interface of ThreadScheduler."""

    def __init__(self, most: int) -> None:
        """Start no thread yet; start ``most`` at most."""
        self._executor = ThreadPoolExecutor(most)

    def run(self, work: Callable[[], R]) -> "asyncio.Future[R]":
        """Return the future result of ``work``. Raises RuntimeError if no thread can start."""
        return asyncio.get_running_loop().run_in_executor(self._executor, work)


class ThreadScheduler:
    """Runs ``at_once`` threads at the same time, not counting those that wait. For one event loop.

    A thread that has worked for longer than ``patience``, in seconds, is assumed to wait for
    something else (a gateway, a row lock), and is not counted any more. There are ``at_most``
    threads; they end when the scheduler is deleted.
    """

    def __init__(self, *, at_once: int, at_most: int, patience: float = 0.1) -> None:
        """Start no thread yet: the first work does."""
        self._at_once = at_once
        self._at_most = at_most
        self._patience = patience
        self._started = 0
        self._idle: list[SimpleQueue[Any]] = []
        self._busy: dict[SimpleQueue[Any], float] = {}
        """When each counted thread began, the oldest first."""
        self._waiting: deque[tuple[Callable[[], Any], asyncio.Future[Any]]] = deque()
        self._check_is_scheduled = False
        weakref.finalize(self, _dismiss, self._idle)

    def run(self, work: Callable[[], R]) -> "asyncio.Future[R]":
        """Return the future result of ``work``.

        Work that is cancelled before its turn never starts. Raises RuntimeError if the system
        cannot start a first thread, MemoryError if it has no memory for one.
        """
        future: asyncio.Future[R] = asyncio.get_running_loop().create_future()
        self._waiting.append((work, future))
        try:
            self._dispatch()
        except (RuntimeError, MemoryError):  # of a thread's start
            self._waiting.pop()
            raise
        return future

    def _dispatch(self) -> None:
        """Assign waiting work to threads, while there are any for it."""
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
        if self._waiting and self._busy and not self._check_is_scheduled:
            self._check_is_scheduled = True
            loop.call_at(next(iter(self._busy.values())) + self._patience, self._release_slow)

    def _release_slow(self) -> None:
        """Stop counting the threads that have worked for longer than ``patience``."""
        self._check_is_scheduled = False
        latest = asyncio.get_running_loop().time() - self._patience
        for jobs in [jobs for jobs, began in self._busy.items() if began <= latest]:
            del self._busy[jobs]
        self._dispatch()

    def _start(self) -> None:
        """Start a thread if possible. Raises RuntimeError if it would be the first one."""
        jobs: SimpleQueue[Any] = SimpleQueue()
        # As a daemon: the server has waited for running requests when its process ends.
        name = f"shop {self._started + 1}"
        thread = Thread(target=_serve, args=(jobs,), name=name, daemon=True)
        try:
            thread.start()
        except RuntimeError:  # the system cannot start a thread now
            if not self._started:
                raise
            return
        self._started += 1
        self._idle.append(jobs)

    def finish(
        self, jobs: SimpleQueue[Any], future: "asyncio.Future[Any]", result: Any, error: Any
    ) -> None:
        """Set the result of a thread's work, and give the thread the next work."""
        self._busy.pop(jobs, None)
        self._idle.append(jobs)
        if not future.done():
            if error is None:
                future.set_result(result)
            else:
                future.set_exception(error)
        self._dispatch()


def _serve(jobs: SimpleQueue[Any]) -> None:
    """Process jobs until None is received. Keep no reference to the scheduler while idle."""
    while (job := jobs.get()) is not None:
        threads, work, future = job
        result = error = None
        try:
            result = work()
        except BaseException as raised:  # noqa: BLE001 - it is raised where the result is awaited
            error = raised
        try:
            future.get_loop().call_soon_threadsafe(threads.finish, jobs, future, result, error)
        except RuntimeError:  # the loop is closed
            return
        del job, threads, work, future, result, error


def _dismiss(idle: list[SimpleQueue[Any]]) -> None:
    for jobs in idle:
        jobs.put(None)
