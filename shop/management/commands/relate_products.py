"""``manage.py relate_products``: find the related products of each product."""

from typing import Any

from catalog.services import relate_products
from orders.bought_together import bought_together, ordered_lately
from shop.engine import lift_statement_timeout
from shop.management.base import ShopCommand


class Command(ShopCommand):
    """Finds related products by orders, categories, brands and attributes."""

    help = (
        "Finds which products were bought together in the last 90 days, and similar ones if these "
        "are too few, at most 20,000 products in a run. The worker runs it once an hour; the next "
        "run continues where it ended."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        """Print for how many products the related ones changed."""
        lift_statement_timeout()
        changed = relate_products(bought_together, ordered_lately())
        self.stdout.write(f"{changed} products with other related products")
