"""A client that buys, and keeps books of what it was promised."""

import random
from decimal import Decimal
from threading import Event, Thread
from typing import Any
from uuid import uuid4

from shop.testing.server import Answer
from shop.testing.storm.ledger import Buyer, Ledger
from shop.testing.storm.line import Line, new_key

PASSWORD = "corr3ct-horse-battery"


class Client:
    """Buys until it is told to stop, and keeps books of what it was promised."""

    method = "card"
    tokens = ("", "", "", "", "demo_decline", "demo_action", "demo_timeout", "demo_late")

    def __init__(self, url: str, number: int, products: list[int], ledger: Ledger) -> None:
        self.line = Line(url, ledger)
        self.products = products
        self.ledger = ledger
        self.buyer = Buyer(f"buyer{number}-{uuid4().hex[:8]}")
        self.chance = random.Random(number)
        ledger.buyers.append(self.buyer)

    def run(self, stop: Event) -> None:
        """Register, log in, buy and buy again."""
        try:
            self._register()
            while not stop.is_set():
                self._buy()
        except Exception as error:  # noqa: BLE001 - whatever it is belongs into the report
            self.ledger.accuse(f"{self.buyer.name}: {type(error).__name__}: {error}")

    def _register(self) -> None:
        name = self.buyer.name
        person = {"username": name, "email": f"{name}@example.com", "password": PASSWORD}
        # A 409: the answer to the first attempt was lost, the account was not.
        self.line.ask("POST", "/api/users/", person, expected=(201, 409))
        self._log_in()
        self.buyer.user_id = self.line.ask("GET", "/api/users/me/", expected=(200,)).json()["id"]

    def _log_in(self) -> None:
        self.line.log_in(self.buyer.name, PASSWORD)

    def _buy(self) -> None:
        if self.chance.random() < 0.05:
            self.line.ask("POST", "/api/logout/", expected=(200, 401))
            self._log_in()
        for _ in range(self.chance.randint(1, 3)):
            self._add()
        seen = self.line.ask("GET", "/api/cart/", expected=(200,)).json()
        in_cart = {line["product_id"]: line["quantity"] for line in seen["cart_items"]}
        if in_cart != dict(self.buyer.in_cart):
            self.ledger.accuse(f"{self.buyer.name}: cart {in_cart}, not {self.buyer.in_cart}")
        if in_cart:
            self._order(seen)

    def _add(self) -> None:
        product, quantity = self.chance.choice(self.products), self.chance.randint(1, 3)
        body = {"product_id": product, "quantity": quantity}
        answer = self.line.ask("POST", "/api/cart/add/", body, expected=(200, 409), key=new_key())
        if answer.status == 200:
            self.buyer.in_cart[product] += quantity

    def _order(self, seen: dict[str, Any]) -> None:
        body = {"cart_id": seen["cart_id"], "expected_total": seen["total"]}
        answer = self._ask_perhaps_twice("/api/orders/", body, expected=(201, 409))
        if answer.status == 409:  # sold out meanwhile
            self.line.ask("DELETE", "/api/cart/", expected=(204,))
            self.buyer.in_cart.clear()
            return
        order_id = answer.json()["order_id"]
        self.buyer.orders[order_id] = Decimal(answer.json()["total"])
        self.buyer.items[order_id] = self.buyer.in_cart.copy()
        self.buyer.in_cart.clear()
        if self.chance.random() < 0.1:
            self._cancel(order_id)
        else:
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
            self._go_on(payment, "confirm")

    def _begin_payment(self, order_id: int, token: str) -> dict[str, Any] | None:
        """Begin a payment; return it, or None where the order took none."""
        body = {"order_id": order_id, "payment_method": self.method}
        body |= {"payment_token": token} if token else {}
        answer = self._ask_perhaps_twice("/api/payments/", body, expected=(201,))
        if answer.status != 201:
            return None
        payment: dict[str, Any] = answer.json()
        self.buyer.payments[payment["payment_id"]] = (order_id, payment["status"])
        return payment

    def _go_on(self, payment: dict[str, Any], step: str) -> str:
        """Confirm or cancel a payment; return its status as last seen."""
        path = f"/api/payments/{payment['payment_id']}/{step}/"
        # A 409: the sweep, or a twin of this request, has settled it before.
        answer = self.line.ask("POST", path, expected=(200, 409), key=new_key())
        if answer.status != 200:
            return "unknown"
        status: str = answer.json()["status"]
        self.buyer.payments[payment["payment_id"]] = (payment["order_id"], status)
        return status

    def _cancel(self, order_id: int) -> None:
        path = f"/api/orders/{order_id}/cancel/"
        if self.line.ask("POST", path, expected=(200, 409), key=new_key()).status == 200:
            self.buyer.cancelled.add(order_id)

    def _ask_perhaps_twice(
        self, path: str, body: dict[str, Any], *, expected: tuple[int, ...]
    ) -> Answer:
        """Send a request, now and then from two hands at once: with one key it is one request."""
        key = new_key()
        twins: list[Answer] = []
        hands = 2 if self.chance.random() < 0.2 else 1

        def ask() -> None:
            twins.append(self.line.ask("POST", path, body, expected=expected, key=key))

        threads = [Thread(target=ask) for _ in range(hands)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        if len(twins) != hands:
            raise AssertionError(f"{path}: a twin was not answered")
        names = ("order_id", "payment_id", "code")
        if len({tuple(twin.json().get(name) for name in names) for twin in twins}) > 1:
            self.ledger.accuse(f"{path} {key}: {[twin.body for twin in twins]}")
        return twins[0]
