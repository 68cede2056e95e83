"""A customer who adds to the cart while an order is placed from it."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from typing import Any

from shop.testing.storm.customer import Customer
from shop.testing.storm.session import new_key


class ImpatientCustomer(Customer):
    """Each unit whose addition was acknowledged must be in the order or in the next cart."""

    def _buy(self) -> None:
        product = self.chance.choice(self.products)
        if not self._add_one(product):
            return
        cart = self._read_cart()
        with ThreadPoolExecutor(2) as pool:
            placed = pool.submit(self._place, cart["cart_id"])
            added = pool.submit(self._add_one, product)
        self._compare(product, units=1 + added.result(), order_id=placed.result())

    def _compare(self, product: int, *, units: int, order_id: int | None) -> None:
        """Find every unit; record the order for the comparison with the database."""
        in_order: Counter[int] = Counter()
        if order_id is not None:
            order = self.session.send("GET", f"/api/orders/{order_id}/", expected=(200,)).json()
            in_order = Counter({item["product_id"]: item["quantity"] for item in order["items"]})
            self.confirmed.items[order_id] = in_order
        in_cart = self._read_cart()["cart_items"]
        found = in_order[product] + sum(item["quantity"] for item in in_cart)
        if found != units:
            self.observed.add_violation(
                f"{self.confirmed.name}: {units} units added, {found} in order {order_id} and cart"
            )
        self.session.send("DELETE", "/api/cart/", expected=(204,))

    def _add_one(self, product: int) -> int:
        """Add a unit; return the number of units that were added."""
        body = {"product_id": product, "quantity": 1}
        path = "/api/cart/add/"
        added = self.session.send("POST", path, body, expected=(200, 409), key=new_key())
        return int(added.status == 200)

    def _place(self, cart_id: int) -> int | None:
        """Place an order; return its id, or None if the product is out of stock."""
        path, body = "/api/orders/", {"cart_id": cart_id}
        placed = self.session.send("POST", path, body, expected=(201, 409), key=new_key())
        if placed.status != 201:
            return None
        order: dict[str, Any] = placed.json()
        self.confirmed.orders[order["order_id"]] = Decimal(order["total"])
        return int(order["order_id"])

    def _read_cart(self) -> dict[str, Any]:
        cart: dict[str, Any] = self.session.send("GET", "/api/cart/", expected=(200,)).json()
        return cart
