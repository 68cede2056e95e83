"""The requests that ``bench.growth`` times, and the plans of their statements."""

import logging
import re
from collections.abc import Callable
from decimal import Decimal
from itertools import count
from typing import Any

from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.models import User
from accounts.tokens import open_session
from catalog import revision

_HOT = ["product list, made", "product, made", "add to cart", "view cart", "order", "payment"]
_HOT += ["order list", "read order"]


class Shopper:
    """A customer in the middle of the others, and a member of staff."""

    def __init__(self, customers: int) -> None:
        logging.disable(logging.WARNING)
        cache.clear()
        self.browser = Client(SERVER_NAME="127.0.0.1")
        user = User.objects.get(pk=customers // 2)
        self.headers = {"Authorization": f"Bearer {open_session(user).token}"}
        self.desk = Client(SERVER_NAME="127.0.0.1")
        staff = User.objects.create_superuser("amy", "amy@example.com", "corr3ct-horse")
        self.desk.force_login(staff)
        self.order_id = self._get("/api/orders/")["orders"][0]["order_id"]
        self.products = count(1)
        self.placed: list[int] = []

    def requests(self) -> dict[str, Callable[[], Any]]:
        """Return what is timed, by name."""
        admin = "/admin/orders/order/"
        return {
            "product list, kept": lambda: self._get("/api/products/"),
            "product list, made": lambda: self._make("/api/products/"),
            "product list, page 50, made": lambda: self._make("/api/products/?page=50"),
            "product, made": lambda: self._make("/api/products/500/"),
            "add to cart": self._add,
            "view cart": lambda: self._get("/api/cart/"),
            "order": self._order,
            "payment": self._pay,
            "order list": lambda: self._get("/api/orders/"),
            "read order": lambda: self._get(f"/api/orders/{self.order_id}/"),
            "admin: orders": lambda: self._look(admin),
            "admin: orders by status": lambda: self._look(f"{admin}?status__exact=paid"),
            "admin: order": lambda: self._look(f"{admin}{self.order_id}/change/"),
            "admin: payments": lambda: self._look("/admin/payments/payment/"),
            "admin: products": lambda: self._look("/admin/catalog/product/"),
            "admin: customers": lambda: self._look("/admin/accounts/user/"),
        }

    def plans(self) -> str:
        """Return PostgreSQL's plan of each statement of the hot requests, as Markdown."""
        parts = ["# Plans of the hot statements\n"]
        parts.append(
            "By `python -m bench.growth --plans docs/plans.md`, at 100,000 products and a million "
            "orders. A sort or a scan of a whole table would stand out.\n"
        )
        seen: set[str] = set()
        for name in _HOT:
            with CaptureQueriesContext(connection) as captured:
                self.requests()[name]()
            parts.append(f"## {name}\n")
            parts += [_plan(query["sql"], seen) for query in captured]
        return "\n".join(part for part in parts if part)

    def _get(self, path: str) -> Any:
        response = self.browser.get(path, headers=self.headers)
        assert response.status_code == 200, response.content
        return response.json()

    def _post(self, path: str, body: dict[str, Any], status: int) -> Any:
        kind = "application/json"
        response = self.browser.post(path, body, content_type=kind, headers=self.headers)
        assert response.status_code == status, response.content
        return response.json()

    def _look(self, path: str) -> None:
        assert self.desk.get(path).status_code == 200

    def _make(self, path: str) -> None:
        """Ask for what is kept nowhere."""
        revision._answers.clear()  # noqa: SLF001 - there is no other way, nor need of one
        self._get(path)

    def _add(self) -> int:
        body = {"product_id": next(self.products), "quantity": 1}
        cart_id: int = self._post("/api/cart/add/", body, 200)["cart_id"]
        return cart_id

    def _order(self) -> None:
        placed = self._post("/api/orders/", {"cart_id": self._add()}, 201)
        assert Decimal(placed["total"]) > 0
        self.placed.append(placed["order_id"])

    def _pay(self) -> None:
        if not self.placed:
            self._order()
        body = {"order_id": self.placed.pop(), "payment_method": "card"}
        assert self._post("/api/payments/", body, 201)["status"] == "succeeded"


def _plan(sql: str, seen: set[str]) -> str:
    shape = re.sub(r"'[^']*'|\b\d[\d.]*", "?", sql)
    if shape in seen or not re.match(r"\s*(SELECT|UPDATE|INSERT|DELETE)", sql):
        return ""
    seen.add(shape)
    with connection.cursor() as cursor:
        cursor.execute("EXPLAIN (COSTS OFF) " + sql)
        plan = "\n".join(row[0] for row in cursor.fetchall())
    short = re.sub(r"SELECT .*? FROM", "SELECT … FROM", " ".join(shape.split()), count=1)
    return f"`{short[:220]}`\n\n```\n{plan}\n```\n"
