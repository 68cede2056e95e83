"""Rows of a shop's database by its URL, on either database, without Django."""

import sqlite3
from contextlib import closing
from typing import Any

from shop.testing.server import connect

_SQLITE = "sqlite:///"


def read(url: str, statement: str) -> list[tuple[Any, ...]]:
    """Run a statement, commit, and return its rows."""
    connection = sqlite3.connect(url[len(_SQLITE) :], 10) if is_sqlite(url) else connect(url)
    with closing(connection), connection, closing(connection.cursor()) as cursor:
        cursor.execute(statement)
        rows: list[tuple[Any, ...]] = cursor.fetchall()
    return rows


def is_sqlite(url: str) -> bool:
    """Return whether a URL names an SQLite file."""
    return url.startswith(_SQLITE)
