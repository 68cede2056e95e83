"""What the shop sets on each new SQLite connection; importing this module connects the signal."""

from typing import Any

from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.signals import connection_created
from django.dispatch import receiver

from shop.core import words


@receiver(connection_created)
def prepare_connection(connection: BaseDatabaseWrapper, **_: Any) -> None:
    """Add the function that ranks search results, and say that JSON is supported.

    Every SQLite since 3.38 supports JSON. Django finds out with a statement inside the first
    transaction, and takes a locked database for one without JSON.
    """
    if connection.vendor == "sqlite":
        connection.features.supports_json_field = True
        raw: Any = connection.connection
        raw.create_function("shop_score", 4, words.score, deterministic=True)
