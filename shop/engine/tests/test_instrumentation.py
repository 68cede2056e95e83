"""Instrumentation sees every statement: Django's execute wrappers, and replaced cursors."""

import pytest
from django.db import connection
from django.db.backends.utils import CursorWrapper

from cart.factories import fill_cart
from shop.engine import is_fast
from shop.engine.postgresql.connection import Cursor

pytestmark = pytest.mark.django_db(transaction=True)


def buy(caller, product):
    """Order and pay, as a client does it."""
    order = {"cart_id": fill_cart(caller.user, product)}
    placed = caller.post("/api/orders/", order, headers={"Idempotency-Key": "o"})
    payment = {"order_id": placed.json()["order_id"], "payment_method": "card"}
    paid = caller.post("/api/payments/", payment, headers={"Idempotency-Key": "p"})
    assert (placed.status_code, paid.status_code) == (201, 201)


@pytest.fixture
def sent(monkeypatch):
    """The statements that reach psycopg2, except those that only control a transaction."""
    statements = []
    execute = Cursor.execute

    def note(self, query, vars=None):  # noqa: A002 - psycopg2's name
        statements.append(str(query))
        execute(self, query, vars)

    monkeypatch.setattr(Cursor, "execute", note)
    return statements


@pytest.mark.skipif(not is_fast(), reason="Django's own backends call execute wrappers")
def test_an_execute_wrapper_sees_every_statement(ada, tea, sent):
    seen = []

    def wrapper(execute, sql, params, many, context):
        seen.append(str(sql))
        return execute(sql, params, many, context)

    with connection.execute_wrapper(wrapper):
        buy(ada, tea)
    assert len(seen) > 20
    assert seen == sent


@pytest.mark.skipif(not is_fast(), reason="Django's own backends use its cursors")
def test_a_replaced_cursor_sees_every_statement(ada, tea, sent, monkeypatch):
    seen = []
    execute = CursorWrapper.execute

    def replaced(self, sql, params=None):
        seen.append(str(sql))
        return execute(self, sql, params)

    monkeypatch.setattr(CursorWrapper, "execute", replaced)
    buy(ada, tea)
    assert len(seen) > 20
    assert seen == sent
