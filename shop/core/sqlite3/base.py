"""Where Django looks for a backend's DatabaseWrapper."""

from django.db.backends.sqlite3.base import DatabaseWrapper as SQLiteWrapper
from django.db.backends.sqlite3.features import DatabaseFeatures as SQLiteFeatures


class DatabaseFeatures(SQLiteFeatures):
    """Has JSON, as every SQLite since 3.38.

    Django finds out by a statement, inside whatever transaction comes first, and takes a locked
    database for one without JSON as long as the connection lives.
    """

    supports_json_field = True


class DatabaseWrapper(SQLiteWrapper):
    """Django's, with the features above."""

    features_class = DatabaseFeatures
