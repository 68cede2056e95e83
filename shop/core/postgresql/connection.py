"""psycopg2's connection, which spares round trips: what nobody waits for goes with what follows.

A round trip costs more than most statements: two processes change places twice. So ``BEGIN`` goes
with the first statement of a transaction, a statement that is ``deferred`` with the next one, or
with the ``COMMIT``. PostgreSQL executes them in their order, and stops at the first that fails:
the error then shows at the statement that took them along, inside the same transaction.
"""

from typing import Any

from psycopg2 import Error
from psycopg2.errors import InFailedSqlTransaction
from psycopg2.extensions import TRANSACTION_STATUS_IDLE
from psycopg2.extensions import connection as PlainConnection  # noqa: N812 - psycopg2's classes
from psycopg2.extensions import cursor as PlainCursor  # noqa: N812

_BEGIN = b"BEGIN; "


class Cursor(PlainCursor):  # type: ignore[misc]
    """Takes along what its connection owes; of ``copy`` and stored procedures it knows nothing."""

    _asked: bytes | None = None

    def execute(self, query: Any, vars: Any = None) -> None:  # noqa: A002 - psycopg2's name
        """Execute, after what is owed; or owe it, while the connection defers."""
        connection = self.connection
        self._asked = None
        if connection.deferring:
            self._asked = self.mogrify(query, vars)
            connection.owed += self._asked + b"; "
        elif not connection.owed:
            PlainCursor.execute(self, query, vars)
        elif self.name:  # of the server, which is declared by a statement of its own
            connection.pay()
            PlainCursor.execute(self, query, vars)
        else:
            self._execute_owed(connection, self.mogrify(query, vars))

    def _execute_owed(self, connection: "Connection", asked: bytes) -> None:
        self._asked = asked
        owed, connection.owed = connection.owed, b""
        try:
            PlainCursor.execute(self, owed + asked)
        except Error:
            # What cannot be parsed is not begun either: PostgreSQL reads all before it does any.
            if connection.has_not_begun():
                connection.owed = owed
            raise

    @property
    def query(self) -> bytes | None:
        """What was asked last, without what was taken along."""
        return self._asked or PlainCursor.query.__get__(self)

    def executemany(self, query: Any, vars_list: Any) -> None:
        """Execute, after what is owed."""
        self.connection.pay()
        super().executemany(query, vars_list)

    def callproc(self, *args: Any) -> Any:
        """Refuse: it would overtake what is owed."""
        raise NotImplementedError("Call it by a statement.")

    copy_expert = copy_from = copy_to = callproc


class Connection(PlainConnection):  # type: ignore[misc]
    """Begins and ends transactions itself, by statements; ``autocommit`` says whether one is on."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Connect, and let psycopg2 begin nothing by itself."""
        super().__init__(*args, **kwargs)
        PlainConnection.autocommit.__set__(self, True)  # noqa: FBT003 - a descriptor's method
        self.owed = b""
        self.deferring = False
        self._begins = False

    @property
    def autocommit(self) -> bool:
        """Whether each statement is a transaction of its own."""
        return not self._begins

    @autocommit.setter
    def autocommit(self, on: bool) -> None:
        """Begin a transaction with the next statement, or none any more. The last one has ended."""
        self._begins = not on
        self.owed = _BEGIN if self._begins else b""

    def cursor(self, *args: Any, **kwargs: Any) -> Any:
        """Return a cursor; one of the server outlives what psycopg2 takes for its transaction."""
        if args or "name" in kwargs:
            kwargs["withhold"] = True
        return super().cursor(*args, **kwargs)

    def has_not_begun(self) -> bool:
        """Whether there should be a transaction, and the server knows of none."""
        return self._begins and self.get_transaction_status() == TRANSACTION_STATUS_IDLE

    def pay(self) -> None:
        """Execute what is owed, now."""
        if self.owed:
            owed, self.owed = self.owed, b""
            self.say(owed)

    def say(self, statement: str | bytes) -> str:
        """Execute statements now, before whatever is owed; return what the last one came to."""
        with super().cursor() as cursor:
            PlainCursor.execute(cursor, statement)
            return str(cursor.statusmessage)

    def commit(self) -> None:
        """Execute what is owed, and commit; nothing, if nothing was asked.

        Raises InFailedSqlTransaction where a statement had failed and nobody minded: PostgreSQL
        would roll back and call it well done.
        """
        if self._end(b"COMMIT") == "ROLLBACK":
            raise InFailedSqlTransaction("a statement of this transaction had failed")

    def rollback(self) -> None:
        """Forget what is owed, and roll back."""
        if self.owed != _BEGIN:
            self.owed = b""
        self._end(b"ROLLBACK")

    def _end(self, how: bytes) -> str:
        if not self._begins or self.owed == _BEGIN:
            return ""
        owed, self.owed = self.owed, b""
        outcome = self.say(owed + how)
        self.owed = _BEGIN
        return outcome
