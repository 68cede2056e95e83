"""Rows of a subquery as one JSON array: what belongs to a row comes with it, in one statement."""

from typing import Any

from django.db.models import JSONField, QuerySet, Subquery
from django.db.models.functions import JSONObject


class JSONRows(Subquery):
    """A list of objects, one for each row of ``queryset``; their members are ``fields``.

    The queryset's order is the list's. Numbers that have to be exact are cast to text by the
    caller: JSON's are floats.
    """

    template = "(SELECT COALESCE(jsonb_agg(row_.member), '[]'::jsonb) FROM (%(subquery)s) row_)"

    def __init__(
        self, queryset: QuerySet[Any, Any], *, limit: int | None = None, **fields: Any
    ) -> None:
        """``fields`` by name: a field's name, or an expression."""
        super().__init__(
            queryset.values(member=JSONObject(**fields))[:limit], output_field=JSONField()
        )

    def as_sqlite(self, compiler: Any, connection: Any, **extra: Any) -> Any:
        """Write it with SQLite's functions."""
        template = "(SELECT json_group_array(json(row_.member)) FROM (%(subquery)s) row_)"
        return self.as_sql(compiler, connection, template=template, **extra)
