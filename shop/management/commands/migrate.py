"""``manage.py migrate``: Django's command without the statement time-out of requests."""

from typing import Any

from django.core.management.commands.migrate import Command as DjangoCommand

from shop.engine import lift_statement_timeout


class Command(DjangoCommand):
    """Lets a migration rewrite a large table. It still waits for a lock three seconds at most."""

    def handle(self, *args: Any, **options: Any) -> Any:
        """Migrate."""
        lift_statement_timeout()
        return super().handle(*args, **options)
