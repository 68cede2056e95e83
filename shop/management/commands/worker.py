"""``manage.py worker``: run event handlers, background tasks and scheduled jobs."""

import logging
import os
import signal
import socket
from argparse import ArgumentParser
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from io import StringIO
from threading import Event, Thread
from types import FrameType
from typing import Any

from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import DatabaseError, InterfaceError, close_old_connections, connections

from shop.core import deliveries, jobs, tasks
from shop.management.base import ShopCommand

logger = logging.getLogger("shop.worker")

COMMANDS: dict[str, tuple[str, ...]] = {
    "settle_payments": (),
    "expire_orders": (),
    "rank_products": ("--if-due",),
    "index_products": (),
    "update_collections": (),
    "cleanup": ("--keep-files",),
}
"""The scheduled jobs that run at each interval, with their options."""
RECONCILE_EVERY = timedelta(days=1)
FILES_EVERY = timedelta(hours=1)
"""Between two searches for unused files. Listing a bucket costs money."""
RELATE_EVERY = timedelta(hours=1)
"""Between two runs that find related products."""
COMPLETE_EVERY = timedelta(hours=1)
"""Between two searches for rows that an older release has written."""
EVENTS_EVERY = 1.0
"""Seconds between two searches for new events and tasks."""
_DUE_EVERY = 5.0
"""Seconds between two looks whether a job is due."""
_BEAT_EVERY = 10.0
"""Seconds between two heartbeats."""
_TASK_THREADS = 2
"""Tasks that a worker runs at the same time. Most of their time they wait for another server."""


class Command(ShopCommand):
    """Runs event handlers, tasks and each scheduled job in threads until it is stopped."""

    help = (
        "Runs the handlers of events and the background tasks, such as messages, within a second "
        "or two, and settle_payments, expire_orders, "
        "index_products, rank_products and relate_products (once an hour), update_collections, "
        "cleanup and "
        "reconcile_payments --fix (once a day) at intervals, until SIGTERM or SIGINT. Several "
        "workers may run at the same time: one of them runs a job. Without a worker the jobs are "
        "delayed, not lost."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Add ``--every``, ``--once`` and ``--check``."""
        parser.add_argument(
            "--every",
            type=int,
            default=60,
            metavar="SECONDS",
            help="Interval of the scheduled jobs, and the longest time of a run (60).",
        )
        parser.add_argument(
            "--once",
            action="store_true",
            help="Run what is due once, and exit. 1 if a job failed.",
        )
        parser.add_argument(
            "--check",
            action="store_true",
            help="Exit with 0 if a worker of this host is alive, otherwise with 1.",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Run until stopped. Raises CommandError for a wrong interval or a failure of --once."""
        if options["every"] < 1:
            raise CommandError("--every must be 1 second or more.")
        every = timedelta(seconds=options["every"])
        if options["check"]:
            self._check()
        elif options["once"]:
            self._run_once(_scheduled(every, self.stdout.write))
        else:
            _run_until_stopped(_scheduled(every))

    def _check(self) -> None:
        if not jobs.is_alive(_host()):
            raise CommandError("No worker of this host is alive: start manage.py worker.")
        self.stdout.write("A worker of this host is alive.")

    def _run_once(self, scheduled: list[jobs.Job]) -> None:
        """Run each job that no other worker runs, without a time limit, then handlers and tasks."""
        name = _name()
        failed = [job.name for job in scheduled if jobs.run(job, worker=name, stop=None) is False]
        handled = _handle_events(Event())
        self.stdout.write(f"{tasks.run_tasks(name, Event())} tasks run")
        self.stdout.write(f"{handled} event handlers run")
        if failed:
            raise CommandError(f"Failed: {', '.join(failed)}. The log has the reason.")


def _scheduled(every: timedelta, write: Callable[[str], object] = len) -> list[jobs.Job]:
    """Return the jobs of the shop. ``write`` gets what they print; the log has it in any case."""

    def call(*command: str) -> str:
        printed = StringIO()
        call_command(*command, stdout=printed)
        write(printed.getvalue())
        return ", ".join(printed.getvalue().splitlines())

    found = [
        jobs.Job(name, partial(call, name, *arguments), every)
        for name, arguments in COMMANDS.items()
    ]
    reconcile = partial(call, "reconcile_payments", "--fix")
    return [
        *found,
        jobs.Job("cleanup_files", partial(call, "cleanup"), FILES_EVERY),
        jobs.Job("complete_catalog", partial(call, "complete_catalog"), COMPLETE_EVERY),
        jobs.Job("relate_products", partial(call, "relate_products"), RELATE_EVERY),
        jobs.Job("reconcile_payments", reconcile, RECONCILE_EVERY, costly=True),
    ]


def _run_until_stopped(scheduled: list[jobs.Job]) -> None:
    """Run until a signal. Raises CommandError if a thread ends before, so that all is restarted."""
    stop, name = _stop_on_signals(), _name()
    runs = [partial(jobs.run, job, worker=name, stop=stop) for job in scheduled]
    threads = [
        _start(stop, EVENTS_EVERY, partial(_handle_events, stop)),
        *(
            _start(stop, EVENTS_EVERY, partial(tasks.run_tasks, name, stop))
            for _ in range(_TASK_THREADS)
        ),
        *(_start(stop, _DUE_EVERY, run) for run in runs),
    ]
    while not stop.is_set() and all(thread.is_alive() for thread in threads):
        _try(partial(jobs.beat, name))
        stop.wait(_BEAT_EVERY)
    was_stopped = stop.is_set()
    stop.set()
    for thread in threads:
        thread.join()
    _try(partial(jobs.leave, name))
    connections.close_all()
    if not was_stopped:
        raise CommandError("A thread of the worker has ended. The log has the reason.")


def _start(stop: Event, every: float, work: Callable[[], object]) -> Thread:
    thread = Thread(target=_repeat, args=(stop, every, work))
    thread.start()
    return thread


def _repeat(stop: Event, every: float, work: Callable[[], object]) -> None:
    """Run ``work`` at intervals of ``every`` seconds until ``stop`` is set. Log exceptions."""
    while not stop.is_set():
        _try(work)
        close_old_connections()
        stop.wait(every)
    connections.close_all()


def _try(work: Callable[[], object]) -> None:
    """Call ``work``, and log its exception."""
    try:
        work()
    except (DatabaseError, InterfaceError) as error:
        # No traceback: the database is unavailable, and the next run tries again.
        logger.error("the database failed a run: %s", " ".join(str(error).split()))  # noqa: TRY400
        connections.close_all()
    except Exception:
        logger.exception("a run failed")


def _handle_events(stop: Event) -> int:
    """Run the handlers that are due, until ``stop`` is set; return their number.

    Then enqueue the tasks that are due, also those of the messages that the handlers created.
    """
    deliveries.give_up_interrupted()
    while deliveries.dispatch() and not stop.is_set():
        pass
    run = 0
    while not stop.is_set() and deliveries.deliver_next():
        run += 1
    tasks.enqueue_due()
    return run


def _stop_on_signals() -> Event:
    stop = Event()

    def set_stop(signum: int, frame: FrameType | None) -> None:
        stop.set()

    signal.signal(signal.SIGTERM, set_stop)
    signal.signal(signal.SIGINT, set_stop)
    return stop


def _host() -> str:
    return socket.gethostname()[:80]


def _name() -> str:
    """Return the name of this worker: host and process id."""
    return f"{_host()}:{os.getpid()}"
