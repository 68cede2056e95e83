"""Logs: one JSON object a line, written to stderr by a thread of its own, off the requests' path.

A request waits for no terminal, pipe or disk: it leaves its record in a queue. A process that is
killed loses what is still in there, some milliseconds' worth; one that ends writes it all.
"""

import atexit
import json
import logging
import os
from contextvars import ContextVar
from datetime import UTC, datetime
from logging.handlers import QueueHandler, QueueListener
from queue import SimpleQueue
from threading import Lock

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


class BackgroundHandler(QueueHandler):
    """Hands records to a thread that writes them; the thread starts with a process's first one."""

    def __init__(self) -> None:
        """Start nothing yet: the process may still fork."""
        self._records: SimpleQueue[logging.LogRecord] = SimpleQueue()
        super().__init__(self._records)
        self._writer_of = 0
        self._starting = Lock()

    def prepare(self, record: logging.LogRecord) -> logging.LogRecord:
        """Settle what only the caller's thread can say: the words, and which request it is."""
        record.msg, record.args = record.getMessage(), None
        record.request_id = request_id.get()
        return record

    def enqueue(self, record: logging.LogRecord) -> None:
        """Leave the record for the writer."""
        if self._writer_of != os.getpid():
            self._start_writer()
        self._records.put_nowait(record)

    def _start_writer(self) -> None:
        with self._starting:
            if self._writer_of == os.getpid():
                return
            console = logging.StreamHandler()
            console.setFormatter(self.formatter)
            listener = QueueListener(self._records, console)
            listener.start()
            atexit.register(listener.stop)
            self._writer_of = os.getpid()
