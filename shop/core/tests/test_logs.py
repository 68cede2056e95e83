"""The log's thread: what it writes, and what it survives."""

import json
import logging
import sys
import threading
from io import StringIO

import pytest

from shop.core.logs import BackgroundHandler, JsonFormatter, request_id


class Broken:
    def __init__(self, tried):
        self.tried = tried

    def write(self, text):
        self.tried.set()
        raise BrokenPipeError


@pytest.fixture
def handler():
    handler = BackgroundHandler()
    handler.setFormatter(JsonFormatter())
    return handler


def record(message, *args, **more):
    made = logging.LogRecord("shop.tests", logging.WARNING, __file__, 1, message, args, None)
    made.__dict__.update(more)
    return made


def finish(handler):
    """Let the writer write everything, as the process does at its end."""
    (writer,) = [t for t in threading.enumerate() if t.name == f"log {id(handler)}"]
    handler._finish(handler._records, writer)


def test_a_record_is_a_line_with_its_request_and_facts(handler, monkeypatch):
    console = StringIO()
    monkeypatch.setattr(sys, "stderr", console)
    mark = request_id.set("r-1")
    handler.handle(record("%s went", "it", facts={"status": 200}))
    request_id.reset(mark)
    try:
        raise ValueError("two\nlines")
    except ValueError:
        handler.handle(record("failed", exc_info=sys.exc_info()))
    finish(handler)
    first, second = [json.loads(line) for line in console.getvalue().splitlines()]
    assert (first["message"], first["status"], first["request_id"]) == ("it went", 200, "r-1")
    assert (first["level"], first["logger"], first["time"][-6:]) == (
        "WARNING",
        "shop.tests",
        "+00:00",
    )
    assert second["traceback"].endswith("ValueError: two\nlines")
    assert "request_id" not in second


def test_a_console_that_is_gone_stops_nothing(handler, monkeypatch):
    tried = threading.Event()
    monkeypatch.setattr(sys, "stderr", Broken(tried))
    handler.handle(record("lost"))
    tried.wait(10)
    console = StringIO()
    monkeypatch.setattr(sys, "stderr", console)
    handler.handle(record("kept"))
    finish(handler)
    assert json.loads(console.getvalue())["message"] == "kept"


def test_a_mistake_in_a_log_call_is_nobodys_misfortune(handler, monkeypatch):
    monkeypatch.setattr(logging, "raiseExceptions", False)
    handler.handle(record("%d", "no number"))
    assert handler._records.qsize() == 0
