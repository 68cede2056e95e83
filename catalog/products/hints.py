"""Hints for SQLite's planner, which PostgreSQL does not need."""

from typing import Any

from django.db.models import Func
from django.db.models.lookups import IsNull
from django.db.models.sql.compiler import SQLCompiler


class HasNoParent(IsNull):
    """Whether a row is a product, and not a variant.

    SQLite's statistics know how many rows an average value has. The products without a parent would
    be as few as the variants of one product, so that it would read all of them by that index.
    """

    def as_sqlite(self, compiler: SQLCompiler, connection: Any) -> Any:
        """Add a probability."""
        sql, params = self.as_sql(compiler, connection)
        return f"likelihood({sql}, 0.5)", params


class Unindexed(Func):
    """A column by which SQLite does not begin to read a join."""

    template = "%(expressions)s"
    arity = 1

    def as_sqlite(self, compiler: SQLCompiler, connection: Any, **context: Any) -> Any:
        """Add a plus, with which the planner does not search an index for the column."""
        return self.as_sql(compiler, connection, template="+%(expressions)s", **context)
