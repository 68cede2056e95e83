"""The requests that ``bench.growth`` times, and the plans of their statements."""

import logging
import re
from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from functools import partial
from itertools import count
from typing import Any

from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import User
from accounts.tokens import open_session
from bench.list_queries import FILTERS, ORDERINGS, SEARCHES
from catalog import revision
from catalog.models import Product, Sale
from catalog.prices.formulas import in_cents
from catalog.search.cursors import Place, write_cursor

_FREQUENT = [
    "product list, uncached",
    "product, uncached",
    "add to cart",
    "view cart",
    "order",
    "payment",
]
_FREQUENT += ["order list", "read order"]


class Shopper:
    """Sends the requests of one customer and of a member of staff."""

    def __init__(self, customers: int) -> None:
        logging.disable(logging.WARNING)
        cache.clear()
        self.browser = Client(SERVER_NAME="127.0.0.1")
        user = User.objects.get(pk=customers // 2)
        self.headers = {"Authorization": f"Bearer {open_session(user).token}"}
        self.admin = Client(SERVER_NAME="127.0.0.1")
        staff = User.objects.create_superuser("amy", "amy@example.com", "corr3ct-horse")
        self.admin.force_login(staff)
        self.order_id = self._get("/api/orders/")["orders"][0]["order_id"]
        self.products = count(1)
        self.placed: list[int] = []

    def requests(self) -> dict[str, Callable[[], Any]]:
        """Return the requests to measure, by name."""
        admin = "/admin/orders/order/"
        return {
            "product list, cached": lambda: self._get("/api/products/"),
            "product list, uncached": lambda: self._get_uncached(""),
            "product list, page 50, uncached": lambda: self._get_uncached("?page=50"),
            "product, uncached": lambda: self._get_uncached("500/"),
            **self._lists(),
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
            **self._sales(),
        }

    def _lists(self) -> dict[str, Callable[[], Any]]:
        """Return lists with each filter and sort order, and their last pages."""
        last = self._get("/api/products/?page_size=100")["count"] // 20
        queries = {f"list: {query}": query for query in (*ORDERINGS, *FILTERS, *SEARCHES)}
        for ordering in ("", "price", "-name", "best_selling"):
            suffix = f"&ordering={ordering}" if ordering else ""
            queries[f"list: last page{suffix}"] = f"page={last}{suffix}"
            queries[f"list: after the last but one{suffix}"] = self._after(last - 1, suffix)
        found: dict[str, Callable[[], Any]] = {
            name: partial(self._get_uncached, f"?{query}") for name, query in queries.items()
        }
        facets = ("", "&category=5", "&brand=Brand+7", "&in_stock=true", "&search=teapot")
        for filters in facets:
            query = f"include=facets{filters}"
            found[f"list: {query}"] = partial(self._get_after_a_change, f"?{query}")
        for text in ("tea", "red ce"):
            path = f"suggest/?q={text}"
            found[f"suggestions: {text}"] = partial(self._get_uncached, path)
        for query in ("", "in_stock=true", "category=5", "tag=tag7"):
            name = f"list: {query} (after a change)".replace("  ", " ")
            found[name] = partial(self._get_after_a_change, f"?{query}")
        return found

    def _sales(self) -> dict[str, Callable[[], Any]]:
        """Return lists with a sale. They must be measured last, because the sale remains."""
        queries = ("", "ordering=price", "on_sale=true", "min_price=50&max_price=60", "category=50")
        return {
            f"list: {query} (a sale on)".replace("  ", " "): partial(
                self._get_with_sale, f"?{query}"
            )
            for query in queries
        }

    def _after(self, page: int, suffix: str) -> str:
        """Return the query for the page after ``page``, by cursor."""
        before = self._get(f"/api/products/?page={page}{suffix}")["products"][-1]
        ordering = suffix.rpartition("=")[2]
        row = Product.objects.get(pk=before["id"])
        keys = {"": row.pk, "price": in_cents(row.price), "-name": row.name}
        place = Place(keys.get(ordering, row.sold), row.pk)
        return f"after={write_cursor(ordering, place)}{suffix}"

    def plans(self) -> str:
        """Return PostgreSQL's plans of the statements of frequent requests, as Markdown."""
        parts = ["# Plans of the statements of frequent requests\n"]
        parts.append(
            "By `python -m bench.growth --plans bench/results/plans.md`, at 100,000 products and a "
            "million orders. A sort or a scan of a whole table would stand out.\n"
        )
        seen: set[str] = set()
        requests = self.requests()
        for name in [*_FREQUENT, *(name for name in requests if name.startswith("list: "))]:
            with CaptureQueriesContext(connection) as captured:
                requests[name]()
            parts.append(f"## {name}\n")
            # Several inserts may be sent together. Each has a plan.
            statements = [s for query in captured for s in query["sql"].split("; INSERT")]
            parts += [_plan(statement, seen) for statement in statements]
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
        assert self.admin.get(path).status_code == 200

    def _get_uncached(self, path: str) -> None:
        """Get a list that is not in the cache."""
        revision.responses.clear()
        self._get(f"/api/products/{path}")

    def _get_after_a_change(self, path: str) -> None:
        """Get a list after a change of the catalog, which has emptied all caches."""
        revision.clear_caches()
        self._get(f"/api/products/{path}")

    def _get_with_sale(self, path: str) -> None:
        """Get a list while a tenth of the products is on sale."""
        if not Sale.objects.exists():
            sale = Sale.objects.create(
                name="Sale", kind="percent", value=20, starts_at=timezone.now() - timedelta(days=1)
            )
            sale.categories.add(5)
            revision.clear_caches()
        self._get_uncached(path)

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
