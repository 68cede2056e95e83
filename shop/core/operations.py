"""Operations for migrations that do not lock a large table for long."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.contrib.postgres.operations import (
    AddConstraintNotValid,
    AddIndexConcurrently,
    ValidateConstraint,
)
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations import AddConstraint, AddIndex
from django.db.migrations.state import ProjectState

from shop.engine import set_lock_timeout


class AddIndexOnline(AddIndexConcurrently):
    """Add an index while others write to the table; on SQLite, as ``AddIndex`` does.

    The migration must have ``atomic = False`` and should have no other operation. An invalid index
    that an interrupted run left is replaced.
    """

    def database_forwards(
        self,
        app_label: str,
        schema_editor: BaseDatabaseSchemaEditor,
        from_state: ProjectState,
        to_state: ProjectState,
    ) -> None:
        """Create the index."""
        if schema_editor.connection.vendor != "postgresql":
            AddIndex.database_forwards(self, app_label, schema_editor, from_state, to_state)
            return
        name = schema_editor.quote_name(self.index.name)
        with _without_lock_timeout(schema_editor):
            schema_editor.execute(f"DROP INDEX CONCURRENTLY IF EXISTS {name}")
            super().database_forwards(app_label, schema_editor, from_state, to_state)

    def database_backwards(
        self,
        app_label: str,
        schema_editor: BaseDatabaseSchemaEditor,
        from_state: ProjectState,
        to_state: ProjectState,
    ) -> None:
        """Drop the index."""
        if schema_editor.connection.vendor == "postgresql":
            with _without_lock_timeout(schema_editor):
                super().database_backwards(app_label, schema_editor, from_state, to_state)
        else:
            AddIndex.database_backwards(self, app_label, schema_editor, from_state, to_state)


class AddConstraintQuickly(AddConstraintNotValid):
    """Add a check constraint to a table in use, without a long lock.

    On PostgreSQL a later migration checks the existing rows, with ``ValidateOnPostgreSQL``. SQLite
    checks them at once.
    """

    def database_forwards(
        self,
        app_label: str,
        schema_editor: BaseDatabaseSchemaEditor,
        from_state: ProjectState,
        to_state: ProjectState,
    ) -> None:
        """Add the constraint."""
        is_postgresql = schema_editor.connection.vendor == "postgresql"
        operation = AddConstraintNotValid if is_postgresql else AddConstraint
        operation.database_forwards(self, app_label, schema_editor, from_state, to_state)


class ValidateOnPostgreSQL(ValidateConstraint):
    """Check all rows. Others read and write them meanwhile. SQLite has checked them already."""

    def database_forwards(
        self,
        app_label: str,
        schema_editor: BaseDatabaseSchemaEditor,
        from_state: ProjectState,
        to_state: ProjectState,
    ) -> None:
        """Check the rows."""
        if schema_editor.connection.vendor == "postgresql":
            super().database_forwards(app_label, schema_editor, from_state, to_state)


@contextmanager
def _without_lock_timeout(schema_editor: BaseDatabaseSchemaEditor) -> Iterator[None]:
    """Wait for the transactions in progress. Nothing waits for an index meanwhile."""
    if schema_editor.collect_sql:
        yield
        return
    with schema_editor.connection.cursor() as cursor:
        cursor.execute("SHOW lock_timeout")
        before = cursor.fetchone()[0]
    set_lock_timeout("0")
    try:
        yield
    finally:
        set_lock_timeout(before)
