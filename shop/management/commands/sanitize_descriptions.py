"""``manage.py sanitize_descriptions``: sanitize what was written before there was sanitizing."""

from typing import Any

from catalog.services import sanitize_descriptions
from shop.engine import lift_statement_timeout
from shop.management.base import ShopCommand


class Command(ShopCommand):
    """Sanitizes the descriptions of products."""

    help = (
        "Sanitizes the HTML of descriptions that an older release has written, so that searches "
        "find their text only. Responses are sanitized without it. A second run changes nothing."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        """Sanitize, and print the number of products that have changed."""
        lift_statement_timeout()
        self.stdout.write(f"{sanitize_descriptions()} descriptions sanitized")
