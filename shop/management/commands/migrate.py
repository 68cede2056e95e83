"""``manage.py migrate``: Django's, without the time limit that requests have."""

from typing import Any

from django.core.management.commands.migrate import Command as DjangoCommand

from shop.engine import lift_statement_timeout


class Command(DjangoCommand):
    """Lets a migration rewrite a large table; it still waits three seconds for a lock at most."""

    def handle(self, *args: Any, **options: Any) -> Any:
        """Migrate."""
        lift_statement_timeout()
        return super().handle(*args, **options)
