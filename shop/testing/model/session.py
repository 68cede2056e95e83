"""The shop and the model side by side: each operation is sent to one and applied to the other."""

import random
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from shop.testing.model import paying
from shop.testing.model.amounts import show
from shop.testing.model.client import Client, Headers, Request, Response
from shop.testing.model.views import (
    Disagreement,
    compare,
    view_of_order,
    view_of_payment,
    view_of_return,
)
from shop.testing.model.world import Order, Payment, Refused, World
from shop.testing.server import Shop
from shop.testing.storm import staff

PASSWORD = "corr3ct-horse-battery"
BUYERS = 5
_RECENT = 25
_PREFERRED = 0.8
_PRICES = (7, 99, 333, 999, 1705, 2450, 4999, 12000, 33333, 89901)
_STOCK = 60
_EVERY_STOCK = 1_000_000_000
"""The limit below which the list of low stock has a product."""

T = TypeVar("T")


class Session:
    """Sends operations as buyers, guests and staff, and compares the responses with the model."""

    def __init__(
        self, shop: Shop, seed: int, *, captures_later: bool, captures_parts: bool
    ) -> None:
        self.client = Client(shop.url)
        self.world = World(captures_later, captures_parts)
        self.random = random.Random(seed)
        self.counts: Counter[str] = Counter()
        self.last: tuple[Request, Response, tuple[Order, Payment] | None] | None = None
        self.staff = self._log_in(staff.NAME, staff.PASSWORD)
        self.buyers = [self._register(f"buyer-{number}") for number in range(BUYERS)]
        for price in _PRICES:
            self._add_product(price)

    def play(
        self,
        rule: Callable[[], T],
        path: str,
        body: dict[str, Any],
        headers: Headers,
        *,
        succeeds: int = 200,
    ) -> tuple[T, Any] | None:
        """Send a request, and apply its rule. Return both results, or None if both refuse."""
        refused = None
        try:
            result = rule()
        except Refused as refusal:
            refused = refusal
        request, response = self.client.post(path, body, headers)
        self.last = (request, response, None)
        expected = (refused.status, refused.code) if refused else (succeeds, None)
        code = response.body.get("code") if response.status >= 400 else None
        self.counts[code or str(response.status)] += 1
        if expected != (response.status, code):
            raise Disagreement(
                f"POST {path} {body}: the model expects {expected}, "
                f"the shop answers {response.status} {response.body}"
            )
        return None if refused else (result, response.body)

    def repeat(self) -> None:
        """Send the last request again. Only a payment may be further than before."""
        if self.last is None:
            return
        request, first, begun = self.last
        again = self.client.repeat(request)
        what = f"repeated POST {request.path} {request.body}"
        compare(what, first.status, again.status)
        if begun is None:
            compare(what, first.body, again.body)
        else:
            order, payment = begun
            paying.refresh(self.world, order, payment)
            compare(what, view_of_payment(payment), again.body)

    def note_payment(self, order: Order, payment: Payment) -> None:
        """Note that the last request has begun a payment, which a repetition may change."""
        if self.last is not None:
            self.last = (*self.last[:2], (order, payment))

    def pick(self, suits: Callable[[Order], object] = bool) -> Order:
        """Return an order, mostly one of the last, and mostly one for which the operation suits."""
        orders = self.world.orders
        orders = orders if self.random.random() < 0.1 else orders[-_RECENT:]
        return self.prefer(orders, suits)

    def prefer(self, rows: Sequence[T], suits: Callable[[T], object]) -> T:
        """Return one of the rows, mostly one that suits."""
        suitable = [row for row in rows if suits(row)]
        is_preferred = suitable and self.random.random() < _PREFERRED
        return self.random.choice(suitable if is_preferred else rows)

    def buyer_of(self, order: Order) -> Headers:
        """Return the headers with which the buyer of an order sends requests."""
        if order.buyer is None:
            return {"X-Cart-Token": order.cart_token}
        return self.buyers[order.buyer]

    def read(self, path: str, headers: Headers | None = None) -> Any:
        """Return the body at a path, as staff see it by default."""
        response = self.client.get(path, self.staff if headers is None else headers)
        compare(f"GET {path}", 200, response.status)
        return response.body

    def check_order(self, order: Order) -> None:
        """Compare all of an order, as its buyer or as staff see it."""
        path = f"/api/orders/{order.order_id}/"
        headers = self.random.choice([self.staff, self.buyer_of(order)])
        compare(f"GET {path}", view_of_order(order), self.read(path, headers))
        for row in order.returns:
            path = f"/api/returns/{row.return_id}/"
            compare(f"GET {path}", view_of_return(row), self.read(path))

    def check_stock(self) -> None:
        """Compare the stock of all products."""
        rows = self.read("/api/products/low-stock/?page_size=100")["products"]
        found = {row["id"]: row["stock"] for row in rows}
        compare("stock", self.world.stock, found)

    def _add_product(self, price: int) -> None:
        body: dict[str, Any] = {
            "name": f"Product for {price}",
            "price": show(price),
            "stock": _STOCK,
        }
        body |= {"is_published": True, "low_stock_threshold": _EVERY_STOCK}
        response = self.client.post("/api/products/", body, self.staff)[1]
        compare(f"product {response.body}", 201, response.status)
        self.world.prices[response.body["id"]] = price
        self.world.stock[response.body["id"]] = _STOCK

    def _register(self, name: str) -> Headers:
        body = {"username": name, "email": f"{name}@example.com", "password": PASSWORD}
        compare(f"registration of {name}", 201, self.client.post("/api/users/", body, {})[1].status)
        return self._log_in(name, PASSWORD)

    def _log_in(self, username: str, password: str) -> Headers:
        body = {"username": username, "password": password}
        response = self.client.post("/api/login/", body, {})[1]
        compare(f"login of {username}", 200, response.status)
        return {"Authorization": f"Bearer {response.body['token']}"}
