"""Apply migrations while the shop is in use: no request waits longer than a second for one.

A migration first renders the models of all its states, which takes most of its time, then locks the
tables that it changes, and then changes them. If it does not get the locks within part of a second,
it gives them all up, so that others go on, and tries again.
"""

import random
import time
from collections.abc import Callable
from itertools import pairwise
from typing import Any, TypeVar

from django.conf import settings
from django.core.management.base import CommandError
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations import Migration, SeparateDatabaseAndState
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.state import ProjectState
from django.db.utils import OperationalError

from shop.engine import set_lock_timeout, sqlstate
from shop.management.table_locks import acquire, needed_locks

_REPEATABLE = {"55P03", "40P01"}
"""SQLSTATE of lock_not_available and deadlock_detected."""
_FIRST_WAIT, _LONGEST_WAIT = 0.2, 0.6
"""Seconds of the first attempt, and of the last ones: meanwhile others wait for the migration."""
_GROWTH = 1.2
_LIMIT = 120.0
"""Seconds after which a migration is given up."""
Result = TypeVar("Result")


class PatientExecutor(MigrationExecutor):
    """Repeats a migration that could not lock its tables. Not for SQLite, which has one lock.

    A migration that is not atomic has to allow this: each of its statements can be repeated.
    """

    def apply_migration(
        self, state: ProjectState, migration: Migration, *args: Any, **options: Any
    ) -> ProjectState:
        """Apply a migration. Raises CommandError if its tables are in use for two minutes."""
        migrate = super().apply_migration
        if any((*args, *options.values())) or self.connection.vendor != "postgresql":
            return migrate(state, migration, *args, **options)  # none of it is executed, or all
        if not migration.atomic:
            return self._repeat(migration, lambda _: migrate(state.clone(), migration))
        prepared = _Prepared(migration, state)
        return self._repeat(migration, lambda wait: migrate(state, prepared.waiting(wait)))

    def unapply_migration(
        self, state: ProjectState, migration: Migration, *args: Any, **options: Any
    ) -> ProjectState:
        """Unapply a migration. Raises CommandError if its tables are in use for two minutes."""
        unmigrate = super().unapply_migration
        return self._repeat(migration, lambda _: unmigrate(state, migration, *args, **options))

    def _repeat(self, migration: Migration, attempt: Callable[[float], Result]) -> Result:
        end, wait = time.monotonic() + _LIMIT, _FIRST_WAIT
        while True:
            set_lock_timeout(f"{round(1000 * wait)}ms")
            try:
                return attempt(wait)
            except OperationalError as error:
                if sqlstate(error) not in _REPEATABLE:
                    raise
                if time.monotonic() > end:
                    raise CommandError(_in_use(migration)) from error
            finally:
                set_lock_timeout(settings.DATABASE_TIMEOUTS["lock_timeout"])
            if self.progress_callback:
                self.progress_callback("repeat", migration)
            time.sleep(random.uniform(wait, 2 * wait))  # noqa: S311 - others go on meanwhile
            wait = min(_GROWTH * wait, _LONGEST_WAIT)


def _in_use(migration: Migration) -> str:
    return (
        f"A transaction uses a table that the migration {migration} changes. End it "
        "(pg_stat_activity shows it), and run migrate again. The migrations before were applied."
    )


class _Prepared(Migration):
    """An atomic migration whose states have their models, so that its transaction is short."""

    def __init__(self, migration: Migration, state: ProjectState) -> None:
        super().__init__(migration.name, migration.app_label)
        vars(self).update(operations=migration.operations, replaces=migration.replaces)
        states = [state]
        for operation in self.operations:
            after = states[-1].clone()
            if (
                isinstance(operation, SeparateDatabaseAndState)
                and not operation.database_operations
            ):
                vars(after).pop("apps", None)  # else the models are rendered for each of its parts
            operation.state_forwards(self.app_label, after)
            states.append(after)
        pairs = pairwise(states)
        self._steps = [(one, *pair) for one, pair in zip(self.operations, pairs, strict=True)]
        self._last = states[-1]
        self._locks = needed_locks(self.app_label, self._steps)
        self._wait = 0.0

    def waiting(self, seconds: float) -> "_Prepared":
        """Return it, with the time that it waits for its locks."""
        self._wait = seconds
        return self

    def apply(
        self,
        project_state: ProjectState,
        schema_editor: BaseDatabaseSchemaEditor,
        *_: Any,
        **__: Any,
    ) -> ProjectState:
        """Lock the tables, and change them. Raises OperationalError if they are in use."""
        acquire(self._locks, schema_editor, self._wait)
        for operation, before, after in self._steps:
            operation.database_forwards(self.app_label, schema_editor, before, after)
        return self._last
