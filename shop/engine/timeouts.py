"""Time-outs of statements, for commands that need more time than a request."""

from django.conf import settings
from django.db import connections
from django.db.utils import DEFAULT_DB_ALIAS

from shop.engine.statements import fast_connection


def lift_statement_timeout() -> None:
    """Let the statements of this thread's connection take as long as they need.

    Behind a pooler, Django's own backend keeps the time-outs of the role: a value set here would
    stay on the pooler's connection. Commands that need longer connect to PostgreSQL directly.
    """
    connection = connections[DEFAULT_DB_ALIAS]
    if (fast := fast_connection()) is not None:
        fast.lift_statement_timeout()
    elif connection.vendor == "postgresql" and not settings.DATABASE_POOLER:
        with connection.cursor() as cursor:
            cursor.execute("SET statement_timeout = 0")
