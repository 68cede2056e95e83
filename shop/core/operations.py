"""Operations for migrations that do not lock a large table for long."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.contrib.postgres.operations import (
    AddConstraintNotValid,
    AddIndexConcurrently,
    ValidateConstraint,
)
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations import AddConstraint, AddIndex, AlterField, RunSQL
from django.db.migrations.state import ProjectState
from django.db.models import UniqueConstraint

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


class AddUniqueConstraintOnline(AddConstraint):
    """Add a unique constraint with a condition while others write; on SQLite as ``AddConstraint``.

    The database keeps it as a unique index. The migration must have ``atomic = False`` and should
    have no other operation. An invalid index that an interrupted run left is replaced.
    """

    def database_forwards(
        self,
        app_label: str,
        schema_editor: BaseDatabaseSchemaEditor,
        from_state: ProjectState,
        to_state: ProjectState,
    ) -> None:
        """Create the unique index."""
        if schema_editor.connection.vendor != "postgresql":
            super().database_forwards(app_label, schema_editor, from_state, to_state)
            return
        model = to_state.apps.get_model(app_label, self.model_name)
        constraint: UniqueConstraint = self.constraint  # type: ignore[assignment]
        statement = str(constraint.create_sql(model, schema_editor))
        online = statement.replace("CREATE UNIQUE INDEX", "CREATE UNIQUE INDEX CONCURRENTLY", 1)
        if online == statement:
            raise ValueError("Only a constraint with a condition can be added while others write.")
        name = schema_editor.quote_name(constraint.name)
        with _without_lock_timeout(schema_editor):
            schema_editor.execute(f"DROP INDEX CONCURRENTLY IF EXISTS {name}")
            schema_editor.execute(online, params=None)

    def database_backwards(
        self,
        app_label: str,
        schema_editor: BaseDatabaseSchemaEditor,
        from_state: ProjectState,
        to_state: ProjectState,
    ) -> None:
        """Drop the unique index."""
        if schema_editor.connection.vendor != "postgresql":
            super().database_backwards(app_label, schema_editor, from_state, to_state)
            return
        name = schema_editor.quote_name(self.constraint.name)
        with _without_lock_timeout(schema_editor):
            schema_editor.execute(f"DROP INDEX CONCURRENTLY IF EXISTS {name}")


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


class AllowNull(AlterField):
    """Let a column be null, and change nothing else.

    For a foreign key, ``AlterField`` would replace the constraint and check all rows under a lock.
    """

    def database_forwards(
        self,
        app_label: str,
        schema_editor: BaseDatabaseSchemaEditor,
        from_state: ProjectState,
        to_state: ProjectState,
    ) -> None:
        """Allow null."""
        if schema_editor.connection.vendor != "postgresql":
            super().database_forwards(app_label, schema_editor, from_state, to_state)
            return
        options = to_state.apps.get_model(app_label, self.model_name)._meta  # noqa: SLF001 - public
        table = schema_editor.quote_name(options.db_table)
        column = schema_editor.quote_name(options.get_field(self.name).column)
        schema_editor.execute(f"ALTER TABLE {table} ALTER COLUMN {column} DROP NOT NULL")


class RunOnPostgreSQL(RunSQL):
    """Execute statements, each as it is; on SQLite none."""

    def database_forwards(
        self,
        app_label: str,
        schema_editor: BaseDatabaseSchemaEditor,
        from_state: ProjectState,
        to_state: ProjectState,
    ) -> None:
        """Execute the statements."""
        if schema_editor.connection.vendor == "postgresql":
            super().database_forwards(app_label, schema_editor, from_state, to_state)

    def database_backwards(
        self,
        app_label: str,
        schema_editor: BaseDatabaseSchemaEditor,
        from_state: ProjectState,
        to_state: ProjectState,
    ) -> None:
        """Execute the reverse statements."""
        if schema_editor.connection.vendor == "postgresql":
            super().database_backwards(app_label, schema_editor, from_state, to_state)


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
