"""What a violated constraint means, in the words of its ``violation_error_message``."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from django.apps import apps
from django.core.exceptions import ValidationError
from django.db import IntegrityError
from django.db.models import CheckConstraint, Model, UniqueConstraint
from django.utils.translation import gettext_lazy as _

_FOREIGN_KEY = "23503"
_DELETED = _("A row that this form refers to has been deleted. Nothing was changed.")


@dataclass(frozen=True, slots=True)
class Violation:
    """The sentence about a violated constraint, and the names of the fields that it is about.

    ``fields`` is empty for a check, which may be about any of several fields.
    """

    message: str
    fields: tuple[str, ...] = ()


def violation_of(error: IntegrityError) -> Violation | None:
    """Return what a constraint of a model, that an error names, means; None for any other error."""
    diagnosis = getattr(error.__cause__, "diag", None)
    if diagnosis is None:
        return _of_sqlite(str(error))
    if diagnosis.sqlstate == _FOREIGN_KEY:
        return Violation(str(_DELETED))
    name, table = diagnosis.constraint_name, diagnosis.table_name
    columns = re.match(r"Key \((.*?)\)=", diagnosis.message_detail or "")
    return _named(name) or _unique(table, columns[1].split(", ") if columns else [])


def _of_sqlite(text: str) -> Violation | None:
    """Return what an error of SQLite means: it has the name of a check, or the unique columns."""
    kind, _, what = text.partition(" constraint failed: ")
    if text.startswith("FOREIGN KEY"):
        return Violation(str(_DELETED))
    if kind == "CHECK":
        return _named(what)
    if kind == "UNIQUE":
        columns = [column.rpartition(".") for column in what.split(", ")]
        return _unique(columns[0][0], [name for _, _, name in columns])
    return None


def _named(name: str) -> Violation | None:
    for model in apps.get_models():
        for constraint in _constraints(model):
            if constraint.name == name:
                return _violation(constraint)
    return None


def _unique(table: str | None, columns: list[str]) -> Violation | None:
    """Return what a duplicate of columns means: a unique field, or a unique constraint."""
    for model in apps.get_models():
        options = model._meta  # noqa: SLF001 - documented by Django
        if options.db_table != table:
            continue
        names = [field.name for field in options.concrete_fields if field.column in columns]
        for constraint in _constraints(model):
            if isinstance(constraint, UniqueConstraint) and sorted(constraint.fields) == sorted(
                names
            ):
                return _violation(constraint)
        if len(names) == 1:
            error = model().unique_error_message(model, (names[0],))
            return Violation(" ".join(ValidationError(error).messages), (names[0],))
    return None


def _constraints(model: type[Model]) -> Iterator[CheckConstraint | UniqueConstraint]:
    for constraint in model._meta.constraints:  # noqa: SLF001 - documented by Django
        if isinstance(constraint, CheckConstraint | UniqueConstraint):
            yield constraint


def _violation(constraint: CheckConstraint | UniqueConstraint) -> Violation:
    fields = constraint.fields if isinstance(constraint, UniqueConstraint) else ()
    return Violation(str(constraint.get_violation_error_message()), tuple(fields))
