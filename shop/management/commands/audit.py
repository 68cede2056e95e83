"""``manage.py audit``: whether the books of the live database balance."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from shop.management import books


class Command(BaseCommand):
    """Prints a line for each breach of an invariant, and exits with 1 if there is one."""

    help = (
        "Checks the books of the live database: stock, carts, orders, payments and names. "
        "Prints a line for each breach and exits with 1 if there is one. Reads only."
    )
    requires_migrations_checks = True

    def handle(self, *args: Any, **options: Any) -> None:
        """Run every check. Raises CommandError after the last, if any found a breach."""
        books.take_your_time()
        breaches = 0
        for check in books.CHECKS:
            for line in check():
                self.stdout.write(f"{check.__name__}: {line}")
                breaches += 1
        if breaches:
            raise CommandError(f"{breaches} breaches in {len(books.CHECKS)} checks")
        self.stdout.write(f"audit: {len(books.CHECKS)} checks, no breach")
