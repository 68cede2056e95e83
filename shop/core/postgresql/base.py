"""Where Django looks for a backend's DatabaseWrapper."""

import select
from collections.abc import Sequence
from typing import Any

from django.conf import settings
from django.db.backends.postgresql.base import DatabaseWrapper as PostgresWrapper
from django.db.utils import NotSupportedError, OperationalError

from shop.core.postgresql.connection import Connection, Cursor

MAX_PREPARED = 200
"""Statements that one connection keeps prepared: each holds some memory of the server."""


class DatabaseWrapper(PostgresWrapper):
    """Django's, with prepared statements, and a health check without a round trip.

    Django asks ``SELECT 1`` before each request's first statement, a tenth of a short request's
    time. An idle server says nothing unless it is leaving, so a socket with something to read, or
    closed, is a connection to give up; a silent one is used.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Nothing is prepared yet."""
        super().__init__(*args, **kwargs)
        self._prepared: dict[str, str] = {}
        self._numbered = 0
        self._cursor_of_all: Any = None
        self._in_debug = False

    def get_new_connection(self, conn_params: Any) -> Any:
        """Connect; the server has prepared nothing for a new connection."""
        self._prepared = {}
        self._cursor_of_all = None
        self._in_debug = settings.DEBUG
        factories = {"connection_factory": Connection, "cursor_factory": Cursor}
        return super().get_new_connection({**conn_params, **factories})

    def is_usable(self) -> bool:
        """Return whether the server has kept silent since the last statement."""
        raw: Any = self.connection
        if raw is None or raw.closed:
            return False
        poller = select.poll()
        poller.register(raw.fileno(), select.POLLIN)
        return not poller.poll(0)

    def ask(self, sql: str, values: Sequence[Any]) -> Any:
        """Execute ``sql``, which the server plans once a connection; return a cursor with its rows.

        They are there until the next call. Only what stands for its ``%s`` may vary from call to
        call. Raises OperationalError where, under a transaction, a migration changed the shape of
        what it returns: trying again helps.
        """
        cursor = self._hot_cursor()
        try:
            with self.wrap_database_errors:
                cursor.execute(self._execution(sql, len(values)), values)
        except NotSupportedError as error:  # "cached plan must not change result type"
            self._prepared = {}
            if self.in_atomic_block:
                raise OperationalError("A migration changed a table in use.") from error
            with self.wrap_database_errors:
                cursor.execute(sql, values)
        return cursor

    def defer(self, sql: str, values: Sequence[Any], *, times: int = 1, once: bool = False) -> None:
        """Execute ``sql``, whose outcome nobody waits for, with the transaction's next statement.

        It is executed so many ``times``, each with its share of the values. Outside a transaction
        that is at once. What is asked ``once`` is not prepared.
        """
        cursor = self._hot_cursor()
        execution = sql if once else self._execution(sql, len(values) // times)
        if times > 1:
            execution = "; ".join([execution] * times)
        raw: Any = self.connection
        raw.deferring = self.in_atomic_block
        try:
            with self.wrap_database_errors:
                cursor.execute(execution, values)
        finally:
            raw.deferring = False

    def _hot_cursor(self) -> Any:
        """Return a cursor without Django's wrapper, if nobody listens: one for all statements.

        To make one, and to wrap it, costs more than a short statement does in this process. Django
        does not notice if an event loop's thread uses it: none does.
        """
        if self.health_check_enabled and not self.health_check_done:  # type: ignore[attr-defined]
            self.close_if_health_check_failed()
        is_heard = self._in_debug or self.force_debug_cursor or self.execute_wrappers
        if is_heard or self.connection is None:
            return self.cursor()
        self.validate_no_broken_transaction()
        if self._cursor_of_all is None:
            self._cursor_of_all = self.create_cursor()
        return self._cursor_of_all

    def _savepoint_rollback(self, sid: str) -> None:
        """Roll back; what is owed came after the savepoint, and shall not happen."""
        raw: Any = self.connection
        raw.owed = b""
        super()._savepoint_rollback(sid)  # type: ignore[misc] # Django's, which its stubs lack

    def _execution(self, sql: str, places: int) -> str:
        """Return SQL that does what ``sql`` does, by a statement that this connection has prepared.

        It has as many ``%s`` as ``sql`` has ``places``. Needs an open connection.
        """
        known = self._prepared.get(sql)
        if known is not None:
            return known
        if not settings.PREPARE_STATEMENTS or len(self._prepared) >= MAX_PREPARED:
            return sql
        self._numbered += 1
        name = f"shop_{self._numbered}"
        numbered = sql % tuple(f"${n + 1}" for n in range(places))
        raw: Any = self.connection
        with self.wrap_database_errors:
            raw.say(f"PREPARE {name} AS {numbered}")
        execution = (
            f"EXECUTE {name} ({', '.join(['%s'] * places)})" if places else f"EXECUTE {name}"
        )
        self._prepared[sql] = execution
        return execution
