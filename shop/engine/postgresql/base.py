"""The engine's DatabaseWrapper, where Django looks for it."""

import select
from collections.abc import Sequence
from hashlib import sha256
from typing import Any

from django.conf import settings
from django.db.backends.postgresql.base import DatabaseWrapper as PostgresWrapper
from django.db.backends.utils import CursorWrapper
from django.db.utils import Error, NotSupportedError, OperationalError

from shop.engine.errors import sqlstate
from shop.engine.parts import uses
from shop.engine.postgresql.connection import PREPARED_ELSEWHERE, Connection, Cursor

MAX_PREPARED = 200
"""Statements that one connection keeps prepared. Each takes memory of the server."""

Values = Sequence[Any]

_EXECUTE = CursorWrapper.execute
"""Django's own, which instrumentation such as Sentry's replaces."""


class TableChanged(OperationalError):
    """A migration changed the columns that a prepared statement reads, inside a transaction."""


class DatabaseWrapper(PostgresWrapper):
    """Django's backend with prepared statements, pipelined statements and a cheap health check."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Prepare nothing yet."""
        super().__init__(*args, **kwargs)
        self._shared_cursor: Any = None
        self._logs_queries = False
        self._prepared: dict[str, str] = {}
        self._prepares = self._is_outdated = False
        self._limits = dict(settings.DATABASE_TIMEOUTS)

    def get_new_connection(self, conn_params: dict[str, Any]) -> Any:
        """Connect, and find out whether the server is a connection pooler."""
        factories = {"connection_factory": Connection, "cursor_factory": Cursor}
        raw = super().get_new_connection({**conn_params, **factories})
        raw.pipelines = uses("pipeline")
        self._shared_cursor = None
        self._logs_queries = settings.DEBUG
        self._prepared = {}
        self._is_outdated = False
        self._prepares = settings.PREPARE_STATEMENTS
        with raw.cursor() as cursor:
            has_pooler = settings.DATABASE_POOLER or is_pooled(cursor, raw)
        if has_pooler:
            self._prepares = False
            raw.limit_each_transaction(self._limits)
        return raw

    def set_timeout(self, name: str, value: str) -> None:
        """Change one of DATABASE_TIMEOUTS for this connection, for management commands."""
        self._limits[name] = value
        self.ensure_connection()
        raw: Any = self.connection
        if raw.limits:
            raw.limit_each_transaction(self._limits)
        else:
            raw.execute_now(f"SET {name} = '{value}'")

    def is_usable(self) -> bool:
        """Return whether the server has sent nothing since the last statement.

        Django executes ``SELECT 1`` here, a tenth of the time of a short request. An idle server
        only sends something when it closes the connection, so it is enough to look at the socket.
        """
        if not uses("socket_check"):
            return super().is_usable()
        raw: Any = self.connection
        if raw is None or raw.closed:
            return False
        poller = select.poll()
        poller.register(raw.fileno(), select.POLLIN)
        return not poller.poll(0)

    def execute_prepared(self, sql: str, values: Values) -> Any:
        """Execute ``sql``, prepared once per connection. Return a cursor with its rows.

        Only the values of its ``%s`` may vary from call to call. Inside a transaction, raises
        TableChanged, or the error of a statement that a pooler lost.
        """
        cursor = self._statement_cursor()
        try:
            with self.wrap_database_errors:
                cursor.execute(self._prepare(sql, len(values)), values)
        except NotSupportedError as error:  # "cached plan must not change result type"
            self._is_outdated = True
            if self.in_atomic_block:
                raise TableChanged("A migration changed a table in use.") from error
            with self.wrap_database_errors:
                cursor.execute(sql, values)
        except Error as error:
            if sqlstate(error) not in PREPARED_ELSEWHERE or self.in_atomic_block:
                raise
            with self.wrap_database_errors:
                cursor.execute(sql, values)
        return cursor

    def send_with_next(self, sql: str, values: Values, *, prepare: bool = True) -> None:
        """Queue ``sql``, to be sent with the next statement of the transaction or with its commit.

        The error of a queued statement is raised by the call that sends it. Outside a transaction
        the statement is executed at once.
        """
        cursor = self._statement_cursor()
        execution = self._prepare(sql, len(values)) if prepare else sql
        raw: Any = self.connection
        is_queueing = self.in_atomic_block and raw.pipelines
        if is_queueing and cursor is self._shared_cursor:  # nothing observes it
            cursor.queue(execution, values)
            return
        raw.is_queueing = is_queueing
        try:
            with self.wrap_database_errors:
                cursor.execute(execution, values)
        finally:
            raw.is_queueing = False

    def _statement_cursor(self) -> Any:
        """Return a cursor for all prepared statements, or Django's if something observes it.

        A new cursor with Django's wrapper costs more time in this process than a short statement.
        The rows have to be read before the next statement is executed.
        """
        if self.health_check_enabled and not self.health_check_done:  # type: ignore[attr-defined]
            self.close_if_health_check_failed()
        if self._is_observed() or self.connection is None or not uses("shared_cursor"):
            return self.cursor()
        self.validate_no_broken_transaction()
        if self._shared_cursor is None:
            self._shared_cursor = self.create_cursor()
        return self._shared_cursor

    def _is_observed(self) -> bool:
        """Return whether statements are logged or an instrumentation sees each of them."""
        is_logged = self._logs_queries or self.force_debug_cursor
        return bool(self.execute_wrappers) or is_logged or CursorWrapper.execute is not _EXECUTE

    def _savepoint_rollback(self, sid: str) -> None:
        """Roll back, and discard the pending statements, which belong to the savepoint."""
        raw: Any = self.connection
        raw.pending = b""
        super()._savepoint_rollback(sid)  # type: ignore[misc] # Django's, which its stubs lack

    def _prepare(self, sql: str, places: int) -> str:
        """Return SQL that executes ``sql`` as a prepared statement, if this connection prepares.

        The name is a digest of the SQL. So a name always means the same statement, even if a pooler
        assigns another connection of the server.
        """
        raw: Any = self.connection
        if self._is_outdated:
            raw.execute_now("DEALLOCATE ALL")
            self._prepared, self._is_outdated = {}, False
        if raw.has_lost_statement:  # the connection stops preparing
            return sql
        known = self._prepared.get(sql)
        if known is not None:
            return known
        if not self._prepares or len(self._prepared) >= MAX_PREPARED:
            return sql
        name = f"shop_{sha256(sql.encode()).hexdigest()[:32]}"
        numbered = sql % tuple(f"${n + 1}" for n in range(places))
        with self.wrap_database_errors:
            raw.execute_now(f"PREPARE {name} AS {numbered}")
        arguments = f" ({', '.join(['%s'] * places)})" if places else ""
        self._prepared[sql] = f"EXECUTE {name}{arguments}"
        return self._prepared[sql]


def is_pooled(cursor: Any, raw: Any) -> bool:
    """Return whether a connection pooler is between this process and PostgreSQL.

    ``cursor`` belongs to the psycopg2 connection ``raw``. A pooler reports another process id than
    the one of the server process that responds.
    """
    cursor.execute("SELECT pg_backend_pid()")
    return bool(cursor.fetchone()[0] != raw.get_backend_pid())
