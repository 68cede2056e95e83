"""The rows of orders that sentences of a report name, for the log of a run that failed.

The database of a load test is dropped at its end, so that nothing else says how an order came to
be what it is.
"""

import re
from collections.abc import Iterator

from shop.testing.storm.rows import read

_AT_MOST = 5
_NAMED = re.compile(r"\b(order|payment) (\d+)\b")
_ORDER = (
    *("status", "payment_status", "fulfilment_status", "total", "amount_paid", "amount_committed"),
    *("amount_cancelled", "amount_refunded", "created_at", "pay_before", "paid_at", "restocked_at"),
)
_PAYMENT = (
    *("id", "method", "status", "is_partial", "is_late", "amount", "amount_captured"),
    *("amount_capturable", "amount_refunded", "failure_code", "created_at", "settled_at"),
    "request_id",
)
_REFUND = ("id", "payment_id", "status", "amount", "reason", "created_at", "settled_at")
_EVENT = ("created_at", "status", "note", "actor_id")


def describe_orders(database_url: str, sentences: str) -> str:
    """Return a line for each row of the first orders that ``sentences`` name, also by a payment.

    A payment without ``request_id`` was begun by the previous release.
    """
    orders = sorted(_orders_named(database_url, sentences))
    lines = [line for pk in orders[:_AT_MOST] for line in _rows_of(database_url, pk)]
    if orders[_AT_MOST:]:
        lines.append(f"and the orders {', '.join(map(str, orders[_AT_MOST:]))}")
    return "\n".join(lines)


def _orders_named(url: str, sentences: str) -> set[int]:
    orders = set()
    for kind, pk in _NAMED.findall(sentences):
        if kind == "order":
            orders.add(int(pk))
        else:
            rows = read(url, f"SELECT order_id FROM payments_payment WHERE id = {int(pk)}")  # noqa: S608 - a number
            orders |= {order_id for (order_id,) in rows}
    return orders


def _rows_of(url: str, order_id: int) -> Iterator[str]:
    payments = f"SELECT id FROM payments_payment WHERE order_id = {order_id}"  # noqa: S608 - a number
    for name, table, columns, condition in (
        (f"order {order_id}", "orders_order", _ORDER, f"id = {order_id}"),
        ("  payment", "payments_payment", _PAYMENT, f"order_id = {order_id}"),
        ("  refund", "payments_refund", _REFUND, f"payment_id IN ({payments})"),
        ("  event", "orders_orderevent", _EVENT, f"order_id = {order_id}"),
    ):
        statement = f"SELECT {', '.join(columns)} FROM {table} WHERE {condition} ORDER BY id"  # noqa: S608 - constants
        for row in read(url, statement):
            values = zip(columns, row, strict=True)
            yield f"{name} {', '.join(f'{column} {value}' for column, value in values)}"
