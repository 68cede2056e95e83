"""Empty the tables after a test that is marked ``django_db(transaction=True)``.

Django truncates all tables and then adds content types and permissions again, which takes longer
than most of these tests.
"""

from functools import cache
from typing import Any

from django.core.management.color import no_style
from django.db import connection

_KEPT = {"django_migrations", "django_content_type", "auth_permission"}
"""Tables whose rows depend on the models only."""


def empty_tables(test_case: Any) -> None:
    """Delete all rows of the models. Replaces ``TransactionTestCase._fixture_teardown``."""
    connection.ops.execute_sql_flush(_statements())


@cache
def _statements() -> list[str]:
    tables = connection.introspection.django_table_names(only_existing=True, include_views=False)
    names = sorted({*tables} - _KEPT)
    if connection.vendor == "sqlite":
        return connection.ops.sql_flush(no_style(), names)
    # Constraints are deferred to the end of the transaction, so the order does not matter.
    return [";".join(f'DELETE FROM "{name}"' for name in names)]  # noqa: S608
