"""Logs: one JSON object a line, written to stderr by a thread of its own.

A request does not wait for a terminal, a pipe or a disk: it puts its record into a queue. A process
that is killed loses what the queue still holds, a twentieth of a second's worth; one that ends
writes it.
"""

import json
import logging
import os
import sys
import time
from contextlib import suppress
from contextvars import ContextVar
from datetime import UTC, datetime
from logging.handlers import QueueHandler, QueueListener
from multiprocessing.util import Finalize
from queue import SimpleQueue
from threading import Event

_PAUSE = 0.05
_MAX_QUEUE = 10_000
_MAX_LINES = 500

request_id: ContextVar[str] = ContextVar("request_id", default="")
"""The id of the request that this thread works on; every line about it bears it."""


class JsonFormatter(logging.Formatter):
    """A record as one line of JSON: time (ISO 8601, UTC), level, logger, message, and its facts."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line; a traceback is a member of it, so that it stays one line."""
        time = datetime.fromtimestamp(record.created, UTC)
        line = {
            "time": time.isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
        }
        if about := getattr(record, "request_id", ""):
            line["request_id"] = about
        line.update(getattr(record, "facts", {}))
        if record.exc_info:
            line["traceback"] = self.formatException(record.exc_info)
        return json.dumps(line, default=str)


class QueueLogHandler(QueueHandler):
    """Puts records into a queue, from which a thread writes them to stderr.

    The thread starts with the first record of a process, which may have been forked.
    """

    def __init__(self) -> None:
        """Start nothing yet."""
        self._records: SimpleQueue[logging.LogRecord] = SimpleQueue()
        super().__init__(self._records)
        self._process = 0

    def emit(self, record: logging.LogRecord) -> None:
        """Put the record into the queue, with a thread behind it."""
        if self._process != os.getpid():
            self._start()
        super().emit(record)

    def prepare(self, record: logging.LogRecord) -> logging.LogRecord:
        """Return the record with what only the caller's thread knows."""
        record.msg, record.args = record.getMessage(), None
        record.request_id = request_id.get()
        return record

    def enqueue(self, record: logging.LogRecord) -> None:
        """Put the record into the queue; drop it if the console takes none any more."""
        if self._records.qsize() < _MAX_QUEUE:
            self._records.put_nowait(record)

    def _start(self) -> None:
        self.queue = self._records = SimpleQueue()  # the parent process writes what is in its own
        console = _Console()
        console.setFormatter(self.formatter)
        listener = _Listener(self._records, console)
        listener.start()
        # Not atexit, which does not run in a worker that multiprocessing forked.
        Finalize(None, listener.finish, exitpriority=0)
        self._process = os.getpid()


class _Listener(QueueListener):
    """Writes many records at a time, so that its thread does not wake for each of them."""

    def __init__(self, records: SimpleQueue[logging.LogRecord], console: logging.Handler) -> None:
        super().__init__(records, console)
        self._records = records
        self._console = console
        self._finished = Event()

    def dequeue(self, block: bool) -> logging.LogRecord:  # noqa: FBT001 - as the library has it
        """Write the records so far if there are no more, and return the next one."""
        waits = self._records.empty()
        if waits:
            self._console.flush()
        record = super().dequeue(block)
        if record is None:  # what finish() puts there
            self._console.flush()
            self._finished.set()
        elif waits:
            time.sleep(_PAUSE)
        return record

    def finish(self) -> None:
        """Write what is in the queue, for at most five seconds."""
        self.enqueue_sentinel()
        self._finished.wait(5)


class _Console(logging.Handler):
    """Writes to stderr, many lines at a time."""

    def __init__(self) -> None:
        super().__init__()
        self._lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        """Keep the record's line until there are many, or until ``flush``."""
        self._lines.append(self.format(record))
        if len(self._lines) >= _MAX_LINES:
            self.flush()

    def flush(self) -> None:
        """Write the lines. They are lost if stderr is gone."""
        lines, self._lines = self._lines, []
        if lines:
            with suppress(OSError, ValueError):
                sys.stderr.write("\n".join(lines) + "\n")
                sys.stderr.flush()
