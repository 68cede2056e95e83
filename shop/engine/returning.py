"""UPDATE statements that return the rows that they changed, which saves a SELECT."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Generic, ParamSpec, TypeVar

from django.db import connections, models
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models.sql import UpdateQuery
from django.db.utils import DEFAULT_DB_ALIAS

from shop.engine.statements import Update, compiles, execute

P = ParamSpec("P")
Row = TypeVar("Row")


class UpdateAndRead(Update[P], Generic[P, Row]):
    """An UPDATE that returns the changed rows as they are afterwards. Made by ``update_and_read``.

    The rows stay locked until the transaction ends.
    """

    def __init__(
        self,
        row: Callable[..., Row],
        columns: Sequence[Any],
        build: Callable[P, tuple[models.QuerySet[Any, Any], Mapping[str, object]]],
    ) -> None:
        """Take the function that makes a row, its columns, and the function of an UPDATE."""
        super().__init__(build)
        self._row = row
        self._columns = columns

    def query_of(self, values: dict[str, Any]) -> "_Returning":
        """Return the UPDATE for the values, with its columns."""
        queryset, changes = self._build(**values)
        query: Any = queryset.query.chain(UpdateQuery)
        query.add_update_values(changes)
        return _Returning(query, queryset.values_list(*self._columns).query)

    def row(self, *args: P.args, **values: P.kwargs) -> Row | None:
        """Execute it; return the changed row, or None if it changed none."""
        if compiles():
            found = execute(*self.compile(values)).fetchone()
        else:
            found = self.query_of(values).get_compiler(connections[DEFAULT_DB_ALIAS]).fetch_one()
        return None if found is None else self._row(*found)


class _Returning:
    """An UPDATE and the SELECT of its columns, which compiles as a query of Django does."""

    def __init__(self, update: Any, select: Any) -> None:
        self._update = update
        self._select = select

    def get_compiler(self, connection: BaseDatabaseWrapper) -> "_Returning":
        """Compile for a connection."""
        self._connection = connection
        return self

    def as_sql(self) -> tuple[str, tuple[Any, ...]]:
        """Return the SQL and its parameters."""
        sql, parameters = self._update.get_compiler(connection=self._connection).as_sql()
        columns = [compiled for _, compiled, _ in self._compiled_select().select]
        names = ", ".join(name for name, _ in columns)
        more = (value for _, values in columns for value in values)
        return f"{sql} RETURNING {names}", (*parameters, *more)

    def fetch_one(self) -> Sequence[Any] | None:
        """Execute it as the ORM would, and return the first row."""
        compiler = self._compiled_select()
        with self._connection.cursor() as cursor:
            cursor.execute(*self.as_sql())
            found = cursor.fetchall()
        converters = compiler.get_converters([column for column, _, _ in compiler.select])
        converted = compiler.apply_converters(found, converters) if converters else found
        return next(iter(converted), None)

    def _compiled_select(self) -> Any:
        compiler = self._select.get_compiler(connection=self._connection)
        compiler.setup_query()
        return compiler


def update_and_read(
    row: Callable[..., Row], *columns: Any
) -> Callable[
    [Callable[P, tuple[models.QuerySet[Any, Any], Mapping[str, object]]]], UpdateAndRead[P, Row]
]:
    """Turn a function as for ``update`` into an UPDATE that returns its rows.

    ``columns`` are the arguments of ``values_list``, from which ``row`` makes a row.
    """
    return lambda build: UpdateAndRead(row, columns, build)
