"""INSERT statements that are compiled once per process; plain ORM inserts on SQLite."""

import json
from collections.abc import Iterable, Sequence
from functools import cache
from typing import Any

import orjson
from django.db import IntegrityError, connections, transaction
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
    PositiveSmallIntegerField,
    TextField,
    UUIDField,
)
from django.db.models.expressions import DatabaseDefault
from django.db.utils import DEFAULT_DB_ALIAS

from shop.engine.statements import compiles, execute, send_with_next

_MAX_PREPARED_ROWS = 10
"""Up to this number of rows, the statement is prepared, once for each number.

One statement for all rows lets PostgreSQL prepare the check constraints of the table once.
"""

_PLAIN = {
    BooleanField,
    CharField,
    DecimalField,
    ForeignKey,
    IntegerField,
    OneToOneField,
    PositiveIntegerField,
    PositiveSmallIntegerField,
    TextField,
    UUIDField,
}
"""Fields whose values psycopg2 sends as the ORM would, without a conversion."""
_CONVERSIONS = ("pre_save", "get_prep_value", "get_db_prep_value", "get_db_prep_save")


class Insert:
    """An INSERT of values for some columns of a model. The database fills in the others."""

    def __init__(self, model: type[Model], *columns: str) -> None:
        """Compile nothing yet: models may still be loading."""
        self._model = model
        self._columns = columns
        self._compiled = ("", "")
        self._json: list[tuple[int, JSONField[Any, Any]]] = []

    def send_with_next(self, rows: Iterable[Sequence[Any]]) -> None:
        """Insert rows, in this order, with the next statement of the transaction or its commit.

        If a constraint refuses a row, the call of that statement raises the IntegrityError.
        """
        batch = list(rows)
        if not compiles():
            made = (self._model(**dict(zip(self._columns, row, strict=True))) for row in batch)
            self._model._default_manager.bulk_create(made)  # noqa: SLF001 - public
            return
        if not batch:
            return
        start, places = self._compiled if self._compiled[0] else self._compile()
        if self._json:
            batch = [self._with_json(row) for row in batch]
        values = [value for row in batch for value in row]
        sql = start + ", ".join([places] * len(batch))
        send_with_next(sql, values, prepare=len(batch) <= _MAX_PREPARED_ROWS)

    def insert(self, *row: Any) -> Any:
        """Insert one row at once, and return its primary key."""
        if not compiles():
            made = self._model(**dict(zip(self._columns, row, strict=True)))
            made.save(force_insert=True)
            return made.pk
        start, places = self._compiled if self._compiled[0] else self._compile()
        key = _names([self._model._meta.pk])  # noqa: SLF001 - public
        return execute(f"{start}{places} RETURNING {key}", self._with_json(row)).fetchone()[0]

    def _with_json(self, row: Sequence[Any]) -> Sequence[Any]:
        """Return the row with its JSON values as text."""
        values = list(row)
        for index, field in self._json:
            if values[index] is not None:
                values[index] = _as_json(values[index], field)
        return values

    def _compile(self) -> tuple[str, str]:
        """Return the SQL up to its rows, and the places of one row.

        Raises TypeError if a column is left out that the database does not fill in.
        """
        fields = {field.attname: field for field in self._model._meta.concrete_fields}  # noqa: SLF001 - public
        for name, field in fields.items():
            if name not in self._columns and not _is_filled_in(field):
                raise TypeError(f"nothing fills in {name}")
        table = _quote(self._model._meta.db_table)  # noqa: SLF001 - public
        names = _names([fields[name] for name in self._columns])
        places = f"({', '.join(['%s'] * len(self._columns))})"
        self._json = [
            (index, field)
            for index, name in enumerate(self._columns)
            if isinstance(field := fields[name], JSONField)
        ]
        self._compiled = (f"INSERT INTO {table} ({names}) VALUES ", places)  # noqa: S608 - names of our own
        return self._compiled


def _is_filled_in(field: Any) -> bool:
    return field.null or field.has_db_default() or field is field.model._meta.auto_field  # noqa: SLF001 - public


def insert(row: Model, *, unless_exists: bool = False) -> bool:
    """Insert a new row, and set the attributes that the database filled in. Return True.

    With ``unless_exists``, return False if a unique constraint forbids the row. The transaction can
    continue.
    """
    if not compiles():
        return _insert_by_orm(row, unless_exists=unless_exists)
    sql, given, filled = _insertion(type(row), unless_exists, _stated(row))
    values = [
        getattr(row, field.attname) if is_plain else _value(field, row) for field, is_plain in given
    ]
    found = execute(sql, values).fetchone()
    if found is not None:
        _fill_in(row, filled, found)
    return found is not None


def insert_many(rows: Sequence[Model], *, size: int = 500) -> None:
    """Insert new rows, in this order, and set the attributes that the database filled in.

    All rows are of one model, and have the ids of the rows that they refer to. ``size`` is the
    number of rows in one statement.
    """
    if not rows:
        return
    if not compiles():
        type(rows[0])._default_manager.bulk_create(rows, batch_size=size)  # noqa: SLF001 - public
        return
    for start in range(0, len(rows), size):
        _insert_together(rows[start : start + size])


def _insert_together(rows: Sequence[Model]) -> None:
    """Insert rows with one statement, or one for each set of columns that they have."""
    by_columns: dict[tuple[str, ...], list[Model]] = {}
    for row in rows:
        by_columns.setdefault(_stated(row), []).append(row)
    for stated, some in by_columns.items():
        start, given, filled = _insertion_of_many(type(some[0]), stated)
        values = [
            getattr(row, field.attname) if is_plain else _value(field, row)
            for row in some
            for field, is_plain in given
        ]
        places = f"({', '.join(['%s'] * len(given))})"
        sql = f"{start}{', '.join([places] * len(some))} RETURNING {_names(filled)}"
        with connections[DEFAULT_DB_ALIAS].cursor() as cursor:
            cursor.execute(sql, values)
            for row, found in zip(some, cursor.fetchall(), strict=True):
                _fill_in(row, filled, found)


def _fill_in(row: Model, fields: list[Any], values: Sequence[Any]) -> None:
    """Set the attributes that the database filled in."""
    for field, value in zip(fields, values, strict=False):
        is_text = isinstance(field, JSONField)
        setattr(row, field.attname, orjson.loads(value) if is_text else value)
    state = row._state  # noqa: SLF001 - as the ORM notes it
    state.adding, state.db = False, DEFAULT_DB_ALIAS


def _insert_by_orm(row: Model, *, unless_exists: bool) -> bool:
    try:
        with transaction.atomic(savepoint=unless_exists):
            row.save(force_insert=True)
    except IntegrityError:
        if not unless_exists:
            raise
        return False
    return True


def _stated(row: Model) -> tuple[str, ...]:
    """Return the columns with a database default for which the row has a value."""
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
    unless_exists: bool,  # noqa: FBT001 - a cache's key
    stated: tuple[str, ...],
) -> tuple[str, list[tuple[Any, bool]], list[Any]]:
    """Return the SQL, the fields whose values it takes, and those that the database fills in.

    Each of the first fields is paired with whether its value needs no conversion.
    """
    start, given, filled = _insertion_of_many(model, stated)
    places = ", ".join(["%s"] * len(given))
    otherwise = " ON CONFLICT DO NOTHING" if unless_exists else ""
    return f"{start}({places}){otherwise} RETURNING {_names(filled)}", given, filled


@cache
def _insertion_of_many(
    model: type[Model], stated: tuple[str, ...]
) -> tuple[str, list[tuple[Any, bool]], list[Any]]:
    """Return the SQL up to its rows, and the fields as ``_insertion`` does."""
    auto = model._meta.auto_field  # noqa: SLF001 - public
    fields = model._meta.concrete_fields  # noqa: SLF001 - public
    given = [
        field
        for field in fields
        if field is not auto
        and not field.generated
        and (field.attname in stated or not field.has_db_default())
    ]
    filled = [field for field in fields if field.primary_key or field not in given]
    table = _quote(model._meta.db_table)  # noqa: SLF001 - public
    sql = f"INSERT INTO {table} ({_names(given)}) VALUES "  # noqa: S608 - names of our own
    return sql, [(field, _is_plain(type(field))) for field in given], filled


def _is_plain(kind: type) -> bool:
    """Return whether a field is one of ``_PLAIN``, or a subclass with the same conversions."""
    base = next((parent for parent in kind.__mro__ if parent in _PLAIN), None)
    return base is not None and all(
        getattr(kind, name) is getattr(base, name) for name in _CONVERSIONS
    )


def _value(field: Any, row: Model) -> Any:
    if isinstance(field, JSONField):  # as text, which needs none of Django's adapters
        value = getattr(row, field.attname)
        return None if value is None else _as_json(value, field)
    value = field.pre_save(row, add=True)
    if value is None:
        return None
    return field.get_db_prep_save(value, connections[DEFAULT_DB_ALIAS])


def _as_json(value: Any, field: "JSONField[Any, Any]") -> str:
    """Return the text of a JSON value, by orjson if the standard library would write the same."""
    if field.encoder is None:
        try:
            return orjson.dumps(value, option=_AS_JSON).decode()
        except TypeError:  # such as an integer of more than 64 bits
            pass
    return json.dumps(value, cls=field.encoder)


_AS_JSON = orjson.OPT_PASSTHROUGH_DATETIME | orjson.OPT_PASSTHROUGH_DATACLASS


def _quote(name: str) -> str:
    return connections[DEFAULT_DB_ALIAS].ops.quote_name(name)


def _names(fields: list[Any]) -> str:
    return ", ".join(_quote(field.column) for field in fields)
