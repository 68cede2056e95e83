"""``manage.py rank_products``: update the sort order best_selling."""

from argparse import ArgumentParser
from typing import Any

from catalog.services import is_ranking_due, rank_products
from shop.engine import lift_statement_timeout
from shop.management.base import ShopCommand


class Command(ShopCommand):
    """Counts the sales of each product."""

    help = (
        "Counts the units of each product that were sold in the last 90 days, for the sort order "
        "best_selling. The worker runs it once an hour."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Add ``--if-due``."""
        parser.add_argument(
            "--if-due", action="store_true", help="Do nothing within an hour of the last run."
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Count, and print the number of products whose count has changed."""
        lift_statement_timeout()
        if options["if_due"] and not is_ranking_due():
            return
        self.stdout.write(f"{rank_products()} products ranked")
