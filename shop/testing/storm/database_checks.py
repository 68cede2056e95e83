"""Whether the database agrees with what the clients were promised."""

from collections import Counter, defaultdict
from decimal import Decimal
from typing import Any

from shop.testing.storm.ledger import Buyer, Ledger
from shop.testing.storm.rows import is_sqlite, read

# How a payment may stand at the end, by the status that its client saw last.
Ends = dict[str, set[str]]
ENDS: Ends = {
    "succeeded": {"succeeded"},
    "failed": {"failed"},
    "cancelled": {"cancelled"},
    "pending": {"requires_action", "succeeded", "failed", "cancelled", "refunded"},
    "requires_action": {"requires_action", "succeeded", "cancelled", "refunded"},
    "refunded": {"refunded"},
    "refund_pending": {"refunded"},
}
_LIVE = {"pending", "requires_action", "succeeded"}


def age_open_payments(database_url: str) -> None:
    """Make payments old enough for the sweep to give up what no gateway ever heard of."""
    earlier = "created_at - interval '1 minute'"
    if is_sqlite(database_url):
        earlier = "strftime('%Y-%m-%d %H:%M:%f', created_at, '-1 minute')"
    read(
        database_url,
        f"UPDATE payments_payment SET created_at = {earlier} "  # noqa: S608 - two words of ours
        "WHERE status = 'pending' RETURNING id",
    )


def compare(database_url: str, ledger: Ledger, *, ends: Ends = ENDS) -> dict[str, Any]:
    """Accuse of each promise to a buyer that was broken; return the sums."""
    books = Books(database_url)
    for buyer in ledger.buyers:
        for sentence in books.differences(buyer, ends):
            ledger.accuse(f"{buyer.name}: {sentence}")
    return {
        "orders": len(books.orders),
        "orders paid": sum(row[1] == "paid" for row in books.orders.values()),
        "payments": len(books.payments),
        "payments refunded": sum(row[1] == "refunded" for row in books.payments.values()),
    }


def compare_with_demo(database_url: str, ledger: Ledger) -> None:
    """Accuse of orders that the demo gateway did not charge once exactly, if they are paid."""
    charges = dict(
        read(
            database_url,
            "SELECT p.order_id, count(*) FROM payments_democharge d JOIN payments_payment p "
            "ON p.provider_key = d.key WHERE d.status = 'succeeded' AND NOT EXISTS "
            "(SELECT 1 FROM payments_demorefund r WHERE r.charge_id = d.id) GROUP BY p.order_id",
        )
    )
    for order_id, number in charges.items():
        if number > 1:
            ledger.accuse(f"order {order_id} was charged {number} times")
    paid = read(database_url, "SELECT id FROM orders_order WHERE status = 'paid'")
    if {row[0] for row in paid} != set(charges):
        ledger.accuse("orders that are paid are not those that the gateway charged for")


def cents(amount: object) -> Decimal:
    """Return an amount in cents exactly: SQLite keeps decimals as floats."""
    return Decimal(str(amount)).quantize(Decimal("0.01"))


class Books:
    """What the database says, at the end."""

    def __init__(self, url: str) -> None:
        rows = read(url, "SELECT id, user_id, status, total FROM orders_order")
        self.orders = {pk: (user, status, cents(total)) for pk, user, status, total in rows}
        rows = read(url, "SELECT id, order_id, status FROM payments_payment")
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

    def differences(self, buyer: Buyer, ends: Ends) -> list[str]:
        """Return a sentence for each promise that was broken, and each row nobody asked for."""
        mine = {pk: row for pk, row in self.orders.items() if row[0] == buyer.user_id}
        found = []
        if set(mine) != set(buyer.orders):
            found.append(f"has orders {set(mine) ^ set(buyer.orders)} more or less")
        if self.carts[buyer.user_id] != buyer.in_cart:
            found.append(f"cart is {self.carts[buyer.user_id]}, not {buyer.in_cart}")
        for order_id, total in buyer.orders.items():
            found += self._differences_of_order(buyer, order_id, total)
        payments = {pk for pk, row in self.payments.items() if row[0] in mine}
        if payments != set(buyer.payments):
            found.append(f"has payments {payments ^ set(buyer.payments)} more or less")
        for payment_id, (_, seen) in buyer.payments.items():
            status = self.payments.get(payment_id, (0, "lost"))[1]
            if status not in ends[seen]:
                found.append(f"payment {payment_id} was {seen} and is {status}")
        return found

    def _differences_of_order(self, buyer: Buyer, order_id: int, total: Decimal) -> list[str]:
        _, status, stored = self.orders.get(order_id, (0, "lost", None))
        found = []
        if stored != total or self.items[order_id] != buyer.items[order_id]:
            found.append(f"order {order_id} is not what was ordered")
        if (status == "cancelled") != (order_id in buyer.cancelled):
            found.append(f"order {order_id} is {status}")
        statuses = [row[1] for row in self.payments.values() if row[0] == order_id]
        if sum(status in _LIVE for status in statuses) > 1:
            found.append(f"order {order_id} has payments {statuses}")
        return found
