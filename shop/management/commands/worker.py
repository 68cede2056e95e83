"""``manage.py worker``: event handlers, and the scheduled jobs."""

import logging
import signal
import time
from argparse import ArgumentParser
from collections.abc import Callable
from threading import Event, Thread
from types import FrameType
from typing import Any

from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError, InterfaceError, close_old_connections, connections

from shop.core import deliveries

logger = logging.getLogger("shop.worker")

JOBS: tuple[tuple[str, ...], ...] = (
    ("settle_payments",),
    ("expire_orders",),
    ("rank_products", "--if-due"),
)
FILES_EVERY = 3600.0
"""Seconds from one list of all files to the next; a bucket takes money for each."""
EVENTS_EVERY = 1.0
"""Seconds from one look for new events to the next."""


class Command(BaseCommand):
    """Runs event handlers in one thread and scheduled jobs in another until it is stopped."""

    help = (
        "Runs the handlers of events within a second or two, and settle_payments, expire_orders, "
        "rank_products (once an hour) and cleanup every so many seconds, until SIGTERM or SIGINT. "
        "Any number of workers may run at once; nothing is wrong while none does."
    )

    _files_due = 0.0

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Add ``--every`` and ``--once``."""
        parser.add_argument(
            "--every",
            type=int,
            default=60,
            metavar="SECONDS",
            help="Time between two rounds of the scheduled jobs (60).",
        )
        parser.add_argument(
            "--once", action="store_true", help="Run the jobs once, handle what is due, and exit."
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Run until stopped; what the database fails is tried again later."""
        if options["every"] < 1:
            raise CommandError("--every is seconds: 1 or more.")
        if options["once"]:
            self._run_jobs()
            self.stdout.write(f"{_handle_events(Event())} event handlers run")
            return
        stop = _stop_on_signals()
        handlers = Thread(target=_repeat, args=(stop, EVENTS_EVERY, lambda: _handle_events(stop)))
        handlers.start()
        _repeat(stop, options["every"], self._run_jobs)
        handlers.join()

    def _run_jobs(self) -> None:
        for command in (*JOBS, self._cleanup()):
            call_command(*command, stdout=self.stdout)

    def _cleanup(self) -> tuple[str, ...]:
        now = time.monotonic()
        if now < self._files_due:
            return ("cleanup", "--keep-files")
        self._files_due = now + FILES_EVERY
        return ("cleanup",)


def _handle_events(stop: Event) -> int:
    """Run every handler that is due, unless stopped; return how many were run."""
    deliveries.give_up_interrupted()
    while deliveries.dispatch() and not stop.is_set():
        pass
    run = 0
    while not stop.is_set() and deliveries.deliver_next():
        run += 1
    return run


def _repeat(stop: Event, every: float, work: Callable[[], object]) -> None:
    """Do ``work`` every so many seconds until stopped; what fails is logged and tried again."""
    while not stop.is_set():
        try:
            work()
        except (DatabaseError, InterfaceError) as error:
            # One line: the database is away, and the next round will see it again.
            logger.error("the database failed a round: %s", " ".join(str(error).split()))  # noqa: TRY400
            connections.close_all()
        except Exception:
            logger.exception("a round failed")
        close_old_connections()
        stop.wait(every)
    connections.close_all()


def _stop_on_signals() -> Event:
    stop = Event()

    def set_stop(signum: int, frame: FrameType | None) -> None:
        stop.set()

    signal.signal(signal.SIGTERM, set_stop)
    signal.signal(signal.SIGINT, set_stop)
    return stop
