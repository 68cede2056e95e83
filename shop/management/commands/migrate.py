"""``manage.py migrate``: Django's, without the time limit that requests have."""

from typing import Any

from django.core.management.commands.migrate import Command as DjangoCommand
from django.db import connections


class Command(DjangoCommand):
    """Lets a migration rewrite a large table; it still waits three seconds for a lock at most."""

    def handle(self, *args: Any, **options: Any) -> Any:
        """Migrate."""
        connection = connections[options["database"]]
        if connection.vendor == "postgresql":
            with connection.cursor() as cursor:
                cursor.execute("SET statement_timeout = 0")
        return super().handle(*args, **options)
