"""Hints for SQLite's planner, which PostgreSQL does not need."""

from collections.abc import Sequence
from typing import Any, ClassVar

from django.db.models import Func
from django.db.models.lookups import BuiltinLookup, IsNull
from django.db.models.sql.compiler import SQLCompiler


class WithLikelihood(BuiltinLookup[Any]):
    """A lookup that comes with its probability on SQLite."""

    likelihood: ClassVar[str]
    """A decimal fraction from 0.0 to 1.0, as SQL has it."""

    def as_sqlite(self, compiler: SQLCompiler, connection: Any) -> tuple[str, Sequence[Any]]:
        """Add the probability. A function would get ``= True`` from Django 6 on SQLite."""
        sql, params = self.as_sql(compiler, connection)
        return f"likelihood({sql}, {self.likelihood})", params


class HasNoParent(WithLikelihood, IsNull):
    """Whether a row is a product, and not a variant.

    SQLite's statistics know how many rows an average value has. The products without a parent would
    be as few as the variants of one product, so that it would read all of them by that index.
    """

    likelihood = "0.5"


class Unindexed(Func):
    """A column by which SQLite does not begin to read a join."""

    template = "%(expressions)s"
    arity = 1

    def as_sqlite(
        self, compiler: SQLCompiler, connection: Any, **context: Any
    ) -> tuple[str, tuple[str | int, ...]]:
        """Add a plus, with which the planner does not search an index for the column."""
        return self.as_sql(compiler, connection, template="+%(expressions)s", **context)
