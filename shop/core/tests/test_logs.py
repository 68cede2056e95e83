"""The log and its background thread."""

import json
import logging
import os
import sys
import threading
from io import StringIO

import pytest

from shop.core import logs
from shop.core.logs import JsonFormatter, QueueLogHandler, request_id
from shop.testing.marks import on_one_database

pytestmark = on_one_database


class Interrupted(StringIO):
    """A console that fails at first, and later works."""

    broken = True

    def __init__(self):
        super().__init__()
        self.failed = threading.Event()

    def write(self, text):
        if self.broken:
            self.failed.set()
            raise ValueError("I/O operation on closed file.")
        return super().write(text)


@pytest.fixture
def handler():
    handler = QueueLogHandler()
    handler.setFormatter(JsonFormatter())
    return handler


def record(message, *args, **more):
    made = logging.LogRecord("shop.tests", logging.WARNING, __file__, 1, message, args, None)
    made.__dict__.update(more)
    return made


@pytest.fixture
def finish(monkeypatch):
    """Write everything, as the process does at its end."""
    finishes = []
    monkeypatch.setattr(logs, "Finalize", lambda _, finish, **__: finishes.append(finish))

    def finish():
        [finish] = finishes
        finish()

    return finish


def test_a_record_is_a_line_with_request_id_and_facts(handler, finish, monkeypatch):
    console = StringIO()
    monkeypatch.setattr(sys, "stderr", console)
    mark = request_id.set("r-1")
    handler.handle(record("%s went", "it", facts={"status": 200}))
    request_id.reset(mark)
    try:
        raise ValueError("two\nlines")
    except ValueError:
        handler.handle(record("failed", exc_info=sys.exc_info()))
    finish()
    first, second = [json.loads(line) for line in console.getvalue().splitlines()]
    assert (first["message"], first["status"], first["request_id"]) == ("it went", 200, "r-1")
    assert (first["level"], first["logger"], first["time"][-6:]) == (
        "WARNING",
        "shop.tests",
        "+00:00",
    )
    assert second["traceback"].endswith("ValueError: two\nlines")
    assert "request_id" not in second


def test_logging_continues_after_a_write_error(handler, finish, monkeypatch):
    console = Interrupted()
    monkeypatch.setattr(sys, "stderr", console)
    handler.handle(record("lost"))
    assert console.failed.wait(60)
    console.broken = False
    handler.handle(record("kept"))
    finish()
    assert json.loads(console.getvalue())["message"] == "kept"


def test_the_queue_is_limited(handler, monkeypatch):
    monkeypatch.setattr(logs, "_MAX_QUEUE", 3)
    monkeypatch.setattr(handler, "_process", os.getpid())  # without a thread behind it
    for _ in range(5):
        handler.handle(record("waits"))
    assert handler.queue.qsize() == 3


def test_an_invalid_log_call_is_ignored(handler, finish, monkeypatch):
    console = StringIO()
    monkeypatch.setattr(sys, "stderr", console)
    monkeypatch.setattr(logging, "raiseExceptions", False)
    handler.handle(record("%d", "no number"))
    finish()
    assert console.getvalue() == ""


def test_logging_continues_after_a_record_that_cannot_be_formatted(handler, finish, monkeypatch):
    console = StringIO()
    monkeypatch.setattr(sys, "stderr", console)
    monkeypatch.setattr(logging, "raiseExceptions", False)
    monkeypatch.setattr(threading, "excepthook", lambda _: None)
    handler.handle(record("invalid", facts={"prices": {(1, 2): 3}}))
    handler.handle(record("valid"))
    finish()
    assert json.loads(console.getvalue())["message"] == "valid"
