"""``manage.py cleanup``."""

from argparse import ArgumentParser
from collections.abc import Callable
from typing import Any

from django.core.management import call_command
from django.core.management.base import BaseCommand

from accounts.tokens import forget_expired_tokens
from catalog.images.files import delete_orphans
from shop.core.deliveries import forget_done_deliveries
from shop.core.idempotency import forget_old_keys
from shop.core.throttling import forget_closed_windows

BATCH = 1000

_SWEPT: dict[str, Callable[[int], int]] = {
    "expired tokens": forget_expired_tokens,
    "idempotency records": forget_old_keys,
    "rate counters": forget_closed_windows,
    "event deliveries": forget_done_deliveries,
}


class Command(BaseCommand):
    """Deletes what is spent, a batch a transaction, so that nobody waits for it."""

    help = (
        "Deletes expired tokens and sessions, closed rate counters, idempotency records over 48 "
        "hours old, event deliveries done over 30 days ago, in batches, and files over a day old "
        "that no picture has."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Add ``--keep-files``."""
        parser.add_argument(
            "--keep-files",
            action="store_true",
            help="Leave the files alone: to find those without a picture takes a list of them all.",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Delete until nothing spent is left, and say how much it was."""
        for name, forget in _SWEPT.items():
            self.stdout.write(f"{_until_none_is_left(forget)} {name} deleted")
        call_command("clearsessions")
        if not options["keep_files"]:
            self.stdout.write(f"{delete_orphans()} files without a picture deleted")


def _until_none_is_left(forget: Callable[[int], int]) -> int:
    gone = 0
    while batch := forget(BATCH):
        gone += batch
    return gone
