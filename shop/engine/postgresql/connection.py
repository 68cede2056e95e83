"""psycopg2's connection, which sends pending statements together with the next one.

A round trip costs more than most statements. So ``BEGIN`` is sent with the first statement of a
transaction, and a statement whose result the caller does not need with the next statement or with
``COMMIT``. PostgreSQL executes them in order and stops at the first that fails; the error is raised
by the call that sent them, in the same transaction.
"""

import logging
import time
from collections.abc import Mapping
from typing import Any

from psycopg2 import Error, ProgrammingError
from psycopg2.errors import InFailedSqlTransaction
from psycopg2.extensions import (
    TRANSACTION_STATUS_IDLE,
    TRANSACTION_STATUS_INERROR,
    TRANSACTION_STATUS_INTRANS,
)
from psycopg2.extensions import connection as PlainConnection  # noqa: N812 - psycopg2's classes
from psycopg2.extensions import cursor as PlainCursor  # noqa: N812

from shop.engine import measures

_IN_TRANSACTION = frozenset({TRANSACTION_STATUS_INTRANS, TRANSACTION_STATUS_INERROR})

logger = logging.getLogger("shop.engine")

PREPARED_ELSEWHERE = frozenset({"26000", "42P05"})
"""SQLSTATE of a prepared statement that does not exist, and of one that exists already.

Either means that a connection pooler put another connection of the server behind this one.
"""


class Cursor(PlainCursor):  # type: ignore[misc]
    """Sends the pending statements of its connection first. Refuses COPY and stored procedures."""

    _sent: bytes | None = None

    def execute(self, query: Any, vars: Any = None) -> None:  # noqa: A002 - psycopg2's name
        """Execute after the pending statements, or queue while the connection does so."""
        connection = self.connection
        self._sent = None
        if connection.is_queueing:
            self.queue(query, vars)
            return
        before = connection.pending or connection.limits_of_one_statement()
        if not before:
            self.send(query, vars)
        elif self.name:  # DECLARE of a server-side cursor has to be sent without other statements
            connection.flush()
            self.send(query, vars)
        else:
            self._execute_after(before, self.mogrify(query, vars))

    def queue(self, query: Any, vars: Any = None) -> None:  # noqa: A002 - psycopg2's name
        """Execute with the next statement of the connection."""
        self._sent = self.mogrify(query, vars)
        self.connection.pending += self._sent + b"; "

    def send(self, query: Any, vars: Any = None) -> None:  # noqa: A002 - psycopg2's name
        """Execute now, before the pending statements."""
        begin = time.perf_counter() if measures.is_on else 0.0
        try:
            PlainCursor.execute(self, query, vars)
        except Error as error:
            self.connection.note_lost_statement(error)
            raise
        finally:
            if begin:
                measures.add(time.perf_counter() - begin)

    def _execute_after(self, before: bytes, sql: bytes) -> None:
        connection = self.connection
        self._sent = sql
        pending, connection.pending = connection.pending, b""
        try:
            self.send(before + sql)
        except Error:
            # PostgreSQL parses the whole string first: after a syntax error nothing was executed.
            if connection.has_not_begun():
                connection.pending = pending
            raise

    @property
    def query(self) -> bytes | None:
        """The last statement, without those that were sent with it."""
        return self._sent or PlainCursor.query.__get__(self)

    def executemany(self, query: Any, vars_list: Any) -> None:
        """Execute after the pending statements."""
        self.connection.flush()
        super().executemany(query, vars_list)

    def callproc(self, *args: Any) -> Any:
        """Refuse, because it would be executed before the pending statements."""
        raise NotImplementedError("Call stored procedures with a statement: CALL name(…).")

    copy_expert = copy_from = copy_to = callproc


class Connection(PlainConnection):  # type: ignore[misc]
    """Begins and ends transactions with statements of its own.

    ``pending`` is the SQL that will be sent with the next statement.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Connect. psycopg2 itself is in autocommit mode from here on."""
        super().__init__(*args, **kwargs)
        PlainConnection.autocommit.__set__(self, True)  # noqa: FBT003 - a descriptor's method
        self.pending = b""
        self.is_queueing = False
        self.pipelines = True
        self._in_transaction = False
        self.limits = b""
        self._begin = b"BEGIN; "
        self.has_lost_statement = False

    def limit_each_transaction(self, limits: Mapping[str, str]) -> None:
        """Set time-outs with ``SET LOCAL`` in each transaction, as a connection pooler requires.

        A value that was set for the session would stay on the pooler's connection.
        """
        statements = "".join(f"SET LOCAL {name} = '{value}'; " for name, value in limits.items())
        self.limits = statements.encode()
        self._begin = b"BEGIN; " + self.limits

    def limits_of_one_statement(self) -> bytes:
        """Return the SQL of the time-outs for a statement outside a transaction, "" if none.

        Statements that are sent together are one transaction.
        """
        return b"" if self._in_transaction else self.limits

    @property
    def autocommit(self) -> bool:
        """Whether each statement is a transaction of its own."""
        return not self._in_transaction

    @autocommit.setter
    def autocommit(self, on: bool) -> None:
        """Begin a transaction with the next statement, or stop doing so.

        Raises ProgrammingError inside a transaction, as psycopg2 does.
        """
        if self.get_transaction_status() in _IN_TRANSACTION:
            raise ProgrammingError("autocommit cannot be set inside a transaction")
        self._in_transaction = not on
        self.pending = self._begin if self._in_transaction else b""
        if not self.pipelines:
            self.flush()

    def cursor(self, *args: Any, **kwargs: Any) -> Any:
        """Return a cursor. A server-side one works although psycopg2 knows of no transaction."""
        if args or "name" in kwargs:
            kwargs["withhold"] = True
        return super().cursor(*args, **kwargs)

    def has_not_begun(self) -> bool:
        """Return whether ``BEGIN`` is due and was not executed by the server."""
        return self._in_transaction and self.get_transaction_status() == TRANSACTION_STATUS_IDLE

    def flush(self) -> None:
        """Execute the pending statements now."""
        if self.pending:
            pending, self.pending = self.pending, b""
            self.execute_now(pending)

    def execute_now(self, sql: str | bytes) -> str:
        """Execute SQL before the pending statements. Return the status of its last statement."""
        with super().cursor() as cursor:
            cursor.send(sql)
            return str(cursor.statusmessage)

    def note_lost_statement(self, error: Error) -> None:
        """Remember whether a pooler lost a prepared statement, so that no more are used.

        A pending one fails in a call that does not know of it, such as a commit.
        """
        if error.pgcode in PREPARED_ELSEWHERE and not self.has_lost_statement:
            logger.warning("A pooler lost a prepared statement: set DATABASE_POOLER=true.")
            self.has_lost_statement = True

    def commit(self) -> None:
        """Execute the pending statements and commit, unless nothing was executed.

        Raises InFailedSqlTransaction where an error of an earlier statement was ignored. PostgreSQL
        would roll back and report no error.
        """
        if self._end(b"COMMIT") == "ROLLBACK":
            raise InFailedSqlTransaction("a statement of this transaction had failed")

    def rollback(self) -> None:
        """Discard the pending statements and roll back."""
        if self.pending != self._begin:
            self.pending = b""
        self._end(b"ROLLBACK")

    def _end(self, how: bytes) -> str:
        if not self._in_transaction or self.pending == self._begin:
            return ""
        pending, self.pending = self.pending, b""
        status = self.execute_now(pending + how)
        self.pending = self._begin
        return status
