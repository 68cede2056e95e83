"""Queries of readings, at a limited cost."""

from datetime import datetime
from typing import Any

from django.db import connection
from django.db.models import QuerySet
from django.db.models.functions import Now

NEWEST = 100_000
"""Rows that are counted. A count of all would take longer and longer as the shop grows."""


def count_by_status(rows: QuerySet[Any]) -> dict[str, int]:
    """Return the number of rows by their ``status``, of the newest ``NEWEST`` rows."""
    sql, values = rows.order_by("-pk").values("status")[:NEWEST].query.sql_with_params()
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT status, count(*) FROM ({sql}) AS newest GROUP BY status", values)  # noqa: S608 - Django's SQL
        return dict(cursor.fetchall())


def age_of_first(rows: QuerySet[Any], column: str = "created_at") -> float:
    """Return the age in seconds of the first row, by id if the rows have no order; 0 if none."""
    ordered = rows if rows.ordered else rows.order_by("pk")
    row: tuple[datetime, datetime] | None = ordered.values_list(column, Now()).first()
    return 0.0 if row is None else max(0.0, (row[1] - row[0]).total_seconds())
