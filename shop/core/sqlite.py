"""The settings of each new SQLite connection. Importing this module connects the signal."""

import sqlite3
from typing import Any

import django
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.signals import connection_created
from django.dispatch import receiver


@receiver(connection_created)
def prepare_connection(connection: BaseDatabaseWrapper, **_: Any) -> None:
    """Declare that JSON is supported, and how many parameters a statement may have.

    JSON is supported by every SQLite since 3.38. Django tests it with a statement inside the first
    transaction, and concludes from a locked database that JSON is not supported. Before Django 6 it
    also splits statements at 999 parameters, the limit of a SQLite before 3.32.
    """
    if connection.vendor == "sqlite":
        connection.features.supports_json_field = True
        if django.VERSION < (6,):
            limit = connection.connection.getlimit(sqlite3.SQLITE_LIMIT_VARIABLE_NUMBER)
            connection.features.max_query_params = limit
