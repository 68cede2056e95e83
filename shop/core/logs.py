"""Logs: one JSON object a line, written to stderr by a thread of its own, off the requests' path.

A request waits for no terminal, pipe or disk: it leaves its record in a queue. A process that is
killed loses what is still in there, a twentieth of a second's worth; one that ends writes it all.
"""

import json
import logging
import os
import sys
import time
from contextlib import suppress
from contextvars import ContextVar
from datetime import UTC, datetime
from multiprocessing.util import Finalize
from queue import SimpleQueue
from threading import Thread

_PAUSE = 0.05
_AT_ONCE = 500
_AT_MOST = 10_000

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


class BackgroundHandler(logging.Handler):
    """Leaves records to a thread that writes them, many at a time.

    The thread starts with a process's first record: the process may have been forked since.
    """

    def __init__(self) -> None:
        """Start nothing yet."""
        super().__init__()
        self._records: SimpleQueue[logging.LogRecord | None] = SimpleQueue()
        self._writer_of = 0

    def emit(self, record: logging.LogRecord) -> None:
        """Settle what only the caller's thread can say, and leave the record to the writer.

        A console that takes nothing any more loses lines, and costs no memory without end.
        """
        try:
            record.msg, record.args = record.getMessage(), None
        except (TypeError, ValueError):  # a mistake in a log call is no request's misfortune
            self.handleError(record)
            return
        record.request_id = request_id.get()
        if self._writer_of != os.getpid():
            self._start_writer()
        if self._records.qsize() < _AT_MOST:
            self._records.put(record)

    def _start_writer(self) -> None:
        """Start the thread; the handler's own lock is held."""
        self._records = SimpleQueue()  # what a parent left there, the parent writes
        writer = Thread(
            target=self._write, args=(self._records,), name=f"log {id(self)}", daemon=True
        )
        writer.start()
        # Not atexit, which a worker forked by multiprocessing never comes to.
        Finalize(None, self._finish, args=(self._records, writer), exitpriority=0)
        self._writer_of = os.getpid()

    def _write(self, records: SimpleQueue[logging.LogRecord | None]) -> None:
        """Write until a None comes; a pause lets more gather, so that one write serves them all."""
        while (record := records.get()) is not None:
            time.sleep(_PAUSE)
            lines = [self.format(record)]
            while not records.empty() and len(lines) < _AT_ONCE:
                record = records.get()
                if record is None:
                    records.put(None)
                    break
                lines.append(self.format(record))
            with suppress(OSError, ValueError):  # nobody reads it any more
                sys.stderr.write("\n".join(lines) + "\n")
                sys.stderr.flush()

    @staticmethod
    def _finish(records: SimpleQueue[logging.LogRecord | None], writer: Thread) -> None:
        records.put(None)
        writer.join(timeout=5)
