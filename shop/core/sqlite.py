"""The setting of each new SQLite connection. Importing this module connects the signal."""

from typing import Any

from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.signals import connection_created
from django.dispatch import receiver


@receiver(connection_created)
def prepare_connection(connection: BaseDatabaseWrapper, **_: Any) -> None:
    """Declare that JSON is supported, as it is in every SQLite since 3.38.

    Django tests it with a statement inside the first transaction, and concludes from a locked
    database that JSON is not supported.
    """
    if connection.vendor == "sqlite":
        connection.features.supports_json_field = True
