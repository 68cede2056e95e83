"""The engine, which makes the shop fast: the functions that other packages may call.

The setting ``SHOP_ENGINE`` selects one of two implementations. ``plain`` is the ORM on Django's own
database backends and any WSGI server. ``fast``, the default on PostgreSQL, is a database backend,
a response cache and an ASGI server of the shop's own. SQLite is always plain. The engine imports
nothing from the shop. The shop imports from the engine only what this package and
``shop.engine.responses`` define.

==============================  ==================================  ==========================
call                            plain                               fast
==============================  ==================================  ==========================
``@select(Row)``: ``rows()``,   builds and executes the queryset    executes a prepared
``row()``                                                           statement
``lock_with_next_statement()``  locks the rows at once              sends the lock together
                                                                    with the next statement
``@update``: ``run()``          ``QuerySet.update()``               executes a prepared
                                                                    statement
``@update_and_read(Row)``:      executes SQL that returns the       executes a prepared
``row()``                       changed rows                        statement
``send_with_next()``            executes at once                    sends the statement with
                                                                    the next one or COMMIT
``Insert``, ``insert()``        ``bulk_create()``, ``save()``       as above
``insert_many()``               ``bulk_create()``                   executes SQL that is
                                                                    compiled once
``fetch()``                     ``cursor.execute()``                as above
``succeeds_when_repeated()``    after a deadlock                    also after a lost prepared
                                                                    statement
==============================  ==================================  ==========================

On PostgreSQL each process compiles the SQL of a statement once, also with the plain engine, which
executes it with Django's cursor.

A call has taken effect when it returns, except for calls named ``…_with_next…``. Their statement is
executed before the next statement of the transaction, whose call raises an error of either.
"""

from django.db.utils import Error

from shop.engine.errors import sqlstate
from shop.engine.expressions import ValueByKey
from shop.engine.inserts import Insert, insert, insert_many
from shop.engine.parts import is_fast, uses
from shop.engine.postgresql.base import TableChanged
from shop.engine.postgresql.connection import PREPARED_ELSEWHERE
from shop.engine.returning import UpdateAndRead, update_and_read
from shop.engine.rows import columns_of, instance_of, instance_with, json_columns_of
from shop.engine.statements import (
    Select,
    Update,
    fetch,
    select,
    send_with_next,
    update,
)
from shop.engine.timeouts import lift_statement_timeout, set_lock_timeout

__all__ = [
    "Insert",
    "Select",
    "Update",
    "UpdateAndRead",
    "ValueByKey",
    "columns_of",
    "fetch",
    "insert",
    "insert_many",
    "instance_of",
    "instance_with",
    "is_fast",
    "json_columns_of",
    "lift_statement_timeout",
    "select",
    "send_with_next",
    "set_lock_timeout",
    "sqlstate",
    "succeeds_when_repeated",
    "update",
    "update_and_read",
    "uses",
]

_REPEATABLE = frozenset({"40001", "40P01"}) | PREPARED_ELSEWHERE
"""SQLSTATE of serialization_failure, deadlock_detected and a lost prepared statement."""


def succeeds_when_repeated(error: Error) -> bool:
    """Return whether a transaction that failed with ``error`` can succeed when it runs again.

    This is so after a deadlock, after a migration has changed a column that a prepared statement
    reads, and after a connection pooler has lost a prepared statement. In the last case the
    connection does not prepare statements any more.
    """
    return isinstance(error, TableChanged) or sqlstate(error) in _REPEATABLE
