"""``python -m bench.migrations``: how long requests wait while the database is migrated.

Fills a database of the previous release (100,000 products and their variants, 300,000 orders),
serves it with that release under load, applies the migrations of this working tree, and prints the
slowest request before, during and after. Exits with 1 if one took longer than a second.
"""

import argparse
import random
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from threading import Event, Thread
from typing import NamedTuple
from uuid import uuid4

from bench import growth, say
from shop.testing.postgres import own_postgres
from shop.testing.previous import PREVIOUS, previous_release
from shop.testing.server import (
    Shop,
    connect,
    environment_for,
    fresh_database,
    manage,
    running_shop,
    send,
)

_PASSWORD = "corr3ct-horse-battery"
_LIMIT = 1.0
_QUIET = 10.0
"""Seconds of load before and after the migrations."""


class Request(NamedTuple):
    """A request: its path, when it began, its seconds, and the status of its response."""

    path: str
    start: float
    seconds: float
    status: int


class Buyer:
    """Reads and buys until it is stopped."""

    def __init__(self, url: str, products: int) -> None:
        self.url, self.products = url, products
        self.requests: list[Request] = []
        name = f"buyer{uuid4().hex[:12]}"
        person = {"username": name, "email": f"{name}@example.com", "password": _PASSWORD}
        send(url, "POST", "/api/users/", person)
        login = {"username": name, "password": _PASSWORD}
        self.token = send(url, "POST", "/api/login/", login).json()["token"]

    def run(self, stop: Event) -> None:
        """Send requests until ``stop`` is set."""
        while not stop.is_set():
            product = random.randint(1, self.products)
            self._send("GET", f"/api/products/?page={random.randint(1, 50)}")
            self._send("GET", f"/api/products/{product}/")
            self._send("GET", f"/api/products/?search=kettle&min_price={random.randint(1, 99)}")
            self._send("POST", "/api/cart/add/", {"product_id": product, "quantity": 1})
            cart = self._send("GET", "/api/cart/")
            order = self._send("POST", "/api/orders/", {"cart_id": cart["cart_id"]})
            if "order_id" in order:
                body = {"order_id": order["order_id"], "payment_method": "card"}
                self._send("POST", "/api/payments/", body)

    def _send(
        self, method: str, path: str, body: dict[str, object] | None = None
    ) -> dict[str, int]:
        start = time.monotonic()
        response = send(self.url, method, path, body, token=self.token)
        taken = time.monotonic() - start
        self.requests.append(Request(path.partition("?")[0], start, taken, response.status))
        content: dict[str, int] = response.json()
        return content


def main() -> int:
    """Measure; return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m bench.migrations")
    parser.add_argument("--rev", default=PREVIOUS, help="the commit of the previous release")
    parser.add_argument("--products", type=int, default=100_000)
    parser.add_argument("--orders", type=int, default=300_000)
    parser.add_argument("--clients", type=int, default=8)
    options = parser.parse_args()
    with (
        previous_release(options.rev) as release,
        own_postgres(durable=True) as postgres,
        fresh_database(postgres.url) as database,
    ):
        code = {"root": release.root, "python": release.python}
        manage(environment_for(database), "migrate", "--verbosity", "0", **code)
        _fill(database, options.products, options.orders)
        with running_shop(database, **code) as shop:
            return _measure(shop, database, options.clients, options.products)


def _fill(database: str, products: int, orders: int) -> None:
    start = time.monotonic()
    sizes = {"products": products, "plain": products * 19 // 20, "customers": orders // 10}
    connection = connect(database)
    connection.autocommit = True
    with connection.cursor() as cursor:
        for statement in growth.script(orders=orders, **sizes).split(";\n"):
            if statement.strip():
                cursor.execute(statement)
    connection.close()
    say(f"{products:,} products, {orders:,} orders, loaded in {time.monotonic() - start:.0f} s\n")


def _measure(shop: Shop, database: str, clients: int, products: int) -> int:
    with ThreadPoolExecutor(clients) as pool:
        buyers = list(pool.map(lambda _: Buyer(shop.url, products // 2), range(clients)))
    stop = Event()
    threads = [Thread(target=buyer.run, args=(stop,)) for buyer in buyers]
    for thread in threads:
        thread.start()
    times = [time.monotonic()]
    time.sleep(_QUIET)
    times.append(time.monotonic())
    say(manage(environment_for(database), "migrate"))
    times.append(time.monotonic())
    time.sleep(_QUIET)
    stop.set()
    for thread in threads:
        thread.join()
    times.append(time.monotonic())
    requests = [request for buyer in buyers for request in buyer.requests]
    slowest = [
        _report(name, requests, *bounds)
        for name, bounds in zip(("before", "during", "after"), pairwise(times), strict=True)
    ]
    return int(max(slowest) > _LIMIT)


def _report(name: str, requests: list[Request], start: float, end: float) -> float:
    """Print a row about the requests of a time; return the seconds of the slowest."""
    found = sorted(
        (one for one in requests if start <= one.start + one.seconds and one.start < end),
        key=lambda one: one.seconds,
    )
    slowest = found[-1]
    failed = [f"{one.status} {one.path}" for one in found if one.status >= 500]
    say(
        f"{name:8} {end - start:6.1f} s {len(found):7} requests, "
        f"median {1000 * found[len(found) // 2].seconds:6.1f} ms, "
        f"slowest {1000 * slowest.seconds:7.1f} ms ({slowest.path}), 5xx: {failed}\n"
    )
    return slowest.seconds


if __name__ == "__main__":
    sys.exit(main())
