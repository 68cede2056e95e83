"""Model instances from the rows of statements."""

from collections.abc import Sequence
from functools import cache
from typing import Any, TypeVar

from django.db.models import JSONField, Model
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
    return model.from_db(DEFAULT_DB_ALIAS, columns_of(model), values)
