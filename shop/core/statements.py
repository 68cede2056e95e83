"""Hot statements: written with the ORM, compiled once a process instead of once a request.

Django builds a query's SQL anew at each use, which costs several times what PostgreSQL takes to
answer it. Here ``build`` is an ordinary function from values to a queryset; PostgreSQL gets the SQL
of its first use, for each set of names, with the values of this one, and plans it once a connection
(``shop.core.postgresql``). SQLite takes the ORM's way each time: its rows need the ORM's
conversions.
"""

from collections.abc import Callable, Iterable, Sequence
from decimal import Decimal
from functools import cache, cached_property
from threading import local
from typing import Any

from django.db import IntegrityError, transaction
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import (
    BooleanField,
    CharField,
    DecimalField,
    ForeignKey,
    IntegerField,
    JSONField,
    Model,
    OneToOneField,
    PositiveIntegerField,
    QuerySet,
    TextField,
    UUIDField,
)
from django.db.models.expressions import DatabaseDefault
from django.db.models.sql import UpdateQuery
from django.db.transaction import get_connection

Connection = BaseDatabaseWrapper
Value = int | str | Decimal
_Compiled = tuple[str, list[str]]
_Statement = tuple[str, list[Value]]

_ROW_BY_ROW = 10
"""Rows up to which it is faster to insert each by the prepared statement of one."""


_here = local()


def _connection() -> Any:
    """Return this thread's connection, which Django looks up anew each time, for some 4 µs."""
    try:
        return _here.connection
    except AttributeError:
        _here.connection = get_connection()
        return _here.connection


class Select:
    """The rows of ``build(**values)``, a ``values_list`` whose shape the values do not change."""

    def __init__(self, build: Callable[..., QuerySet[Any, Any]]) -> None:
        """Compile nothing yet: models may still be loading."""
        self._build = build
        self._compiled: dict[tuple[str, ...], _Compiled] = {}

    def rows(self, **values: Value) -> list[tuple[Any, ...]]:
        """Return every row. A value has the same type at each use."""
        connection = _connection()
        if connection.vendor != "postgresql":
            return list(self._build(**values))
        rows: list[tuple[Any, ...]] = connection.ask(*self._compile(connection, values)).fetchall()
        return rows

    def row(self, **values: Value) -> tuple[Any, ...] | None:
        """Return the first row, if there is one."""
        rows = self.rows(**values)
        return rows[0] if rows else None

    def lock(self, **values: Value) -> None:
        """Lock the rows with the next statement, whose snapshot is of after that; return none."""
        connection = _connection()
        if connection.vendor == "postgresql":  # else the transaction is alone, and locks no rows
            connection.defer(*self._keys._compile(connection, values))  # noqa: SLF001 - this class's

    @cached_property
    def _keys(self) -> "Select":
        """The same rows by their keys alone, which no migration changes.

        What else is selected may change its type: then the next statement, which need not be one of
        these, would fail each time (``ask``).
        """
        return Select(lambda **values: self._build(**values).values_list("pk"))

    def _compile(self, connection: Any, values: dict[str, Value]) -> _Statement:
        names = tuple(values)
        if names not in self._compiled:
            marks = _marks(values)
            self._compiled[names] = _compile(connection, self._build(**marks).query, marks)
        sql, places = self._compiled[names]
        return sql, [values[place] for place in places]


class Update:
    """An UPDATE: ``build(**values)`` returns the queryset and what its columns become."""

    def __init__(self, build: Callable[..., tuple[QuerySet[Any, Any], dict[str, Any]]]) -> None:
        """Compile nothing yet."""
        self._build = build
        self._compiled: dict[tuple[str, ...], _Compiled] = {}

    def run(self, **values: Value) -> int:
        """Return how many rows it found."""
        connection = _connection()
        if connection.vendor != "postgresql":
            return self._run_by_orm(values)
        return int(connection.ask(*self._compile(connection, values)).rowcount)

    def defer(self, **values: Value) -> None:
        """Update rows that the caller has locked and looked at, with its next statement."""
        connection = _connection()
        if connection.vendor != "postgresql":
            self._run_by_orm(values)
        else:
            connection.defer(*self._compile(connection, values))

    def _run_by_orm(self, values: dict[str, Value]) -> int:
        queryset, columns = self._build(**values)
        return queryset.update(**columns)

    def _compile(self, connection: Any, values: dict[str, Value]) -> _Statement:
        names = tuple(values)
        if names not in self._compiled:
            marks = _marks(values)
            queryset, columns = self._build(**marks)
            query: Any = queryset.query.chain(UpdateQuery)
            query.add_update_values(columns)
            self._compiled[names] = _compile(connection, query, marks)
        sql, places = self._compiled[names]
        return sql, [values[place] for place in places]


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


def fetch(sql: str, values: Sequence[Any]) -> list[tuple[Any, ...]]:
    """Return the rows of hand-written SQL. Only what stands for its ``%s`` may vary by the call."""
    rows: list[tuple[Any, ...]] = _connection().ask(sql, values).fetchall()
    return rows


def defer(sql: str, values: Sequence[Any]) -> None:
    """Execute hand-written SQL whose outcome nobody waits for, as ``Insert`` does."""
    _connection().defer(sql, values)


class Insert:
    """New rows of a model, by the values of ``columns``; the database fills in the others."""

    def __init__(self, model: type[Model], *columns: str) -> None:
        """Compile nothing yet: models may still be loading."""
        self._model = model
        self._columns = columns
        self._compiled = ("", "")
        self._converted: list[tuple[int, Any]] = []

    def defer(self, rows: Iterable[Sequence[Any]]) -> None:
        """Insert rows, in their order.

        PostgreSQL gets them with the next statement of the caller's transaction, which it needs, or
        with its commit: that is where an IntegrityError shows.
        """
        batch = list(rows)
        connection = _connection()
        if connection.vendor != "postgresql":
            made = (self._model(**dict(zip(self._columns, row, strict=True))) for row in batch)
            self._model._default_manager.bulk_create(made)  # noqa: SLF001 - public
            return
        if not batch:
            return
        start, places = self._compiled if self._compiled[0] else self._compile()
        if self._converted:
            batch = [self._convert(connection, row) for row in batch]
        values = [value for row in batch for value in row]
        if len(batch) <= _ROW_BY_ROW:
            connection.defer(start + places, values, times=len(batch))
        else:
            connection.defer(start + ", ".join([places] * len(batch)), values, once=True)

    def _convert(self, connection: Any, row: Sequence[Any]) -> Sequence[Any]:
        """Return the row with its JSON values as psycopg2 takes them."""
        values = list(row)
        for index, field in self._converted:
            values[index] = field.get_db_prep_save(values[index], connection)
        return values

    def _compile(self) -> tuple[str, str]:
        """Return the SQL up to its rows, and the places of one row.

        Raises TypeError if a column is left out that nothing fills in.
        """
        fields = {field.attname: field for field in self._model._meta.concrete_fields}  # noqa: SLF001 - public
        for name, field in fields.items():
            if name not in self._columns and not _is_filled_in(field):
                raise TypeError(f"nothing fills in {name}")
        table = _quote(self._model._meta.db_table)  # noqa: SLF001 - public
        names = _names([fields[name] for name in self._columns])
        places = f"({', '.join(['%s'] * len(self._columns))})"
        self._converted = [
            (index, fields[name])
            for index, name in enumerate(self._columns)
            if isinstance(fields[name], JSONField)
        ]
        self._compiled = (f"INSERT INTO {table} ({names}) VALUES ", places)  # noqa: S608 - names of our own
        return self._compiled


def _is_filled_in(field: Any) -> bool:
    return field.null or field.has_db_default() or field is field.model._meta.auto_field  # noqa: SLF001 - public


def insert(row: Model, *, unless_there: bool = False) -> bool:
    """Insert a new row, and set on it what the database fills in.

    With ``unless_there``, a row that a unique constraint forbids is no error but a False; the
    transaction goes on, without a savepoint of its own on PostgreSQL.
    """
    connection = _connection()
    if connection.vendor != "postgresql":
        return _insert_by_orm(row, unless_there=unless_there)
    sql, given, filled = _insertion(type(row), unless_there, _stated(row))
    values = [
        getattr(row, field.attname) if is_plain else _value(connection, field, row)
        for field, is_plain in given
    ]
    found = connection.ask(sql, values).fetchone()
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


_PLAIN = {
    BooleanField,
    CharField,
    DecimalField,
    ForeignKey,
    IntegerField,
    OneToOneField,
    PositiveIntegerField,
    TextField,
    UUIDField,
}
"""Fields whose values, of the field's own type, psycopg2 sends as the ORM would."""


@cache
def _insertion(
    model: type[Model],
    unless_there: bool,  # noqa: FBT001 - a cache's key
    stated: tuple[str, ...],
) -> tuple[str, list[tuple[Any, bool]], list[Any]]:
    """Return the SQL, the fields it is given, and those that the database fills in.

    With each field it is given goes whether PostgreSQL takes its value as it is.
    """
    auto = model._meta.auto_field  # noqa: SLF001 - public
    fields = model._meta.concrete_fields  # noqa: SLF001 - public
    given = [
        field
        for field in fields
        if field is not auto and (field.attname in stated or not field.has_db_default())
    ]
    filled = [field for field in fields if field.primary_key or field not in given]
    table = _quote(model._meta.db_table)  # noqa: SLF001 - public
    places = ", ".join(["%s"] * len(given))
    otherwise = " ON CONFLICT DO NOTHING" if unless_there else ""
    sql = f"INSERT INTO {table} ({_names(given)}) VALUES ({places}){otherwise}"  # noqa: S608 - names of our own
    plain = [(field, type(field) in _PLAIN) for field in given]
    return f"{sql} RETURNING {_names(filled)}", plain, filled


def _value(connection: Connection, field: Any, row: Model) -> Any:
    return field.get_db_prep_save(field.pre_save(row, add=True), connection)


def _quote(name: str) -> str:
    quoted: str = _connection().ops.quote_name(name)
    return quoted


def _names(fields: list[Any]) -> str:
    return ", ".join(_quote(field.column) for field in fields)


def columns_of(model: type[Model], prefix: str = "") -> list[str]:
    """Return the model's columns, for ``values_list`` and then ``Model.from_db``.

    Without its JSON columns, whose values need the ORM's conversion: the model's instances load
    them when they are asked for.
    """
    fields = model._meta.concrete_fields  # noqa: SLF001 - public
    return [prefix + field.attname for field in fields if not isinstance(field, JSONField)]
