"""``manage.py update_collections``: find the products of collections with a rule."""

from typing import Any

from catalog.services import update_collections
from shop.engine import lift_statement_timeout
from shop.management.base import ShopCommand


class Command(ShopCommand):
    """Follows the rules of collections after changes of the catalog."""

    help = (
        "Finds the products of collections with a rule again if the catalog has changed. The "
        "worker runs it at each interval."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        """Print how many products were added or removed."""
        lift_statement_timeout()
        self.stdout.write(f"{update_collections()} products added to collections or removed")
