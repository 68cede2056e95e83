"""``manage.py settle_payments``: update open payments."""

from typing import Any

from payments.jobs import settle_payments
from shop.management.base import ShopCommand


class Command(ShopCommand):
    """Asks the gateways for the state of open payments."""

    help = "Asks the gateways for the state of open payments, and refunds late payments."

    def handle(self, *args: Any, **options: Any) -> None:
        """Settle the payments, and print their number."""
        self.stdout.write(f"{settle_payments()} payments settled")
