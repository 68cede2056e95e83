"""``manage.py complete_catalog``: compute what a new release adds to rows of the catalog."""

from typing import Any

from catalog.images.files import complete_images
from catalog.services import (
    complete_highest_prices,
    complete_name_keys,
    complete_translated_name_keys,
    follow_spellings,
    follow_variants,
)
from shop.engine import lift_statement_timeout
from shop.management.base import ShopCommand


class Command(ShopCommand):
    """Completes the rows of products that an older release has written."""

    help = (
        "Computes what an older release did not store: the sort keys of names, the option values "
        "and the highest prices of products with variants, the spellings of brands and tags, and "
        "the sizes and placeholders of images. The worker runs it once an hour. A second "
        "run changes nothing."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        """Complete, and print the numbers."""
        lift_statement_timeout()
        keys = complete_name_keys() + complete_translated_name_keys()
        self.stdout.write(f"{keys} sort keys of names computed")
        self.stdout.write(f"{follow_variants()} products with other option values")
        self.stdout.write(f"{complete_highest_prices()} products with other highest prices")
        self.stdout.write(f"{follow_spellings()} spellings of brands and tags")
        self.stdout.write(f"{complete_images()} images completed")
