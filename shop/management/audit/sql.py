"""Results of SQL, which may be too large for the memory."""

from collections.abc import Iterator
from typing import Any

from django.db import connection

CHUNK = 10_000


def rows(sql: str) -> Iterator[tuple[Any, ...]]:
    """Yield the rows, fetched in chunks."""
    with connection.cursor() as cursor:
        cursor.execute(sql)
        while chunk := cursor.fetchmany(CHUNK):
            yield from chunk
