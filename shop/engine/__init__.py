"""How the shop is made fast: what the rest of the code may call, and what it gets.

The setting ``SHOP_ENGINE`` selects one of two implementations. ``plain`` is the ORM on Django's own
database backends and any WSGI server. ``fast``, the default on PostgreSQL, is a database backend,
a response cache and an ASGI server of the shop's own. SQLite is always plain. The engine imports
nothing of the shop, and the shop imports nothing of the engine but what this package and
``shop.engine.responses`` name.

==============================  ==================================  ==========================
call                            plain                               fast
==============================  ==================================  ==========================
``@select(Row)``: ``rows()``,   builds and executes the queryset    executes a prepared
``row()``                                                           statement
``lock_with_next_statement()``  locks the rows at once              sends the lock together
                                                                    with the next statement
``@update``: ``run()``          ``QuerySet.update()``               executes a prepared
                                                                    statement
``send_with_next()``            executes at once                    sends the statement with
                                                                    the next one or COMMIT
``Insert``, ``insert()``        ``bulk_create()``, ``save()``       as above
``fetch()``                     ``cursor.execute()``                as above
``succeeds_when_repeated()``    after a deadlock                    also after a lost prepared
                                                                    statement
==============================  ==================================  ==========================

A call has taken effect when it returns, unless its name says otherwise (``…_with_next…``). What is
sent with the next statement is executed before that statement, in the same transaction, and its
error is raised there.
"""

from django.db.utils import Error

from shop.engine.errors import sqlstate
from shop.engine.expressions import ValueByKey
from shop.engine.inserts import Insert, insert
from shop.engine.parts import is_fast, uses
from shop.engine.rows import columns_of, instance_of
from shop.engine.statements import (
    Select,
    Update,
    fast_connection,
    fetch,
    select,
    send_with_next,
    update,
)
from shop.engine.timeouts import lift_statement_timeout

__all__ = [
    "Insert",
    "Select",
    "Update",
    "ValueByKey",
    "columns_of",
    "fetch",
    "insert",
    "instance_of",
    "is_fast",
    "lift_statement_timeout",
    "select",
    "send_with_next",
    "sqlstate",
    "succeeds_when_repeated",
    "update",
    "uses",
]

_DEADLOCK = frozenset({"40001", "40P01"})
"""SQLSTATE of serialization_failure and deadlock_detected (PostgreSQL, appendix A)."""


def succeeds_when_repeated(error: Error) -> bool:
    """Return whether a transaction that failed by ``error`` can succeed when it runs again.

    PostgreSQL undid it to break a deadlock, or a connection pooler lost a prepared statement; the
    connection prepares nothing from then on.
    """
    if sqlstate(error) in _DEADLOCK:
        return True
    connection = fast_connection()
    return connection is not None and connection.succeeds_when_repeated(error)
