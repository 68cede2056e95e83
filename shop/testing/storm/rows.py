"""Statements on the database of a shop, PostgreSQL or SQLite, without Django."""

import sqlite3
from contextlib import closing
from typing import Any

from shop.testing.server import connect

_SQLITE = "sqlite:///"


def read(url: str, statement: str) -> list[tuple[Any, ...]]:
    """Execute a statement, commit, and return its rows."""
    connection = (
        sqlite3.connect(url[len(_SQLITE) :], timeout=60) if is_sqlite(url) else connect(url)
    )
    with closing(connection), connection, closing(connection.cursor()) as cursor:
        cursor.execute(statement)
        rows: list[tuple[Any, ...]] = cursor.fetchall()
    return rows


def is_sqlite(url: str) -> bool:
    """Return whether this is the URL of an SQLite database."""
    return url.startswith(_SQLITE)
