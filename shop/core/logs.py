"""Logs: one JSON object per line, written to stderr by a background thread.

A request puts its records into a queue, so that it does not wait for a terminal, a pipe or a disk.
A process writes the queue when it ends. A process that is killed loses the records of the last 0.05
seconds.
"""

import json
import logging
import os
import sys
import time
import traceback
from contextlib import suppress
from contextvars import ContextVar
from datetime import UTC, datetime
from logging.handlers import QueueHandler, QueueListener
from multiprocessing.util import Finalize
from queue import SimpleQueue
from threading import Event
from typing import Any

import orjson

_PAUSE = 0.05
_MAX_QUEUE = 10_000
_MAX_LINES = 500

# To find them out takes longer than the rest of a record, and no line shows them.
logging.logThreads = logging.logProcesses = logging.logMultiprocessing = False

request_id: ContextVar[str] = ContextVar("request_id", default="")
"""The id of the request that the current thread processes; its log records contain it."""

context: ContextVar[dict[str, Any] | None] = ContextVar("context", default=None)
"""Further facts of each log record, such as ``order_id`` (``shop.core.tracing``).

A name that begins with an underscore is not logged.
"""


class JsonFormatter(logging.Formatter):
    """Formats a record as a line of JSON: time (ISO 8601, UTC), level, logger, message, facts."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line. A traceback is a member, so that it stays on the same line."""
        time = datetime.fromtimestamp(record.created, UTC)
        line = {
            "time": time.isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
        }
        if id_ := getattr(record, "request_id", ""):
            line["request_id"] = id_
        line.update(getattr(record, "context", {}))
        line.update(getattr(record, "facts", {}))
        if record.exc_info:
            line["traceback"] = self.formatException(record.exc_info)
        try:
            return orjson.dumps(line, default=str).decode()
        except TypeError:  # half of a surrogate pair, or an integer of more than 64 bits
            return json.dumps(line, default=str)


class QueueLogHandler(QueueHandler):
    """Puts records into a queue, from which a thread writes them to stderr.

    The thread starts with the first record of each process, including forked processes.
    """

    def __init__(self) -> None:
        """Do not start the thread yet."""
        self._records: SimpleQueue[logging.LogRecord] = SimpleQueue()
        super().__init__(self._records)
        self._process = 0

    def emit(self, record: logging.LogRecord) -> None:
        """Put the record into the queue. Start the thread if this process has none."""
        if self._process != os.getpid():
            self._start()
        super().emit(record)

    def prepare(self, record: logging.LogRecord) -> logging.LogRecord:
        """Add the formatted message, the request id and the facts, which only this thread knows."""
        record.msg, record.args = record.getMessage(), None
        record.request_id = request_id.get()
        facts = context.get() or {}
        record.context = {name: fact for name, fact in facts.items() if name[0] != "_"}
        return record

    def enqueue(self, record: logging.LogRecord) -> None:
        """Put the record into the queue without waiting.

        The record is dropped if the queue is full, which happens while writes to stderr block.
        """
        if self._records.qsize() < _MAX_QUEUE:
            self._records.put_nowait(record)

    def _start(self) -> None:
        self.queue = self._records = SimpleQueue()  # the parent process writes its own queue
        console = _Console()
        console.setFormatter(self.formatter)
        listener = _Listener(self._records, console)
        listener.start()
        # atexit does not run in a worker that multiprocessing has forked.
        Finalize(None, listener.finish, exitpriority=0)
        self._process = os.getpid()


class _Listener(QueueListener):
    """Writes several records at a time, so that its thread does not wake up for each."""

    def __init__(self, records: SimpleQueue[logging.LogRecord], console: logging.Handler) -> None:
        super().__init__(records, console)
        self._records = records
        self._console = console
        self._finished = Event()

    def dequeue(self, block: bool) -> logging.LogRecord:  # noqa: FBT001 - the library's signature
        """Return the next record. If there is none yet, write the lines and wait for it."""
        waits = self._records.empty()
        if waits:
            self._console.flush()
        record = super().dequeue(block)
        if record is None:  # the sentinel of finish()
            self._console.flush()
            self._finished.set()
        elif waits:
            time.sleep(_PAUSE)
        return record

    def finish(self) -> None:
        """Write the queue, for five seconds at most."""
        self.enqueue_sentinel()
        self._finished.wait(5)


class _Console(logging.Handler):
    """Writes to stderr, many lines at a time."""

    def __init__(self) -> None:
        super().__init__()
        self._lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        """Keep the line of the record until there are many, or until ``flush``."""
        try:
            self._lines.append(self.format(record))
        except Exception:  # noqa: BLE001 - otherwise the thread would end, and with it the log
            self.handleError(record)
        if len(self._lines) >= _MAX_LINES:
            self.flush()

    def flush(self) -> None:
        """Write the lines. They are lost if stderr is closed."""
        lines, self._lines = self._lines, []
        if lines:
            with suppress(OSError, ValueError):
                sys.stderr.write("\n".join(lines) + "\n")
                sys.stderr.flush()


def place_of(error: BaseException) -> str:
    """Return the class and the place of an exception, whose message might contain an address."""
    place = traceback.extract_tb(error.__traceback__)[-1]
    return f"{type(error).__name__} in {place.name}, line {place.lineno}"[:200]
