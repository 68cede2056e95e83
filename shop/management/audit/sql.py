"""Hand-written SQL over sets of rows that are too large for the ORM."""

from collections.abc import Iterator
from typing import Any

from django.db import connection

CHUNK = 10_000


def rows(sql: str) -> Iterator[tuple[Any, ...]]:
    """Yield each row, in chunks."""
    with connection.cursor() as cursor:
        cursor.execute(sql)
        while chunk := cursor.fetchmany(CHUNK):
            yield from chunk
