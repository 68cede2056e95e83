"""Related rows as a JSON array of a subquery, so that one statement reads a row with them."""

from typing import Any

from django.db.models import JSONField, QuerySet, Subquery
from django.db.models.functions import JSONObject


class JSONRows(Subquery):
    """A list of objects, one for each row of ``queryset``; their members are ``fields``.

    The list has the order of the queryset. Cast decimals to text: numbers in JSON are floats.
    """

    template = "(SELECT COALESCE(jsonb_agg(row_.member), '[]'::jsonb) FROM (%(subquery)s) row_)"

    def __init__(
        self, queryset: QuerySet[Any, Any], *, limit: int | None = None, **fields: Any
    ) -> None:
        """``fields`` are the members by name, each the name of a field or an expression."""
        super().__init__(
            queryset.values(member=JSONObject(**fields))[:limit], output_field=JSONField()
        )

    def as_sqlite(self, compiler: Any, connection: Any, **extra: Any) -> Any:
        """Use the JSON functions of SQLite."""
        template = "(SELECT json_group_array(json(row_.member)) FROM (%(subquery)s) row_)"
        return self.as_sql(compiler, connection, template=template, **extra)
