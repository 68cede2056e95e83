"""``manage.py audit``: check the invariants of the database."""

from typing import Any

from django.core.management.base import CommandError

from shop.engine import lift_statement_timeout
from shop.management.audit.checks import CHECKS
from shop.management.base import ShopCommand


class Command(ShopCommand):
    """Prints a line for each breach of an invariant. Reads only."""

    help = (
        "Checks that stock, carts, orders, payments and names in the database are consistent. "
        "Prints a line for each breach, and exits with 1 if there is one. Changes nothing."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        """Run every check. Raises CommandError at the end if there are breaches."""
        lift_statement_timeout()
        breaches = 0
        for check in CHECKS:
            for line in check():
                self.stdout.write(f"{check.__name__}: {line}")
                breaches += 1
        if breaches:
            raise CommandError(f"{breaches} breaches in {len(CHECKS)} checks")
        self.stdout.write(f"audit: {len(CHECKS)} checks, no breach")
