"""Where Django looks for a backend's DatabaseWrapper."""

from collections.abc import Sequence
from typing import Any

from django.db.backends.sqlite3.base import DatabaseWrapper as SQLiteWrapper
from django.db.backends.sqlite3.features import DatabaseFeatures as SQLiteFeatures

from shop.core import words


class DatabaseFeatures(SQLiteFeatures):
    """Has JSON, as every SQLite since 3.38.

    Django finds out by a statement, inside whatever transaction comes first, and takes a locked
    database for one without JSON as long as the connection lives.
    """

    supports_json_field = True


class DatabaseWrapper(SQLiteWrapper):
    """Django's, with the features above and a function that weighs a product for a search."""

    features_class = DatabaseFeatures

    def get_new_connection(self, conn_params: Any) -> Any:
        """Connect, and teach the connection to search."""
        connection = super().get_new_connection(conn_params)
        connection.create_function("shop_score", 4, words.score, deterministic=True)
        return connection

    def hot_cursor(self) -> Any:
        """Return a cursor for ``run`` and ``defer``, as ``shop.core.postgresql`` has them."""
        return self.cursor()

    def run(self, cursor: Any, sql: str, values: Sequence[Any]) -> None:
        """Execute ``sql``: SQLite keeps what it has prepared by itself."""
        cursor.execute(sql, values)

    def defer(self, cursor: Any, sql: str, values: Sequence[Any]) -> None:
        """Execute ``sql`` at once: there is no round trip to spare."""
        cursor.execute(sql, values)

    def prepared(self, sql: str, places: int) -> str:
        """Return ``sql`` as it is."""
        return sql
