"""``manage.py rank_products``."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from catalog.services import is_ranking_due, rank_products
from shop.engine import lift_statement_timeout


class Command(BaseCommand):
    """Counts what sells best."""

    help = (
        "Counts what each product sold in the last 90 days, which lists are ordered by as "
        "best_selling. The sweep does it once an hour."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Add ``--if-due``."""
        parser.add_argument(
            "--if-due", action="store_true", help="Only if an hour has passed since the last time."
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Count, and say for how many products it changed."""
        lift_statement_timeout()
        if options["if_due"] and not is_ranking_due():
            return
        self.stdout.write(f"{rank_products()} products ranked anew")
