"""Model instances from the rows of statements."""

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

    JSON columns are not included, because the ORM has to convert their values. They are deferred:
    an instance loads one when it is accessed.
    """
    fields = model._meta.concrete_fields  # noqa: SLF001 - public
    return tuple(prefix + field.attname for field in fields if not isinstance(field, JSONField))


def instance_of(model: type[M], values: Sequence[Any]) -> M:
    """Return an instance from the values of ``columns_of(model)``, as the ORM reads it."""
    with_deferred = _values_of_all_fields(model)((*values, DEFERRED))
    return model.from_db(DEFAULT_DB_ALIAS, columns_of(model), with_deferred)


@cache
def _values_of_all_fields(model: type[Model]) -> "itemgetter[Any]":
    """Return what puts the values of ``columns_of`` and, in last place, DEFERRED in field order.

    ``from_db`` does so itself, but searches the names for each field of each row.
    """
    names = columns_of(model)
    fields = model._meta.concrete_fields  # noqa: SLF001 - public
    return itemgetter(*(names.index(f.attname) if f.attname in names else -1 for f in fields))
