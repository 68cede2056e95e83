"""A member of staff who refunds payments while customers buy."""

import random
from collections.abc import Collection
from typing import Any

from shop.testing.storm.session import new_key
from shop.testing.storm.staff import Staff


class RefundingStaff(Staff):
    """Restocks products, and refunds payments in part or as a whole, with or without the goods."""

    def work(self) -> None:
        """Restock one product, and refund two payments at most."""
        self._restock(random.choice(self.products))
        paid = [
            payment_id
            for purchases in self.observed.purchases
            for payment_id, (_, status) in list(purchases.payments.items())
            if status == "succeeded"
        ]
        for payment_id in random.sample(paid, min(2, len(paid))):
            self._refund(payment_id)

    def refund_again(self, payments: Collection[str]) -> int:
        """Refund late payments whose refund has failed; return their number.

        ``reconcile_payments`` asks staff for it.
        """
        self.log_in()
        for payment_id in payments:
            path = f"/api/payments/{payment_id}/refunds/"
            self.session.send("POST", path, {}, expected=(201,), key=new_key())
        return len(payments)

    def _refund(self, payment_id: int) -> None:
        body: dict[str, Any] = {"reason": "Returned", "restock": random.random() < 0.3}
        if random.random() < 0.6:
            body["amount"] = f"{random.randint(1, 20)}.{random.randint(10, 99)}"
        path = f"/api/payments/{payment_id}/refunds/"
        # 409: the amount is more than is left, or the goods were returned before.
        response = self.session.send("POST", path, body, expected=(201, 409), key=new_key())
        if response.status == 201:
            refund = response.json()
            self.observed.refunds[refund["refund_id"]] = (payment_id, refund["amount"])
