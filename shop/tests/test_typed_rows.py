"""Each statement selects the columns that its row declares, in this order and of these types."""

import gc
import inspect
import typing
from datetime import datetime
from decimal import Decimal

import pytest
from django.db import connection, models

import shop.urls  # noqa: F401 - loads every module that has statements
from shop.engine import Select

SAMPLES = {
    int: 1,
    int | None: 1,
    str: "x",
    str | None: "x",
    list[int]: [1, 2],
    list[str]: ["x", "y"],
}
TYPES = [
    (models.BooleanField, bool),
    (models.IntegerField, int),
    (models.ForeignKey, int),
    (models.DecimalField, Decimal),
    (models.DateTimeField, datetime),
    (models.CharField, str),
    (models.TextField, str),
    (models.JSONField, typing.Any),
]
STATEMENTS = {
    f"{found._build.__module__}.{found._build.__name__}": found
    for found in gc.get_objects()
    if type(found) is Select and hasattr(found._row, "_fields")
}


def declared(row):
    """Return the types of a row's columns, without None."""
    hints = typing.get_type_hints(row)
    for name in row._fields:
        [kind] = {*typing.get_args(hints[name]), hints[name]} & {kind for _, kind in TYPES}
        yield name, kind


def selected(statement):
    """Return the types of the columns that the statement selects."""
    parameters = inspect.signature(statement._build, eval_str=True).parameters.values()
    query = statement._build(**{p.name: SAMPLES[p.annotation] for p in parameters}).query
    compiler = query.get_compiler(connection=connection)
    compiler.setup_query()
    for column, *_ in compiler.select:
        yield next(kind for field, kind in TYPES if isinstance(column.output_field, field))


def test_the_statements_of_the_cart_are_found():
    assert {"cart.statements.stock_and_cart", "cart.statements.items_for_update"} <= set(STATEMENTS)


@pytest.mark.parametrize("name", sorted(STATEMENTS))
def test_a_row_declares_what_its_statement_selects(name, db):
    statement = STATEMENTS[name]
    assert list(selected(statement)) == [kind for _, kind in declared(statement._row)]
