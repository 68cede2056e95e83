"""Statements that are written with the ORM and compiled once per process.

Django builds the SQL of a query again each time it is executed, which takes several times as long
as PostgreSQL takes to answer. ``select`` and ``update`` turn a function that returns a queryset
into a statement. On PostgreSQL it is compiled at its first use, with the values replaced by
placeholders; in fast mode PostgreSQL also plans it once per connection. On SQLite the function is
called and the queryset executed each time.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from decimal import Decimal
from functools import cache, cached_property
from itertools import starmap
from threading import local
from typing import Any, Generic, ParamSpec, TypeVar, TypeVarTuple

from django.conf import settings
from django.db import connections, models
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models.sql import UpdateQuery
from django.db.utils import DEFAULT_DB_ALIAS

from shop.engine.postgresql.base import DatabaseWrapper

P = ParamSpec("P")
Row = TypeVar("Row")
Columns = TypeVarTuple("Columns")

Value = int | str | Decimal | list[int] | list[str] | None
"""What a statement takes: a value has the same type at each use."""

_Compiled = tuple[str, list[str]]


class _Thread(local):
    connection: BaseDatabaseWrapper


_thread = _Thread()


def _connection() -> BaseDatabaseWrapper:
    """Return the connection of this thread. Django looks it up each time, for 4 µs."""
    try:
        return _thread.connection
    except AttributeError:
        _thread.connection = connections[DEFAULT_DB_ALIAS]
        return _thread.connection


def fast_connection() -> DatabaseWrapper | None:
    """Return the connection of this thread if it is the engine's own, else None."""
    connection = _connection()
    return connection if isinstance(connection, DatabaseWrapper) else None


@cache
def compiles() -> bool:
    """Return whether statements are compiled: on PostgreSQL, in both modes."""
    is_left_out = "compiled_statements" in settings.SHOP_ENGINE_WITHOUT
    return _connection().vendor == "postgresql" and not is_left_out


def execute(sql: str, values: Sequence[Any]) -> Any:
    """Execute SQL, as a prepared statement in fast mode. Return a cursor with its rows.

    Read them before the next statement is executed. Only the values of ``%s`` may vary.
    """
    connection = _connection()
    if isinstance(connection, DatabaseWrapper):
        return connection.execute_prepared(sql, values)
    cursor = connection.cursor()
    cursor.execute(sql, values)
    return cursor


def send_with_next(sql: str, values: Sequence[Any], *, prepare: bool = True) -> None:
    """Execute SQL with the next statement or commit of the transaction; in plain mode at once."""
    connection = _connection()
    if isinstance(connection, DatabaseWrapper):
        connection.send_with_next(sql, values, prepare=prepare)
    else:
        execute(sql, values)


class _Statement:
    """SQL that is compiled at its first use, separately for each set of keyword arguments."""

    def __init__(self) -> None:
        """Compile nothing yet: models may still be loading."""
        self._compiled: dict[tuple[str, ...], _Compiled] = {}

    def query_of(self, values: dict[str, Any]) -> Any:
        """Return Django's query for the values."""
        raise NotImplementedError

    def compile(self, values: dict[str, Any]) -> tuple[str, list[Any]]:
        """Return the SQL, and the values in the order of its places."""
        names = tuple(values)
        if names not in self._compiled:
            marks = _marks(values)
            self._compiled[names] = _compile(self.query_of(marks), marks)
        sql, places = self._compiled[names]
        return sql, [values[place] for place in places]


class Select(_Statement, Generic[P, Row]):
    """The rows of a queryset. Made by ``select``."""

    def __init__(
        self,
        row: Callable[[*Columns], Row],
        build: Callable[P, models.QuerySet[Any, tuple[*Columns]]],
    ) -> None:
        """Take the function that makes a row, and the one that returns the queryset."""
        super().__init__()
        self._row = row
        self._build: Callable[..., models.QuerySet[Any, Any]] = build

    def query_of(self, values: dict[str, Any]) -> Any:
        """Return the SELECT for the values."""
        return self._build(**values).query

    def rows(self, *args: P.args, **values: P.kwargs) -> list[Row]:
        """Return all rows."""
        found: Iterable[Any] = (
            execute(*self.compile(values)).fetchall()
            if compiles()
            else self._build(*args, **values)
        )
        return list(starmap(self._row, found))

    def row(self, *args: P.args, **values: P.kwargs) -> Row | None:
        """Return the first row, or None."""
        rows = self.rows(*args, **values)
        return rows[0] if rows else None

    def lock_with_next_statement(self, *args: P.args, **values: P.kwargs) -> None:
        """Lock the rows of a ``select_for_update`` queryset before the next statement is executed.

        The next statement sees what was committed before the lock was granted. Needs a transaction.
        """
        if compiles():
            send_with_next(*self._keys.compile(values))
        elif _connection().features.has_select_for_update:
            list(self._build(*args, **values).values_list("pk"))

    @cached_property
    def _keys(self) -> "Select[..., tuple[object, ...]]":
        """The same lock, with only the primary keys as its result.

        After a migration has changed the type of a selected column, PostgreSQL refuses a prepared
        statement ("cached plan must not change result type"). The statement that the lock is sent
        with cannot handle that error. The type of a primary key does not change.
        """
        return Select(lambda *keys: keys, lambda **values: self._build(**values).values_list("pk"))


def select(
    row: Callable[[*Columns], Row],
) -> Callable[[Callable[P, models.QuerySet[Any, tuple[*Columns]]]], Select[P, Row]]:
    """Turn a function that returns a ``values_list`` queryset into a statement of typed rows.

    ``row`` is a NamedTuple with a field for each column; mypy compares their types. The function
    takes keyword arguments, which reach the SQL unchanged and do not change its shape.
    """
    return lambda build: Select(row, build)


class Update(_Statement, Generic[P]):
    """An UPDATE. Made by ``update``."""

    def __init__(
        self, build: Callable[P, tuple[models.QuerySet[Any, Any], Mapping[str, object]]]
    ) -> None:
        """Take the function that returns the queryset and the new values of columns."""
        super().__init__()
        self._build: Callable[..., tuple[models.QuerySet[Any, Any], Mapping[str, Any]]] = build

    def query_of(self, values: dict[str, Any]) -> Any:
        """Return the UPDATE for the values."""
        queryset, columns = self._build(**values)
        query: Any = queryset.query.chain(UpdateQuery)
        query.add_update_values(columns)
        return query

    def run(self, *args: P.args, **values: P.kwargs) -> int:
        """Execute it and return the number of rows that it changed."""
        if compiles():
            return int(execute(*self.compile(values)).rowcount)
        queryset, columns = self._build(*args, **values)
        return queryset.update(**columns)

    def send_with_next(self, *args: P.args, **values: P.kwargs) -> None:
        """Execute it with the next statement of the transaction, or with its commit.

        For rows that the caller has locked, where the number of rows is known.
        """
        if compiles():
            send_with_next(*self.compile(values))
        else:
            self.run(*args, **values)


def update(
    build: Callable[P, tuple[models.QuerySet[Any, Any], Mapping[str, object]]],
) -> Update[P]:
    """Turn a function that returns a queryset and the new values of columns into an UPDATE."""
    return Update(build)


def _marks(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return for each value one of its type that occurs nowhere else in the statement."""
    return {name: _mark(value, name, number) for number, (name, value) in enumerate(values.items())}


def _mark(value: Value, name: str, number: int) -> Value:
    if isinstance(value, list):
        is_text = bool(value) and isinstance(value[0], str)
        return [f"\ue000{name}"] if is_text else [2_147_480_000 + number]
    if isinstance(value, str):
        return f"\ue000{name}"
    return 2_147_480_000 + number if isinstance(value, int) else Decimal(f"0.{number}1234567")


def _compile(query: Any, marks: Mapping[str, Any]) -> _Compiled:
    """Return SQL with a place for each value, and the names of the values in the order of places.

    Other parameters of the query become literals: PostgreSQL cannot use a partial index of open
    orders for a status that it does not know when it plans.
    """
    connection = _connection()
    sql, parameters = query.get_compiler(connection=connection).as_sql()
    names = {key: name for name, mark in marks.items() for key in _keys(mark)}
    places = [names[_key(p)] for p in parameters if _key(p) in names]
    if set(places) != set(marks):
        raise ValueError(f"a value does not reach the statement unchanged: {sql}")
    with connection.cursor() as cursor:
        written = [_written(cursor, p, marks.get(names.get(_key(p), ""))) for p in parameters]
    return _fill_in(sql, written), places


def _keys(mark: Value) -> list[Any]:
    """Return how a mark shows among the parameters: IN has the elements of a list one by one."""
    return [tuple(mark), *mark] if isinstance(mark, list) else [mark]


def _key(parameter: Any) -> Any:
    return tuple(parameter) if isinstance(parameter, list) else parameter


def _written(cursor: Any, parameter: Any, mark: Value) -> str:
    """Return a place, "ANY" for a list that the query compares with IN, or a literal."""
    if mark is None:
        text: bytes = cursor.mogrify("%s", [parameter])
        return text.decode().replace("%", "%%")
    return "ANY" if isinstance(mark, list) and not isinstance(parameter, list) else "%s"


def _fill_in(sql: str, written: Sequence[str]) -> str:
    """Return SQL with its places filled in. ``IN (…)`` of a list becomes ``= ANY(…)``."""
    first, *pieces = sql.replace("%%", "\0").split("%s")
    for text, piece in zip(written, pieces, strict=True):
        if text == "ANY":
            first = first.removesuffix("IN (") + "= ANY(%s" + piece
        else:
            first += text + piece
    return first.replace("\0", "%%")


def fetch(sql: str, values: Sequence[Any]) -> list[tuple[Any, ...]]:
    """Execute hand-written SQL and return its rows.

    The SQL is prepared in fast mode, so it must be constant: only the values of ``%s`` may vary.
    """
    return list(execute(sql, values).fetchall())
