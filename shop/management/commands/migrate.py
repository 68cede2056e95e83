"""``manage.py migrate``: Django's command, without stopping the requests of a running shop."""

import time
from typing import Any

from django.conf import settings
from django.core.management.base import CommandError
from django.core.management.commands.migrate import Command as DjangoCommand
from django.db.utils import OperationalError

from shop.engine import lift_statement_timeout, set_lock_timeout, sqlstate

_LOCK_NOT_AVAILABLE = "55P03"
_WAIT = "300ms"
"""How long a migration waits for a lock. Meanwhile all others wait for the migration."""
_ATTEMPTS = 120
_PAUSE = 1.0
"""Seconds between two attempts, in which the others go on."""


class Command(DjangoCommand):
    """Has no statement time-out, and waits for each lock only briefly, but repeatedly.

    A change of a table waits until no transaction uses the table, and everything that begins
    meanwhile waits behind it. So it gives up soon, and tries again. A migration that is not atomic
    has to allow this: each of its statements can be repeated.
    """

    def handle(self, *args: Any, **options: Any) -> Any:
        """Migrate. Raises CommandError if a table is locked for two minutes."""
        lift_statement_timeout()
        for _ in range(_ATTEMPTS):
            set_lock_timeout(_WAIT)
            try:
                return super().handle(*args, **options)
            except OperationalError as error:
                if sqlstate(error) != _LOCK_NOT_AVAILABLE:
                    raise
            finally:
                set_lock_timeout(settings.DATABASE_TIMEOUTS["lock_timeout"])
            self.stderr.write(" a transaction uses the table, trying again")
            time.sleep(_PAUSE)
        raise CommandError(
            "A transaction uses a table that a migration changes. End it (pg_stat_activity shows "
            "it), and run migrate again. The migrations before were applied."
        )
