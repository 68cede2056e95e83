"""Comparison of the database with what the clients observed."""

from collections import Counter, defaultdict
from decimal import Decimal
from typing import Any

from shop.testing.storm.observations import Observations, Purchases
from shop.testing.storm.rows import is_sqlite, read

_DECIDED = {"processing", "authorised", "succeeded", "cancelled", "refunded"}
# The allowed final statuses of a payment, by the last status that its customer observed. What was
# paid of an order is refunded if the order is cancelled before it was paid in full.
FinalStatuses = dict[str, set[str]]
FINAL_STATUSES: FinalStatuses = {
    "succeeded": {"succeeded", "refunded"},
    "failed": {"failed"},
    "cancelled": {"cancelled"},
    "pending": {"requires_action", *_DECIDED, "failed"},
    "requires_action": {"requires_action", *_DECIDED},
    "processing": {*_DECIDED, "failed"},
    "authorised": {"authorised", "succeeded", "cancelled", "refunded"},
    "refunded": {"refunded"},
    "refund_pending": {"refunded"},
}
_ACTIVE = {"pending", "requires_action", "processing", "authorised", "succeeded"}


def age_open_payments(database_url: str) -> None:
    """Make what is pending a minute older.

    Then the worker gives up payments unknown to the gateway, and continues fulfilments.
    """
    earlier = "created_at - interval '1 minute'"
    if is_sqlite(database_url):
        earlier = "strftime('%Y-%m-%d %H:%M:%f', created_at, '-1 minute')"
    for table in ("payments_payment", "orders_fulfilment"):
        read(
            database_url,
            f"UPDATE {table} SET created_at = {earlier} "  # noqa: S608 - constants
            "WHERE status = 'pending' RETURNING id",
        )


def compare(
    database_url: str, observed: Observations, *, allowed: FinalStatuses = FINAL_STATUSES
) -> dict[str, Any]:
    """Add a violation for each difference from the observations; return counts of rows."""
    stored = StoredPurchases(database_url)
    for purchases in observed.purchases:
        for sentence in stored.differences(purchases, allowed):
            observed.add_violation(f"{purchases.name}: {sentence}")
    return {
        "orders": len(stored.orders),
        "orders paid": sum(row[1] == "paid" for row in stored.orders.values()),
        "payments": len(stored.payments),
        "payments refunded": sum(row[1] == "refunded" for row in stored.payments.values()),
    }


def compare_with_demo(database_url: str, observed: Observations) -> None:
    """Add a violation if an order was not paid exactly what the demo gateway charged for it."""
    charges = dict(
        read(
            database_url,
            "SELECT p.order_id, SUM(COALESCE(d.captured, d.amount)) FROM payments_democharge d "
            "JOIN payments_payment p ON p.provider_key = d.key WHERE d.status = 'succeeded' "
            "AND NOT EXISTS (SELECT 1 FROM payments_demorefund r WHERE r.charge_id = d.id) "
            "GROUP BY p.order_id",
        )
    )
    paid = read(database_url, "SELECT id, amount_paid FROM orders_order WHERE amount_paid > 0")
    if {pk: cents(sum_) for pk, sum_ in paid} != {pk: cents(each) for pk, each in charges.items()}:
        observed.add_violation("the orders were not paid what the gateway charged for them")


def cents(amount: object) -> Decimal:
    """Return an amount, exact to cents: SQLite stores decimals as floats."""
    return Decimal(str(amount)).quantize(Decimal("0.01"))


class StoredPurchases:
    """The purchases in the database."""

    def __init__(self, url: str) -> None:
        rows = read(url, "SELECT id, user_id, status, total FROM orders_order")
        self.orders = {pk: (user, status, cents(total)) for pk, user, status, total in rows}
        rows = read(url, "SELECT id, order_id, status, amount FROM payments_payment")
        self.payments = {row[0]: row[1:] for row in rows}
        self.items: dict[int, Counter[int]] = defaultdict(Counter)
        for order_id, product_id, quantity in read(
            url, "SELECT order_id, product_id, quantity FROM orders_orderitem"
        ):
            self.items[order_id][product_id] += quantity
        self.carts: dict[int, Counter[int]] = defaultdict(Counter)
        for user_id, product_id, quantity in read(
            url,
            "SELECT c.user_id, i.product_id, i.quantity FROM cart_cartitem i "
            "JOIN cart_cart c ON c.id = i.cart_id WHERE c.status = 'open'",
        ):
            self.carts[user_id][product_id] += quantity

    def differences(self, purchases: Purchases, allowed: FinalStatuses) -> list[str]:
        """Return a sentence for each row that is missing, different or unexpected."""
        own = {pk: row for pk, row in self.orders.items() if row[0] == purchases.user_id}
        found = []
        if set(own) != set(purchases.orders):
            found.append(f"unexpected or missing orders: {set(own) ^ set(purchases.orders)}")
        if self.carts[purchases.user_id] != purchases.in_cart:
            found.append(f"cart is {self.carts[purchases.user_id]}, not {purchases.in_cart}")
        for order_id, total in purchases.orders.items():
            found += self._differences_of_order(purchases, order_id, total)
        payments = {pk for pk, row in self.payments.items() if row[0] in own}
        if payments != set(purchases.payments):
            found.append(f"unexpected or missing payments: {payments ^ set(purchases.payments)}")
        for payment_id, (_, last) in purchases.payments.items():
            status = self.payments.get(payment_id, (0, "lost"))[1]
            if status not in allowed[last]:
                found.append(f"payment {payment_id} was {last} and is {status}")
        return found

    def _differences_of_order(
        self, purchases: Purchases, order_id: int, total: Decimal
    ) -> list[str]:
        _, status, stored = self.orders.get(order_id, (0, "lost", None))
        found = []
        if stored != total or self.items[order_id] != purchases.items[order_id]:
            found.append(f"order {order_id} has another total or other items")
        if (status == "cancelled") != (order_id in purchases.cancelled):
            found.append(f"order {order_id} is {status}")
        rows = [row[1:] for row in self.payments.values() if row[0] == order_id]
        if sum(cents(amount) for status, amount in rows if status in _ACTIVE) > total:
            found.append(f"order {order_id} of {total} has payments {rows}")
        return found
