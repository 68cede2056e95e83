"""A member of staff who gives money back while customers buy."""

import random
from collections.abc import Collection
from typing import Any

from shop.testing.storm.clerk import Clerk
from shop.testing.storm.line import new_key


class Cashier(Clerk):
    """Restocks, and refunds: parts and wholes, with and without the goods, again and again."""

    def work(self) -> None:
        """Do one round of work."""
        self._restock(random.choice(self.products))
        paid = [
            payment_id
            for buyer in self.ledger.buyers
            for payment_id, (_, status) in list(buyer.payments.items())
            if status == "succeeded"
        ]
        for payment_id in random.sample(paid, min(2, len(paid))):
            self._refund(payment_id)

    def refund_again(self, payments: Collection[str]) -> int:
        """Give back what came late, all of it, as ``reconcile_payments`` asks staff to.

        Returns how many payments those were.
        """
        self.log_in()
        for payment_id in payments:
            path = f"/api/payments/{payment_id}/refunds/"
            self.line.ask("POST", path, {}, expected=(201,), key=new_key())
        return len(payments)

    def _refund(self, payment_id: int) -> None:
        body: dict[str, Any] = {"reason": "Returned", "restock": random.random() < 0.3}
        if random.random() < 0.6:
            body["amount"] = f"{random.randint(1, 20)}.{random.randint(10, 99)}"
        path = f"/api/payments/{payment_id}/refunds/"
        # A 409: more than is left, or the goods are back already.
        answer = self.line.ask("POST", path, body, expected=(201, 409), key=new_key())
        if answer.status == 201:
            refund = answer.json()
            self.ledger.refunds[refund["refund_id"]] = (payment_id, refund["amount"])
