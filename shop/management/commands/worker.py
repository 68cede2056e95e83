"""``manage.py worker``: run event handlers and scheduled jobs."""

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
"""Seconds between two searches for unused files. Listing a bucket costs money."""
EVENTS_EVERY = 1.0
"""Seconds between two searches for new events."""


class Command(BaseCommand):
    """Runs event handlers in one thread and scheduled jobs in another until it is stopped."""

    help = (
        "Runs the handlers of events within a second or two, and settle_payments, expire_orders, "
        "rank_products (once an hour) and cleanup at intervals, until SIGTERM or SIGINT. Several "
        "workers may run at the same time. Without a worker the jobs are delayed, not lost."
    )

    _files_due = 0.0

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Add ``--every`` and ``--once``."""
        parser.add_argument(
            "--every",
            type=int,
            default=60,
            metavar="SECONDS",
            help="Interval of the scheduled jobs (60).",
        )
        parser.add_argument(
            "--once",
            action="store_true",
            help="Run the jobs and the handlers that are due once, and exit.",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Run until stopped. Raises CommandError for a wrong interval."""
        if options["every"] < 1:
            raise CommandError("--every must be 1 second or more.")
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
    """Run the handlers that are due, until ``stop`` is set; return their number."""
    deliveries.give_up_interrupted()
    while deliveries.dispatch() and not stop.is_set():
        pass
    run = 0
    while not stop.is_set() and deliveries.deliver_next():
        run += 1
    return run


def _repeat(stop: Event, every: float, work: Callable[[], object]) -> None:
    """Run ``work`` at intervals of ``every`` seconds until ``stop`` is set. Log exceptions."""
    while not stop.is_set():
        try:
            work()
        except (DatabaseError, InterfaceError) as error:
            # No traceback: the database is unavailable, and the next run tries again.
            logger.error("the database failed a run: %s", " ".join(str(error).split()))  # noqa: TRY400
            connections.close_all()
        except Exception:
            logger.exception("a run failed")
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
