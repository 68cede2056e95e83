"""Hot statements: written with the ORM, compiled once a process instead of once a request.

Django builds a query's SQL anew at each use, which costs several times what PostgreSQL takes to
answer it. Here ``build`` is an ordinary function from values to a queryset; PostgreSQL gets the SQL
of its first use, for each set of names, with the values of this one, and plans it once a connection
(``shop.core.postgresql``). SQLite takes the ORM's way each time: its rows need the ORM's
conversions.
"""

from collections.abc import Callable, Sequence
from decimal import Decimal
from functools import cache
from itertools import groupby
from typing import Any

from django.db import IntegrityError, transaction
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import Model, QuerySet
from django.db.models.expressions import DatabaseDefault
from django.db.models.sql import UpdateQuery
from django.db.transaction import get_connection

Connection = BaseDatabaseWrapper
Value = int | str | Decimal
_Compiled = tuple[str, list[str]]

_ROW_BY_ROW = 10
"""Rows up to which it is faster to insert each by the prepared statement of one."""


class Select:
    """The rows of ``build(**values)``, a ``values_list`` whose shape the values do not change."""

    def __init__(self, build: Callable[..., QuerySet[Any, Any]]) -> None:
        """Compile nothing yet: models may still be loading."""
        self._build = build
        self._compiled: dict[tuple[str, ...], _Compiled] = {}

    def rows(self, **values: Value) -> list[tuple[Any, ...]]:
        """Return every row. A value has the same type at each use."""
        connection: Any = get_connection()
        if connection.vendor != "postgresql":
            return list(self._build(**values))
        compiled = self._compiled.get(tuple(values))
        if compiled is None:
            marks = _marks(values)
            compiled = _compile(connection, self._build(**marks).query, marks)
            self._compiled[tuple(values)] = compiled
        with connection.hot_cursor() as cursor:
            _execute(connection, cursor, compiled, values)
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
        connection: Any = get_connection()
        if connection.vendor != "postgresql":
            queryset, columns = self._build(**values)
            return queryset.update(**columns)
        compiled = self._compiled.get(tuple(values))
        if compiled is None:
            marks = _marks(values)
            queryset, columns = self._build(**marks)
            query: Any = queryset.query.chain(UpdateQuery)
            query.add_update_values(columns)
            compiled = self._compiled[tuple(values)] = _compile(connection, query, marks)
        with connection.hot_cursor() as cursor:
            _execute(connection, cursor, compiled, values)
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


def _compile(connection: Connection, query: Any, marks: dict[str, Value]) -> _Compiled:
    """Return SQL with a place for each value, and the values' names in the order of the places.

    Whatever else the query holds is written into the SQL: a plan for any status does not use an
    index of those that are open.
    """
    sql, parameters = query.get_compiler(connection=connection).as_sql()
    names = {mark: name for name, mark in marks.items()}
    places = [names[p] for p in parameters if p in names]
    if set(places) != set(marks):
        raise ValueError(f"a value does not reach the statement as it is: {sql}")
    with connection.cursor() as cursor:
        written = tuple("%s" if p in names else _literal(cursor, p) for p in parameters)
    return sql.replace("%%", "%%%%") % written, places


def _literal(cursor: Any, value: Any) -> str:
    text: bytes = cursor.mogrify("%s", [value])
    return text.decode().replace("%", "%%")


def _execute(connection: Any, cursor: Any, compiled: _Compiled, values: dict[str, Value]) -> None:
    sql, places = compiled
    connection.run(cursor, sql, [values[name] for name in places])


def execute(sql: str, values: Sequence[Any]) -> int:
    """Execute hand-written SQL; return how many rows it found.

    Only what stands for its ``%s`` may vary from call to call.
    """
    connection: Any = get_connection()
    with connection.hot_cursor() as cursor:
        connection.run(cursor, sql, values)
        return int(cursor.rowcount)


def fetch(sql: str, values: Sequence[Any]) -> list[tuple[Any, ...]]:
    """Return the rows of hand-written SQL, as ``execute``."""
    connection: Any = get_connection()
    with connection.hot_cursor() as cursor:
        connection.run(cursor, sql, values)
        rows: list[tuple[Any, ...]] = cursor.fetchall()
        return rows


def defer(sql: str, values: Sequence[Any]) -> None:
    """Execute hand-written SQL whose outcome nobody waits for, as ``insert_all``."""
    connection: Any = get_connection()
    with connection.hot_cursor() as cursor:
        connection.defer(cursor, connection.prepared(sql, len(values)), values)


def insert(row: Model, *, unless_there: bool = False) -> bool:
    """Insert a new row, and set on it what the database fills in.

    With ``unless_there``, a row that a unique constraint forbids is no error but a False; the
    transaction goes on, without a savepoint of its own on PostgreSQL.
    """
    connection: Any = get_connection()
    if connection.vendor != "postgresql":
        return _insert_by_orm(row, unless_there=unless_there)
    sql, given, filled = _insertion(type(row), unless_there, _stated(row))
    with connection.hot_cursor() as cursor:
        connection.run(cursor, sql, [_value(connection, field, row) for field in given])
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
    start, places, given = _insertions(model, stated)
    fields = model._meta.concrete_fields  # noqa: SLF001 - public
    filled = [field for field in fields if field.primary_key or field not in given]
    otherwise = " ON CONFLICT DO NOTHING" if unless_there else ""
    return f"{start}{places}{otherwise} RETURNING {_names(filled)}", given, filled


def insert_all(rows: Sequence[Model]) -> None:
    """Insert new rows, of one model or several, in their order; nothing is set on them.

    PostgreSQL gets all of it with the next statement of the caller's transaction, which it needs,
    or with its commit: that is where an IntegrityError shows.
    """
    connection: Any = get_connection()
    if connection.vendor != "postgresql":
        for model, group in groupby(rows, _model_of):
            model._default_manager.bulk_create(group)  # noqa: SLF001 - public
        return
    if not rows:
        return
    with connection.hot_cursor() as cursor:
        statements, values = [], []
        for model, group in groupby(rows, _model_of):
            start, places, fields = _insertions(model, ())
            batch = list(group)
            if len(batch) <= _ROW_BY_ROW:
                statements += [connection.prepared(start + places, len(fields))] * len(batch)
            else:
                statements.append(start + ", ".join([places] * len(batch)))
            values += [_value(connection, field, row) for row in batch for field in fields]
        connection.defer(cursor, "; ".join(statements), values)


@cache
def _insertions(model: type[Model], stated: tuple[str, ...]) -> tuple[str, str, list[Any]]:
    """Return the SQL up to its rows, the places of one row, and the fields that it is given.

    Those are all that the database does not fill in, and the ``stated`` ones.
    """
    auto = model._meta.auto_field  # noqa: SLF001 - public
    fields = model._meta.concrete_fields  # noqa: SLF001 - public
    given = [
        field
        for field in fields
        if field is not auto and (field.attname in stated or not field.has_db_default())
    ]
    places = f"({', '.join(['%s'] * len(given))})"
    table = _quote(model._meta.db_table)  # noqa: SLF001 - public
    return f"INSERT INTO {table} ({_names(given)}) VALUES ", places, given  # noqa: S608 - names of our own


def _model_of(row: Model) -> type[Model]:
    return type(row)


def _value(connection: Connection, field: Any, row: Model) -> Any:
    return field.get_db_prep_save(field.pre_save(row, add=True), connection)


def _quote(name: str) -> str:
    quoted: str = get_connection().ops.quote_name(name)
    return quoted


def _names(fields: list[Any]) -> str:
    return ", ".join(_quote(field.column) for field in fields)


def columns_of(model: type[Model], prefix: str = "") -> list[str]:
    """Return the model's columns, for ``values_list`` and then ``Model.from_db``."""
    return [prefix + field.attname for field in model._meta.concrete_fields]  # noqa: SLF001 - public
