"""The report of a load test shows the rows of the orders that the audit names."""

import pytest
from django.db import connection

from accounts.factories import UserFactory
from catalog.factories import ProductFactory
from orders.factories import place_order
from payments.factories import pay, refund_payment
from shop.testing.storm import order_rows


@pytest.fixture(autouse=True)
def reads(db, monkeypatch):
    """Read with the connection of this test, whose transaction no other connection sees."""

    def read(url, statement):
        with connection.cursor() as cursor:
            cursor.execute(statement)
            return cursor.fetchall()

    monkeypatch.setattr(order_rows, "read", read)


def test_all_rows_of_an_order_that_is_named_are_described():
    buyer = UserFactory()
    order = place_order(buyer, ProductFactory(price="4.50"))
    payment = pay(order)
    refund_payment(payment, actor=buyer)
    for sentence in (f"order {order.pk} has 0.00", f"payment {payment.pk} is of 1.00"):
        lines = order_rows.describe_orders("", f"a_check: {sentence}\n").splitlines()
        assert [line.split()[0] for line in lines][:3] == ["order", "payment", "refund"]
        assert lines[0].startswith(f"order {order.pk} status refunded, payment_status refunded")
        assert f"  payment id {payment.pk}, method card, status refunded" in lines[1]
        notes = [line.split("note ")[1].split(",")[0] for line in lines[3:]]
        assert {"Order placed", "Payment received", "Refunded 4.50"} <= set(notes)


def test_the_first_orders_are_described_and_the_others_named():
    product = ProductFactory(stock=100)
    orders = [place_order(UserFactory(), product).pk for _ in range(7)]
    sentences = "\n".join(f"a_check: order {pk} is odd" for pk in reversed(orders))
    lines = order_rows.describe_orders("", f"{sentences}\na_check: product 5 has 3\n").splitlines()
    described = [int(line.split()[1]) for line in lines if line.startswith("order ")]
    assert described == orders[:5]
    assert lines[-1] == f"and the orders {orders[5]}, {orders[6]}"


def test_nothing_is_described_without_an_order():
    assert order_rows.describe_orders("", "stock_matches_movements: product 5 has 3 in stock") == ""
