"""``manage.py index_products``: update the words by which searches find products."""

from argparse import ArgumentParser
from typing import Any

from catalog.services import index_all, index_outdated
from shop.engine import lift_statement_timeout
from shop.management.base import ShopCommand


class Command(ShopCommand):
    """Indexes products for the full-text search."""

    help = (
        "Indexes products that have no words for the full-text search, or outdated ones: those "
        "that an earlier release wrote, and those of a category that was renamed or moved. All "
        "other changes are indexed when they are written. The worker runs it at its interval."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Add ``--all``."""
        parser.add_argument(
            "--all",
            action="store_true",
            help="Index all products, such as after a change of SHOP_LANGUAGES, and forget words "
            "that no product has any more.",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Index, and print the number of products."""
        lift_statement_timeout()
        number = index_all() if options["all"] else index_outdated()
        self.stdout.write(f"{number} products indexed")
