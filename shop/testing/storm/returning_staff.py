"""A member of staff who takes units back, and cancels units, while customers buy."""

import random

from shop.testing.storm.observations import Observations, Purchases
from shop.testing.storm.rows import read
from shop.testing.storm.session import new_key
from shop.testing.storm.staff import Staff


class ReturningStaff(Staff):
    """Receives returned units, refunds them, and cancels units that were not shipped."""

    def work(self) -> None:
        """Take units of one shipped order back, and cancel units of another order."""
        shipped = [order_id for order_id, _, _ in list(self.observed.fulfilments.values())]
        if shipped:
            self._take_back(random.choice(shipped))
        buyers = [each for each in self.observed.purchases if each.items]
        if buyers:
            buyer = random.choice(buyers)
            self._cancel_items(buyer, random.choice(list(buyer.items)))

    def _take_back(self, order_id: int) -> None:
        order = self.session.send("GET", f"/api/orders/{order_id}/", expected=(200,)).json()
        item = random.choice(order["items"])
        body = {"items": [{"product_id": item["product_id"], "quantity": 1}]}
        # 409: not as many units are with the buyer.
        response = self.session.send(
            "POST", f"/api/orders/{order_id}/returns/", body, expected=(201, 409), key=new_key()
        )
        if response.status != 201:
            return
        return_id = response.json()["return_id"]
        self.observed.returns[return_id] = (order_id, "requested")
        status = self._decide(return_id)
        self.observed.returns[return_id] = (order_id, status)
        if status == "received":
            self._refund(order_id, return_id)

    def _decide(self, return_id: int) -> str:
        """Approve and receive a return; return its status."""
        path = f"/api/returns/{return_id}/"
        self.session.send("POST", f"{path}approve/", {}, expected=(200,), key=new_key())
        body = {"restock": random.random() < 0.5}
        # 409: the units returned meanwhile, with a refund of everything.
        received = self.session.send(
            "POST", f"{path}receive/", body, expected=(200, 409), key=new_key()
        )
        return "received" if received.status == 200 else "approved"

    def _refund(self, order_id: int, return_id: int) -> None:
        """Refund a return. Its order may be unpaid, or refunded already."""
        path = f"/api/orders/{order_id}/refunds/"
        body = {"return_id": return_id, "reason": "Returned"}
        response = self.session.send("POST", path, body, expected=(201, 409), key=new_key())
        for refund in response.json()["refunds"] if response.status == 201 else []:
            self.observed.refunds[refund["refund_id"]] = (refund["payment_id"], refund["amount"])

    def _cancel_items(self, buyer: Purchases, order_id: int) -> None:
        """Cancel a unit. An order that is not paid is cancelled with its last unit."""
        product_id = random.choice(list(buyer.items[order_id]))
        body = {"items": [{"product_id": product_id, "quantity": 1}]}
        path = f"/api/orders/{order_id}/cancel-items/"
        response = self.session.send("POST", path, body, expected=(200, 409), key=new_key())
        if response.status != 200:
            return
        self.observed.count("cancelled items")
        if response.json()["status"] == "cancelled":
            buyer.cancelled.add(order_id)


_AFTER = {
    "requested": {"requested"},
    "approved": {"approved"},
    "received": {"received", "closed"},
}
"""The statuses that a return may have in the end, by the last one that staff observed."""


def compare_returns(url: str, observed: Observations) -> dict[str, int]:
    """Add a violation for each return that differs from what staff observed; count them."""
    rows = read(url, "SELECT id, order_id, status FROM orders_return")
    stored = {pk: (order_id, status) for pk, order_id, status in rows}
    for pk, (order_id, status) in observed.returns.items():
        found = stored.get(pk, (0, "lost"))
        if found[0] != order_id or found[1] not in _AFTER[status]:
            observed.add_violation(f"return {pk} is {found}, not {(order_id, status)}")
    if set(stored) != set(observed.returns):
        observed.add_violation(
            f"unexpected or missing returns: {set(stored) ^ set(observed.returns)}"
        )
    return {"returns": len(stored)}
