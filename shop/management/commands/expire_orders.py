"""``manage.py expire_orders``."""

from typing import Any

from django.core.management.base import BaseCommand

from payments.jobs import expire_orders


class Command(BaseCommand):
    """Cancels orders that were not paid in time."""

    help = "Cancels orders that were not paid in time, and returns their stock."

    def handle(self, *args: Any, **options: Any) -> None:
        """Do it once, and say how many."""
        self.stdout.write(f"{expire_orders()} orders expired")
