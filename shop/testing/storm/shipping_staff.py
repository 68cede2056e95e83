"""A member of staff who ships orders while customers buy."""

import random
from typing import Any

from shop.testing.storm.observations import Observations
from shop.testing.storm.rows import read
from shop.testing.storm.session import new_key
from shop.testing.storm.staff import Staff


class ShippingStaff(Staff):
    """Ships orders as a whole or unit by unit, records arrivals, and cancels some fulfilments."""

    def work(self) -> None:
        """Ship two orders at most whose payment was authorised or captured."""
        orders = [
            order_id
            for purchases in self.observed.purchases
            for order_id, status in list(purchases.payments.values())
            if status in {"succeeded", "authorised"}
        ]
        for order_id in random.sample(orders, min(2, len(orders))):
            self._ship(order_id)

    def _ship(self, order_id: int) -> None:
        path = f"/api/orders/{order_id}/fulfilments/"
        # 409: nothing is left, the order was cancelled, or its payment could not be captured.
        response = self.session.send(
            "POST", path, self._units(order_id), expected=(201, 409), key=new_key()
        )
        if response.status != 201 or response.json()["status"] != "shipped":
            return
        fulfilment = response.json()
        units = sum(item["quantity"] for item in fulfilment["items"])
        step = random.choice(["", "deliver", "cancel"])
        status = "shipped"
        if step:
            path = f"{path}{fulfilment['fulfilment_id']}/{step}/"
            answer = self.session.send("POST", path, expected=(200, 409), key=new_key())
            # 409: units were returned meanwhile.
            status = answer.json()["status"] if answer.status == 200 else status
        self.observed.fulfilments[fulfilment["fulfilment_id"]] = (order_id, units, status)

    def _units(self, order_id: int) -> dict[str, Any]:
        """Return the body of a request for everything, or for a unit of one item."""
        if random.random() < 0.5:
            return {}
        order = self.session.send("GET", f"/api/orders/{order_id}/", expected=(200,)).json()
        item = random.choice(order["items"])
        return {"items": [{"product_id": item["product_id"], "quantity": 1}], "carrier": "DHL"}


def compare_fulfilments(url: str, observed: Observations) -> dict[str, int]:
    """Add a violation for each fulfilment that differs from what staff observed; count them."""
    rows = read(
        url,
        "SELECT f.id, f.order_id, SUM(i.quantity), f.status FROM orders_fulfilment f "
        "JOIN orders_fulfilmentitem i ON i.fulfilment_id = f.id "
        "GROUP BY f.id, f.order_id, f.status",
    )
    stored = {pk: (order_id, int(units), status) for pk, order_id, units, status in rows}
    for pk, fulfilment in observed.fulfilments.items():
        if stored.get(pk) != fulfilment:
            observed.add_violation(f"fulfilment {pk} is {stored.get(pk)}, not {fulfilment}")
    for pk, fulfilment in stored.items():
        if fulfilment[2] == "pending":
            observed.add_violation(f"fulfilment {pk} is still pending: {fulfilment}")
    return {"fulfilments": len(stored)}
