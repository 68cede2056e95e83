"""``manage.py sweep``: the periodic work, again and again."""

import logging
import signal
import time
from argparse import ArgumentParser
from threading import Event
from types import FrameType
from typing import Any

from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError, InterfaceError, connections

logger = logging.getLogger("shop.sweep")

WORK: tuple[tuple[str, ...], ...] = (
    ("settle_payments",),
    ("expire_orders",),
    ("rank_products", "--if-due"),
)
FILES_EVERY = 3600.0
"""Seconds from one list of all files to the next; a bucket takes money for each."""


class Command(BaseCommand):
    """Settles payments, expires orders, cleans up and ranks, until it is told to stop."""

    help = (
        "Does settle_payments, expire_orders and cleanup, every so many seconds, and rank_products "
        "once an hour, until SIGTERM or SIGINT. Any number may run at once; nothing is wrong while "
        "none does."
    )

    _files_due = 0.0

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Add ``--every`` and ``--once``."""
        parser.add_argument("--every", type=int, default=60, metavar="SECONDS")
        parser.add_argument("--once", action="store_true", help="Do a single round.")

    def handle(self, *args: Any, **options: Any) -> None:
        """Do rounds; a round that the database fails is tried again next time."""
        if options["every"] < 1:
            raise CommandError("--every is seconds: 1 or more.")
        if options["once"]:
            self._do_round()
            return
        stop = _listen_for_the_end()
        while not stop.is_set():
            self._try_round()
            stop.wait(options["every"])

    def _do_round(self) -> None:
        for command in (*WORK, self._cleanup()):
            call_command(*command, stdout=self.stdout)

    def _cleanup(self) -> tuple[str, ...]:
        now = time.monotonic()
        if now < self._files_due:
            return ("cleanup", "--keep-files")
        self._files_due = now + FILES_EVERY
        return ("cleanup",)

    def _try_round(self) -> None:
        try:
            self._do_round()
        except (DatabaseError, InterfaceError) as error:
            # One line: the database is away, and the next round will see it again.
            logger.error("the database failed a round: %s", " ".join(str(error).split()))  # noqa: TRY400
        finally:
            connections.close_all()


def _listen_for_the_end() -> Event:
    stop = Event()

    def set_stop(signum: int, frame: FrameType | None) -> None:
        stop.set()

    signal.signal(signal.SIGTERM, set_stop)
    signal.signal(signal.SIGINT, set_stop)
    return stop
