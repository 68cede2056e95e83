"""Whether the shop's books agree with Stripe's, to the cent, and with what staff were promised."""

from collections import defaultdict
from decimal import Decimal
from typing import Any

from payments.tests.fake_stripe.client import FakeStripe
from shop.testing.storm.books import ENDS, cents
from shop.testing.storm.ledger import Ledger
from shop.testing.storm.rows import read

# Staff may have refunded what a customer saw succeed; and an event may show an intent that waits
# for its card while the request that brings the card, and is declined, is still under way.
ENDS_WITH_REFUNDS = ENDS | {
    "succeeded": {"succeeded", "refunded"},
    "requires_action": ENDS["requires_action"] | {"failed"},
}


def compare_with_stripe(url: str, fake: FakeStripe, ledger: Ledger) -> dict[str, Any]:
    """Accuse of every difference; return the sums. Stripe's minor units are cents here."""
    books = StripeBooks(url, fake)
    for check in (
        books.charges_without_payment,
        books.payments_that_differ,
        books.refunds_that_differ,
        books.orders_that_differ,
        books.stock_that_differs,
    ):
        for sentence in check():
            ledger.accuse(sentence)
    for refund_id, (payment_id, amount) in ledger.refunds.items():
        if books.refunds.get(refund_id, (0, None))[:2] != (payment_id, cents(amount)):
            ledger.accuse(f"refund {refund_id} of payment {payment_id} is not what was promised")
    return books.sums()


class StripeBooks:
    """What Stripe's ledger says beside what the database says."""

    def __init__(self, url: str, fake: FakeStripe) -> None:
        self.url = url
        self.charges = fake.ledger()
        state = fake.state()
        self.faults: dict[str, int] = state["faults"]
        self.given_back = {each["id"]: each for each in state["refunds"]}
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
        """Each charge that took money is a payment's; an order keeps the money of one at most."""
        found, kept = [], defaultdict(list)
        for charge in self.charges:
            payment_id = self.references.get(charge["payment_intent"])
            if payment_id is None:
                if charge["captured"]:
                    found.append(f"{charge['payment_intent']} took money and is no payment's")
            elif charge["net"]:
                kept[self.payments[payment_id][0]].append(charge["payment_intent"])
        return found + [
            f"order {order_id} was charged by {intents}"
            for order_id, intents in kept.items()
            if len(intents) > 1
        ]

    def payments_that_differ(self) -> list[str]:
        """Each payment holds what Stripe captured and gave back of it."""
        taken: dict[int, tuple[Decimal, Decimal]] = {}
        for charge in self.charges:
            payment_id = self.references.get(charge["payment_intent"], 0)
            captured, refunded = taken.get(payment_id, (Decimal(), Decimal()))
            taken[payment_id] = (
                captured + _money(charge["captured"]),
                refunded + _money(charge["refunded"]),
            )
        return [
            f"payment {pk} is {status} with {captured} − {refunded}, Stripe has {taken.get(pk)}"
            for pk, (_, status, captured, refunded, _) in self.payments.items()
            if (captured, refunded) != taken.get(pk, (0, 0))
        ]

    def refunds_that_differ(self) -> list[str]:
        """Each refund of either side is the other's too, of the same amount, and has ended."""
        ours = {
            reference: (self.payments[payment_id][4], amount)
            for payment_id, amount, status, reference in self.refunds.values()
            if status == "succeeded"
        }
        theirs = {
            pk: (each["payment_intent"], _money(each["amount"]))
            for pk, each in self.given_back.items()
            if each["status"] == "succeeded"
        }
        differing = ours.items() ^ theirs.items()
        unfinished = [pk for pk, row in self.refunds.items() if row[2] == "pending"]
        return [f"refunds differ: {sorted(differing)}"] * bool(differing) + [
            f"refund {pk} never ended" for pk in unfinished
        ]

    def orders_that_differ(self) -> list[str]:
        """Each order has the money that its charges left, and says so by its status."""
        kept: dict[int, Decimal] = defaultdict(Decimal)
        for charge in self.charges:
            payment_id = self.references.get(charge["payment_intent"])
            if payment_id is not None:
                kept[self.payments[payment_id][0]] += _money(charge["net"])
        rows = read(self.url, "SELECT id, status, amount_paid, amount_refunded FROM orders_order")
        return [
            f"order {pk} is {status} with {paid} − {refunded}, Stripe kept {kept[pk]}"
            for pk, status, paid, refunded in rows
            if cents(paid) - cents(refunded) != kept[pk]
            or (status in {"pending", "cancelled", "refunded"} and kept[pk])
        ]

    def stock_that_differs(self) -> list[str]:
        """Stock is what came in, less the pieces of orders that kept their goods."""
        rows = read(
            self.url,
            "SELECT product.id, product.stock, "
            "(SELECT COALESCE(SUM(delta), 0) FROM catalog_stockmovement movement WHERE "
            "movement.product_id = product.id AND kind NOT IN ('sale', 'cancellation', 'return')), "
            "(SELECT COALESCE(SUM(quantity), 0) FROM orders_orderitem item JOIN orders_order o "
            "ON o.id = item.order_id WHERE item.product_id = product.id "
            "AND o.status <> 'cancelled' AND o.restocked_at IS NULL) FROM catalog_product product",
        )
        return [
            f"product {pk} has {stock} in stock of {came} that came and {sold} that went"
            for pk, stock, came, sold in rows
            if stock != came - sold
        ]

    def sums(self) -> dict[str, Any]:
        """Return what there was of everything."""
        return {
            "charges": len(self.charges),
            "captured": str(cents(sum(_money(each["captured"]) for each in self.charges))),
            "refunded": str(cents(sum(_money(each["refunded"]) for each in self.charges))),
            "refunds": len(self.refunds),
            "faults": dict(sorted(self.faults.items())),
        }


def _money(minor: int) -> Decimal:
    return Decimal(minor) / 100
