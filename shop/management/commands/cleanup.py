"""``manage.py cleanup``: delete expired rows and unused files."""

from argparse import ArgumentParser
from collections.abc import Callable
from typing import Any

from django.core.management import call_command

from accounts.services.email_changes import delete_old_email_changes
from accounts.tokens import forget_expired_tokens
from cart.deletion import delete_carts_of_deleted_accounts, delete_old_carts
from catalog.exchange.uploads import delete_expired
from catalog.images.files import delete_orphans
from shop.core.deliveries import delete_done_deliveries
from shop.core.idempotency import delete_old_keys
from shop.core.jobs import is_time_over
from shop.core.tasks import delete_finished
from shop.core.throttling import delete_ended_windows
from shop.integrations.sending import delete_old_deliveries
from shop.mail.sending import delete_old_messages
from shop.management.base import ShopCommand

BATCH = 1000

_DELETIONS: dict[str, Callable[[int], int]] = {
    "expired tokens": forget_expired_tokens,
    "changes of e-mail addresses": delete_old_email_changes,
    "carts of deleted accounts": delete_carts_of_deleted_accounts,
    "old carts": delete_old_carts,
    "idempotency records": delete_old_keys,
    "rate counters": delete_ended_windows,
    "event deliveries": delete_done_deliveries,
    "tasks": delete_finished,
    "messages": delete_old_messages,
    "webhook deliveries": delete_old_deliveries,
}


class Command(ShopCommand):
    """Deletes expired rows in batches, each in its own transaction, so that locks are short."""

    help = (
        "Deletes expired tokens and sessions, ended rate counters, carts of deleted accounts, "
        "changes of e-mail addresses after 30 days, "
        "carts of guests after 30 days and of users after 180 days without a change, "
        "idempotency records after 48 hours, event deliveries 30 days after they were done, tasks "
        "a day after they ended, messages 180 and webhook deliveries 30 days after they ended, and "
        "files that no image uses, or that no import was confirmed of, after a day."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Add ``--keep-files``."""
        parser.add_argument(
            "--keep-files",
            action="store_true",
            help="Do not delete files. Finding unused ones needs a list of all files.",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Delete everything that has expired, and print the numbers."""
        for name, delete in _DELETIONS.items():
            self.stdout.write(f"{_delete_all(delete)} {name} deleted")
        call_command("clearsessions")
        if not options["keep_files"]:
            self.stdout.write(f"{delete_orphans()} files without an image deleted")
            self.stdout.write(f"{delete_expired()} files of imports deleted")


def _delete_all(delete: Callable[[int], int]) -> int:
    total = 0
    while not is_time_over() and (number := delete(BATCH)):
        total += number
    return total
