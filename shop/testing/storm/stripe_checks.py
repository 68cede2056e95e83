"""Comparison of the database with the charges and refunds of the fake Stripe."""

from collections import defaultdict
from decimal import Decimal
from typing import Any

from payments.tests.fake_stripe.client import FakeStripe
from shop.testing.storm.database_checks import FINAL_STATUSES, cents
from shop.testing.storm.observations import Observations
from shop.testing.storm.rows import read

# An event may report an intent that waits for its card while the request with the card, which is
# declined, has not finished.
FINAL_STATUSES_WITH_REFUNDS = FINAL_STATUSES | {
    "requires_action": FINAL_STATUSES["requires_action"] | {"failed"},
}


def compare_with_stripe(url: str, fake: FakeStripe, observed: Observations) -> dict[str, Any]:
    """Add a violation for each difference; return sums. Minor units of Stripe are cents here."""
    comparison = Comparison(url, fake)
    for check in (
        comparison.charges_without_payment,
        comparison.payments_that_differ,
        comparison.refunds_that_differ,
        comparison.orders_that_differ,
        comparison.stock_that_differs,
    ):
        for sentence in check():
            observed.add_violation(sentence)
    for refund_id, (payment_id, amount) in observed.refunds.items():
        if comparison.refunds.get(refund_id, (0, None))[:2] != (payment_id, cents(amount)):
            observed.add_violation(
                f"refund {refund_id} of payment {payment_id} differs from what staff observed"
            )
    return comparison.sums()


class Comparison:
    """The rows of the database and those of Stripe."""

    def __init__(self, url: str, fake: FakeStripe) -> None:
        self.url = url
        self.charges = fake.ledger()
        state = fake.state()
        self.faults: dict[str, int] = state["faults"]
        self.stripe_refunds = {each["id"]: each for each in state["refunds"]}
        self.payments = {
            row[0]: (row[1], row[2], cents(row[3]), cents(row[4]), row[5])
            for row in read(
                url,
                "SELECT id, order_id, status, amount_captured, amount_refunded, provider_reference "
                "FROM payments_payment WHERE method = 'stripe'",
            )
        }
        self.refunds = {
            row[0]: (row[1], cents(row[2]), row[3], row[4])
            for row in read(
                url,
                "SELECT id, payment_id, amount, status, provider_reference FROM payments_refund",
            )
        }
        self.references = {row[4]: pk for pk, row in self.payments.items() if row[4]}

    def charges_without_payment(self) -> list[str]:
        """Each captured charge belongs to a payment of the shop."""
        found = []
        for charge in self.charges:
            payment_id = self.references.get(charge["payment_intent"])
            if payment_id is None and charge["captured"]:
                found.append(f"{charge['payment_intent']} was captured, but has no payment")
        return found

    def payments_that_differ(self) -> list[str]:
        """Each payment has the captured and the refunded amount of Stripe."""
        amounts: dict[int, tuple[Decimal, Decimal]] = {}
        for charge in self.charges:
            payment_id = self.references.get(charge["payment_intent"], 0)
            captured, refunded = amounts.get(payment_id, (Decimal(), Decimal()))
            amounts[payment_id] = (
                captured + _money(charge["captured"]),
                refunded + _money(charge["refunded"]),
            )
        return [
            f"payment {pk} is {status} with {captured} − {refunded}, at Stripe {amounts.get(pk)}"
            for pk, (_, status, captured, refunded, _) in self.payments.items()
            if (captured, refunded) != amounts.get(pk, (0, 0))
        ]

    def refunds_that_differ(self) -> list[str]:
        """The succeeded refunds of both sides are the same, and none is pending."""
        ours = {
            reference: (self.payments[payment_id][4], amount)
            for payment_id, amount, status, reference in self.refunds.values()
            if status == "succeeded"
        }
        theirs = {
            pk: (each["payment_intent"], _money(each["amount"]))
            for pk, each in self.stripe_refunds.items()
            if each["status"] == "succeeded"
        }
        differing = ours.items() ^ theirs.items()
        unfinished = [pk for pk, row in self.refunds.items() if row[2] == "pending"]
        return [f"refunds differ: {sorted(differing)}"] * bool(differing) + [
            f"refund {pk} is still pending" for pk in unfinished
        ]

    def orders_that_differ(self) -> list[str]:
        """Each order has the net amount of its charges, and a status that fits it."""
        kept: dict[int, Decimal] = defaultdict(Decimal)
        for charge in self.charges:
            payment_id = self.references.get(charge["payment_intent"])
            if payment_id is not None:
                kept[self.payments[payment_id][0]] += _money(charge["net"])
        rows = read(
            self.url, "SELECT id, status, total, amount_paid, amount_refunded FROM orders_order"
        )
        return [
            f"order {pk} is {status} with {paid} − {refunded}, but Stripe has {kept[pk]}"
            for pk, status, total, paid, refunded in rows
            if cents(paid) - cents(refunded) != kept[pk]
            or (status in {"cancelled", "refunded"} and kept[pk])
            or kept[pk] > cents(total)
        ]

    def stock_that_differs(self) -> list[str]:
        """Stock is the number of received units minus those of orders that kept their goods."""
        rows = read(
            self.url,
            "SELECT product.id, product.stock, "
            "(SELECT COALESCE(SUM(delta), 0) FROM catalog_stockmovement movement WHERE "
            "movement.product_id = product.id AND kind NOT IN ('sale', 'cancellation', 'return')), "
            "(SELECT COALESCE(SUM(quantity - quantity_cancelled - quantity_restocked), 0) "
            "FROM orders_orderitem item JOIN orders_order o "
            "ON o.id = item.order_id WHERE item.product_id = product.id "
            "AND o.status <> 'cancelled' AND o.restocked_at IS NULL) FROM catalog_product product",
        )
        return [
            f"product {pk} has {stock} in stock, with {received} received and {sold} sold"
            for pk, stock, received, sold in rows
            if stock != received - sold
        ]

    def sums(self) -> dict[str, Any]:
        """Return counts and sums for the report."""
        return {
            "charges": len(self.charges),
            "captured": str(cents(sum(_money(each["captured"]) for each in self.charges))),
            "refunded": str(cents(sum(_money(each["refunded"]) for each in self.charges))),
            "refunds": len(self.refunds),
            "faults": dict(sorted(self.faults.items())),
        }


def _money(minor: int) -> Decimal:
    return Decimal(minor) / 100
