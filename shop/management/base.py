"""The base class of the shop's commands."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError

from shop.core.health import has_pending_migrations

RUN_MIGRATE = "The database lacks migrations of this release: run manage.py migrate."


class ShopCommand(BaseCommand):
    """A command that needs a migrated database."""

    def execute(self, *args: Any, **options: Any) -> str | None:
        """Run. Raises CommandError, before anything is done, if migrations are missing."""
        if lacks_migrations():
            raise CommandError(RUN_MIGRATE)
        return super().execute(*args, **options)


def lacks_migrations() -> bool:
    """Return whether migrations are missing; False if the database does not respond."""
    try:
        return has_pending_migrations()
    except DatabaseError:
        return False
