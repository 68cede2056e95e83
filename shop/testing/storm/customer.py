"""A customer who buys with the demo gateway, and records what was confirmed."""

import random
from collections.abc import Sequence
from decimal import Decimal
from threading import Event, Thread
from typing import Any
from uuid import uuid4

from shop.testing.server import Answer
from shop.testing.storm.observations import Observations, Purchases
from shop.testing.storm.session import Session, new_key

PASSWORD = "corr3ct-horse-battery"
PART = "1.00"
"""What some orders are paid first, before the rest."""


class Customer:
    """Buys until it is stopped."""

    method = "card"
    tokens = ("", "", "", "", "demo_decline", "demo_action", "demo_timeout", "demo_late")

    def __init__(
        self, urls: Sequence[str], number: int, products: list[int], observed: Observations
    ) -> None:
        self.session = Session(urls, observed)
        self.products = products
        self.observed = observed
        self.confirmed = Purchases(f"customer{number}-{uuid4().hex[:8]}")
        self.chance = random.Random(number)
        observed.purchases.append(self.confirmed)

    def run(self, stop: Event) -> None:
        """Register, log in, and buy until ``stop`` is set."""
        try:
            self._register()
            while not stop.is_set():
                self._buy()
        except Exception as error:  # noqa: BLE001 - any exception is reported
            self.observed.add_violation(f"{self.confirmed.name}: {type(error).__name__}: {error}")

    def _register(self) -> None:
        name = self.confirmed.name
        body = {"username": name, "email": f"{name}@example.com", "password": PASSWORD}
        # 409: a first attempt succeeded, but its response was lost.
        self.session.send("POST", "/api/users/", body, expected=(201, 409))
        self._log_in()
        user = self.session.send("GET", "/api/users/me/", expected=(200,)).json()
        self.confirmed.user_id = user["id"]

    def _log_in(self) -> None:
        self.session.log_in(self.confirmed.name, PASSWORD)

    def _buy(self) -> None:
        if self.chance.random() < 0.05:
            self.session.send("POST", "/api/logout/", expected=(200, 401))
            self._log_in()
        for _ in range(self.chance.randint(1, 3)):
            self._add()
        cart = self.session.send("GET", "/api/cart/", expected=(200,)).json()
        in_cart = {item["product_id"]: item["quantity"] for item in cart["cart_items"]}
        if in_cart != dict(self.confirmed.in_cart):
            self.observed.add_violation(
                f"{self.confirmed.name}: cart {in_cart}, not {self.confirmed.in_cart}"
            )
        if in_cart:
            self._order(cart)

    def _add(self) -> None:
        product, quantity = self.chance.choice(self.products), self.chance.randint(1, 3)
        body = {"product_id": product, "quantity": quantity}
        path = "/api/cart/add/"
        response = self.session.send("POST", path, body, expected=(200, 409), key=new_key())
        if response.status == 200:
            self.confirmed.in_cart[product] += quantity

    def _order(self, cart: dict[str, Any]) -> None:
        body = {"cart_id": cart["cart_id"], "expected_total": cart["total"]}
        response = self._send_maybe_twice("/api/orders/", body, expected=(201, 409))
        if response.status == 409:  # out of stock meanwhile
            self.session.send("DELETE", "/api/cart/", expected=(204,))
            self.confirmed.in_cart.clear()
            return
        order_id = response.json()["order_id"]
        self.confirmed.orders[order_id] = Decimal(response.json()["total"])
        self.confirmed.items[order_id] = self.confirmed.in_cart.copy()
        self.confirmed.in_cart.clear()
        if self.chance.random() < 0.1:
            self._cancel(order_id)
        else:
            if self.chance.random() < 0.15:
                self._begin_payment(order_id, self.chance.choice(self.tokens), PART)
            self._pay(order_id, self.chance.choice(self.tokens))
            if self.chance.random() < 0.1:
                self._cancel(order_id)

    def _pay(self, order_id: int, token: str) -> None:
        payment = self._begin_payment(order_id, token)
        if payment is None:
            return
        if payment["status"] == "failed":
            self._pay(order_id, "")
        elif payment["status"] in {"requires_action", "pending"} and self.chance.random() < 0.5:
            self._change_payment(payment, "confirm")

    def _begin_payment(self, order_id: int, token: str, amount: str = "") -> dict[str, Any] | None:
        """Begin a payment of what is left or of ``amount``; return it, or None if it is refused."""
        body = {"order_id": order_id, "payment_method": self.method}
        body |= {"amount": amount} if amount else {}
        body |= {"payment_token": token} if token else {}
        response = self._send_maybe_twice("/api/payments/", body, expected=(201, 409))
        if response.status != 201:
            return None
        payment: dict[str, Any] = response.json()
        self.confirmed.payments[payment["payment_id"]] = (order_id, payment["status"])
        return payment

    def _change_payment(self, payment: dict[str, Any], step: str) -> str:
        """Confirm or cancel a payment; return its last known status."""
        path = f"/api/payments/{payment['payment_id']}/{step}/"
        # 409: the worker or a duplicate request has settled it before.
        response = self.session.send("POST", path, expected=(200, 409), key=new_key())
        if response.status != 200:
            return "unknown"
        status: str = response.json()["status"]
        self.confirmed.payments[payment["payment_id"]] = (payment["order_id"], status)
        return status

    def _cancel(self, order_id: int) -> None:
        path = f"/api/orders/{order_id}/cancel/"
        response = self.session.send("POST", path, expected=(200, 409), key=new_key())
        if response.status == 200:
            self.confirmed.cancelled.add(order_id)

    def _send_maybe_twice(
        self, path: str, body: dict[str, Any], *, expected: tuple[int, ...]
    ) -> Answer:
        """Send a request, sometimes twice at the same time with one key.

        Two different responses are a violation.
        """
        key = new_key()
        responses: list[Answer] = []
        number = 2 if self.chance.random() < 0.2 else 1

        def send() -> None:
            responses.append(self.session.send("POST", path, body, expected=expected, key=key))

        threads = [Thread(target=send) for _ in range(number)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        if len(responses) != number:
            raise AssertionError(f"{path}: a duplicate request got no response")
        names = ("order_id", "payment_id", "code")
        results = {tuple(response.json().get(name) for name in names) for response in responses}
        if len(results) > 1:
            bodies = [response.body for response in responses]
            self.observed.add_violation(f"{path} {key}: {bodies}")
        return responses[0]
