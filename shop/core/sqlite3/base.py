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

    def ask(self, sql: str, values: Sequence[Any]) -> Any:
        """Execute ``sql``; return a cursor with its rows, as ``shop.core.postgresql`` does."""
        cursor = self.cursor()
        cursor.execute(sql, values)
        return cursor

    def defer(self, sql: str, values: Sequence[Any]) -> None:
        """Execute ``sql`` at once: there is no round trip to spare."""
        self.ask(sql, values)
