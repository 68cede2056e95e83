"""Model instances from the rows of statements."""

import json
from collections.abc import Sequence
from functools import cache
from operator import itemgetter
from typing import Any, TypeVar

from django.db.models import DEFERRED, JSONField, Model
from django.db.utils import DEFAULT_DB_ALIAS

M = TypeVar("M", bound=Model)


@cache
def columns_of(model: type[Model], prefix: str = "") -> tuple[str, ...]:
    """Return the names of the model's columns, for ``values_list`` and then ``instance_of``.

    JSON columns are not included, because their values have to be converted. Without those of
    ``json_columns_of``, an instance loads one when it is accessed.
    """
    fields = model._meta.concrete_fields  # noqa: SLF001 - public
    return tuple(prefix + field.attname for field in fields if not isinstance(field, JSONField))


@cache
def json_columns_of(model: type[Model]) -> tuple[str, ...]:
    """Return the names of the model's JSON columns. Their values are objects, lists or null."""
    fields = model._meta.concrete_fields  # noqa: SLF001 - public
    return tuple(field.attname for field in fields if isinstance(field, JSONField))


def instance_of(model: type[M], values: Sequence[Any]) -> M:
    """Return an instance from the values of ``columns_of(model)``, as the ORM reads it.

    The values of ``json_columns_of(model)`` may follow. Otherwise they are deferred.
    """
    names = columns_of(model)
    if len(values) == len(names):
        return instance_with(model, names, values)
    of_json = (_decoded(value) for value in values[len(names) :])
    all_names = names + json_columns_of(model)
    return instance_with(model, all_names, (*values[: len(names)], *of_json))


def instance_with(model: type[M], names: tuple[str, ...], values: Sequence[Any]) -> M:
    """Return an instance from the values of some columns, which are not JSON as text.

    The others are deferred: the instance loads one when it is accessed.
    """
    all_values = _values_of_all_fields(model, names)((*values, DEFERRED))
    return model.from_db(DEFAULT_DB_ALIAS, names, all_values)


def _decoded(value: Any) -> Any:
    """Return the value of a JSON column. A compiled statement has it as text, the ORM decoded."""
    return json.loads(value) if isinstance(value, str) else value


@cache
def _values_of_all_fields(model: type[Model], names: tuple[str, ...]) -> "itemgetter[Any]":
    """Return what puts the values of ``names`` and, in last place, DEFERRED in field order.

    ``from_db`` does so itself, but searches the names for each field of each row.
    """
    fields = model._meta.concrete_fields  # noqa: SLF001 - public
    return itemgetter(*(names.index(f.attname) if f.attname in names else -1 for f in fields))
