"""Time-outs of statements and locks, for commands that need others than a request."""

from django.conf import settings
from django.db import connections
from django.db.utils import DEFAULT_DB_ALIAS

from shop.engine.statements import fast_connection


def lift_statement_timeout() -> None:
    """Let the statements of this thread's connection take as long as they need.

    Behind a pooler, Django's own backend keeps the time-outs of the role: a value set here would
    stay on the pooler's connection. Commands that need longer connect to PostgreSQL directly.
    """
    _set("statement_timeout", "0")


def set_lock_timeout(value: str) -> None:
    """Let the statements of this thread's connection wait this long for each lock, such as 3s.

    Behind a pooler, Django's own backend keeps the time-out of the role.
    """
    _set("lock_timeout", value)


def _set(name: str, value: str) -> None:
    connection = connections[DEFAULT_DB_ALIAS]
    if (fast := fast_connection()) is not None:
        fast.set_timeout(name, value)
    elif connection.vendor == "postgresql" and not settings.DATABASE_POOLER:
        with connection.cursor() as cursor:
            cursor.execute(f"SET {name} = '{value}'")
