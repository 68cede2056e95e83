"""Hot statements: written with the ORM, compiled once a process instead of once a request.

Django builds a query's SQL anew at each use, which costs several times what PostgreSQL takes to
answer it. Here ``build`` is an ordinary function from values to a queryset; PostgreSQL gets the SQL
of its first use, for each set of names, with the values of this one. SQLite takes the ORM's way
each time: its rows need the ORM's conversions.
"""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

from django.db import connection
from django.db.models import Model, QuerySet
from django.db.models.sql import UpdateQuery

Value = int | str | Decimal
_Compiled = tuple[str, list[Any]]


class Select:
    """The rows of ``build(**values)``, a ``values_list`` whose shape the values do not change."""

    def __init__(self, build: Callable[..., QuerySet[Any, Any]]) -> None:
        """Compile nothing yet: models may still be loading."""
        self._build = build
        self._compiled: dict[tuple[str, ...], _Compiled] = {}

    def rows(self, **values: Value) -> list[tuple[Any, ...]]:
        """Return every row. A value has the same type at each use."""
        if connection.vendor != "postgresql":
            return list(self._build(**values))
        compiled = self._compiled.get(tuple(values))
        if compiled is None:
            marks = _marks(values)
            compiled = _compile(self._build(**marks).query, marks)
            self._compiled[tuple(values)] = compiled
        with connection.cursor() as cursor:
            _execute(cursor, compiled, values)
            return cursor.fetchall()  # type: ignore[no-any-return]

    def row(self, **values: Value) -> tuple[Any, ...] | None:
        """Return the first row, if there is one."""
        rows = self.rows(**values)
        return rows[0] if rows else None


class Update:
    """An UPDATE: ``build(**values)`` returns the queryset and what its columns become."""

    def __init__(self, build: Callable[..., tuple[QuerySet[Any, Any], dict[str, Any]]]) -> None:
        """Compile nothing yet."""
        self._build = build
        self._compiled: dict[tuple[str, ...], _Compiled] = {}

    def run(self, **values: Value) -> int:
        """Return how many rows it found."""
        if connection.vendor != "postgresql":
            queryset, columns = self._build(**values)
            return queryset.update(**columns)
        compiled = self._compiled.get(tuple(values))
        if compiled is None:
            marks = _marks(values)
            queryset, columns = self._build(**marks)
            query: Any = queryset.query.chain(UpdateQuery)
            query.add_update_values(columns)
            compiled = self._compiled[tuple(values)] = _compile(query, marks)
        with connection.cursor() as cursor:
            _execute(cursor, compiled, values)
            return int(cursor.rowcount)


def _marks(values: dict[str, Value]) -> dict[str, Value]:
    """Return for each value one of its type that no query of ours holds, and no other value has."""
    return {
        name: _mark(type(value), name, number)
        for number, (name, value) in enumerate(values.items())
    }


def _mark(kind: type[Value], name: str, number: int) -> Value:
    if kind is str:
        return f"\ue000{name}"
    return 4_611_686_018_427_380_000 + number if kind is int else Decimal(f"0.{number}1234567")


def _compile(query: Any, marks: dict[str, Value]) -> _Compiled:
    """Return SQL and parameters, the place of each value held by its name in a one-tuple."""
    sql, parameters = query.get_compiler(connection=connection).as_sql()
    names = {mark: name for name, mark in marks.items()}
    places = [(names[p],) if p in names else p for p in parameters]
    if {p[0] for p in places if isinstance(p, tuple)} != set(marks):
        raise ValueError(f"a value does not reach the statement as it is: {sql}")
    return sql, places


def _execute(cursor: Any, compiled: _Compiled, values: dict[str, Value]) -> None:
    sql, places = compiled
    cursor.execute(sql, [values[p[0]] if isinstance(p, tuple) else p for p in places])


def columns_of(model: type[Model], prefix: str = "") -> list[str]:
    """Return the model's columns, for ``values_list`` and then ``Model.from_db``."""
    return [prefix + field.attname for field in model._meta.concrete_fields]  # noqa: SLF001 - public
