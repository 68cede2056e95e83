"""Hot statements: written with the ORM, compiled once a process instead of once a request.

Django builds a query's SQL anew at each use, which costs several times what PostgreSQL takes to
answer it. Here ``build`` is an ordinary function from values to a queryset; PostgreSQL gets the SQL
of its first use, for each set of names, with the values of this one. SQLite takes the ORM's way
each time: its rows need the ORM's conversions.
"""

from collections.abc import Callable
from decimal import Decimal
from functools import cache
from typing import Any

from django.db import IntegrityError, connection, transaction
from django.db.models import Model, QuerySet
from django.db.models.expressions import DatabaseDefault
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
    return 2_147_480_000 + number if kind is int else Decimal(f"0.{number}1234567")


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


def insert(row: Model, *, unless_there: bool = False) -> bool:
    """Insert a new row, and set on it what the database fills in.

    With ``unless_there``, a row that a unique constraint forbids is no error but a False; the
    transaction goes on, without a savepoint of its own on PostgreSQL.
    """
    if connection.vendor != "postgresql":
        return _insert_by_orm(row, unless_there=unless_there)
    sql, given, filled = _insertion(type(row), unless_there, _stated(row))
    with connection.cursor() as cursor:
        values = [f.get_db_prep_save(f.pre_save(row, add=True), connection) for f in given]
        cursor.execute(sql, values)
        found = cursor.fetchone()
    for field, value in zip(filled, found or (), strict=False):
        setattr(row, field.attname, value)
    row._state.adding = found is None  # noqa: SLF001 - as the ORM notes it
    return found is not None


def _insert_by_orm(row: Model, *, unless_there: bool) -> bool:
    try:
        with transaction.atomic(savepoint=unless_there):
            row.save(force_insert=True)
    except IntegrityError:
        if not unless_there:
            raise
        return False
    return True


def _stated(row: Model) -> tuple[str, ...]:
    """Return the columns whose default the row does not leave to the database."""
    return tuple(
        name
        for name in _defaulted(type(row))
        if not isinstance(getattr(row, name), DatabaseDefault)
    )


@cache
def _defaulted(model: type[Model]) -> list[str]:
    return [f.attname for f in model._meta.concrete_fields if f.has_db_default()]  # noqa: SLF001 - public


@cache
def _insertion(
    model: type[Model],
    unless_there: bool,  # noqa: FBT001 - a cache's key
    stated: tuple[str, ...],
) -> tuple[str, list[Any], list[Any]]:
    """Return the SQL, the fields it is given, and those that the database fills in."""
    fields = list(model._meta.concrete_fields)  # noqa: SLF001 - public
    given = [
        field
        for field in fields
        if field is not model._meta.auto_field  # noqa: SLF001
        and (field.attname in stated or not field.has_db_default())
    ]
    filled = [field for field in fields if field.primary_key or field not in given]
    names = _names(given)
    places = ", ".join(["%s"] * len(given))
    otherwise = " ON CONFLICT DO NOTHING" if unless_there else ""
    table = connection.ops.quote_name(model._meta.db_table)  # noqa: SLF001 - public
    sql = f"INSERT INTO {table} ({names}) VALUES ({places}){otherwise} RETURNING {_names(filled)}"  # noqa: S608 - names of our own
    return sql, given, filled


def _names(fields: list[Any]) -> str:
    return ", ".join(connection.ops.quote_name(field.column) for field in fields)


def columns_of(model: type[Model], prefix: str = "") -> list[str]:
    """Return the model's columns, for ``values_list`` and then ``Model.from_db``."""
    return [prefix + field.attname for field in model._meta.concrete_fields]  # noqa: SLF001 - public
