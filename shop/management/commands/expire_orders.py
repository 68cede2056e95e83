"""``manage.py expire_orders``: cancel unpaid orders."""

from typing import Any

from payments.jobs import expire_orders
from shop.management.base import ShopCommand


class Command(ShopCommand):
    """Cancels orders that were not paid within their payment window."""

    help = "Cancels orders that were not paid within their payment window, and restores the stock."

    def handle(self, *args: Any, **options: Any) -> None:
        """Cancel the orders, and print their number."""
        self.stdout.write(f"{expire_orders()} orders expired")
