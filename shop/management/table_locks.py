"""Which tables in use a migration locks, and one way to lock them all at its beginning.

A statement that changes a table waits until no transaction uses the table, and everything that
begins meanwhile waits behind it. If a migration keeps a lock while it waits for the next one, a
transaction that has locked the tables the other way round never ends.
"""

import re
import time
from collections.abc import Iterable
from contextlib import suppress
from typing import NamedTuple

from django.db import connection
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations import SeparateDatabaseAndState
from django.db.migrations.operations.base import Operation
from django.db.migrations.state import ProjectState

Step = tuple[Operation, ProjectState, ProjectState]
"""An operation, and the states before and after it, with their models."""
_NAME = r'(?:IF EXISTS )?(?:ONLY )?"?(\w+)"?'
# SHARE ROW EXCLUSIVE lets others read; it is that of a foreign key, on the table it refers to.
_MODES = {
    rf"ALTER TABLE {_NAME} (?!VALIDATE )": "ACCESS EXCLUSIVE",
    rf"DROP (?:TABLE|INDEX) {_NAME}": "ACCESS EXCLUSIVE",
    rf"TRIGGER .* ON {_NAME}": "ACCESS EXCLUSIVE",
    rf"REFERENCES {_NAME}": "SHARE ROW EXCLUSIVE",
}
_APPS = ("core", "accounts", "cart", "orders", "payments", "catalog")
"""The apps in the order in which transactions lock their tables. Others come before."""
_TABLES = """
    SELECT used.relname, named.relname FROM pg_class named
    LEFT JOIN pg_index ON pg_index.indexrelid = named.oid
    JOIN pg_class used ON used.oid = COALESCE(pg_index.indrelid, named.oid)
    WHERE named.relname = ANY(%s) AND named.relnamespace = current_schema()::regnamespace
    ORDER BY used.oid
"""
_SHORTEST = 0.02


class TableLock(NamedTuple):
    """A lock of a table until the end of the transaction; ``mode`` is one of PostgreSQL."""

    table: str
    mode: str


def needed_locks(app_label: str, steps: Iterable[Step]) -> list[TableLock]:
    """Return the locks that operations need of existing tables, in the order to acquire them.

    Locks of operations that cannot be written as SQL are missing. Needs no lock.
    """
    modes: dict[str, str] = {}
    for statement in _statements(app_label, steps):
        for pattern, mode in _MODES.items():
            for name in re.findall(pattern, statement):
                modes[name] = min(mode, modes.get(name, mode))  # ACCESS EXCLUSIVE is the first
    found: dict[str, str] = {}
    with connection.cursor() as cursor:
        cursor.execute(_TABLES, [list(modes)])
        for table, name in cursor.fetchall():
            found[table] = min(modes[name], found.get(table, modes[name]))
    return [TableLock(table, mode) for table, mode in sorted(found.items(), key=_position)]


def _statements(app_label: str, steps: Iterable[Step]) -> list[str]:
    """Return what the operations would execute, without executing it."""
    with connection.schema_editor(collect_sql=True, atomic=False) as editor:
        for operation, before, after in steps:
            # One that looks for what an operation before creates does not find it here.
            with suppress(ValueError):
                if _is_sql(operation):
                    operation.database_forwards(app_label, editor, before, after)
    statements: list[str] = editor.collected_sql
    return statements


def _is_sql(operation: Operation) -> bool:
    if isinstance(operation, SeparateDatabaseAndState):
        return all(map(_is_sql, operation.database_operations))
    return operation.reduces_to_sql


def _position(found: tuple[str, str]) -> int:
    app = found[0].partition("_")[0]
    return _APPS.index(app) if app in _APPS else -1


def acquire(locks: Iterable[TableLock], editor: BaseDatabaseSchemaEditor, seconds: float) -> None:
    """Lock tables in a transaction, and wait for all of them together for at most ``seconds``.

    The statements that follow wait for other locks for the rest of the time. Raises
    OperationalError (55P03).
    """
    end = time.monotonic() + seconds
    _limit_wait(editor, seconds)
    for table, mode in locks:
        editor.execute(f"LOCK TABLE {editor.quote_name(table)} IN {mode} MODE", params=None)
        _limit_wait(editor, end - time.monotonic())


def _limit_wait(editor: BaseDatabaseSchemaEditor, seconds: float) -> None:
    milliseconds = round(1000 * max(seconds, _SHORTEST))
    editor.execute(f"SET LOCAL lock_timeout = '{milliseconds}ms'", params=None)
