"""``manage.py settle_payments``."""

from typing import Any

from django.core.management.base import BaseCommand

from payments.jobs import settle_payments


class Command(BaseCommand):
    """Asks the gateways what became of open payments."""

    help = "Asks the gateways what became of open payments, and gives late money back."

    def handle(self, *args: Any, **options: Any) -> None:
        """Do it once, and say how many."""
        self.stdout.write(f"{settle_payments()} payments settled")
