"""``manage.py migrate``: Django's command, without stopping the requests of a running shop."""

from typing import Any

from django.core.management.commands import migrate

from shop.engine import lift_statement_timeout
from shop.management.migrating import PatientExecutor

# Django's command has no other way to choose it.
migrate.MigrationExecutor = PatientExecutor  # type: ignore[attr-defined]


class Command(migrate.Command):
    """Has no statement time-out, and waits for locks only briefly, but repeatedly."""

    def handle(self, *args: Any, **options: Any) -> Any:
        """Migrate. Raises CommandError if the tables of a migration are in use for two minutes."""
        lift_statement_timeout()
        return super().handle(*args, **options)

    def migration_progress_callback(self, action: str, *args: Any, **options: Any) -> None:
        """Report the progress of a migration, also that it is repeated."""
        if action == "repeat":
            self.stderr.write(f" a transaction uses a table of {args[0]}, trying again")
        else:
            super().migration_progress_callback(action, *args, **options)
