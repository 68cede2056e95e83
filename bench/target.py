"""A running shop that is measured over HTTP, with its products and customers."""

import re
from collections.abc import Callable
from functools import partial

from bench.load import Answer, Client, Sample, expect, request, run
from bench.scenarios import (
    CONFIGURED,
    PASSWORD,
    PREPARATIONS,
    SHOP,
    Catalog,
    Customer,
    Scenario,
    walk,
)

CATALOG_SIZE = 1000
_WALKS, _WALKERS = 3, 8


class Target:
    """A shop that listens on ``port`` of loopback and was filled by ``bench.fill``."""

    scenarios = SHOP | CONFIGURED

    def __init__(self, port: int, product_ids: list[int], usernames: list[str]) -> None:
        self.port = port
        ids = product_ids[:CATALOG_SIZE]
        page, *products = self._get("/api/products/", *(f"/api/products/{pk}/" for pk in ids))
        bodies = {pk: product.body for pk, product in zip(ids, products, strict=True)}
        self.catalog = Catalog(ids, page.body, bodies, _read_etag(page))
        self.usernames = usernames
        self.log_everyone_in()

    def log_everyone_in(self) -> None:
        """Log in every customer. An access token is valid for fifteen minutes."""
        tokens: dict[str, str] = {}
        run(self.port, [partial(_log_in, name, tokens) for name in self.usernames], 0)
        self.customers = [Customer(name, tokens[name]) for name in self.usernames]

    def warm_up(self) -> None:
        """Request every product from every worker, so that caches are filled as in production.

        The system chooses the worker of a connection. With several connections, new ones in each
        walk, all workers get requests.
        """
        for _ in range(_WALKS):
            run(self.port, self._clients(walk, _WALKERS), 0)

    def slice(self, name: str, number: int, seconds: float) -> Sample:
        """Run a scenario with ``number`` clients, each of which is another customer."""
        if name in PREPARATIONS:
            run(self.port, self._clients(PREPARATIONS[name], number), 0)
        return run(self.port_of(name), self._clients(self.scenarios[name], number), seconds)

    def port_of(self, name: str) -> int:
        """Return the port of the server of a scenario."""
        return self.port

    def _clients(self, scenario: Scenario, number: int) -> list[Callable[[], Client]]:
        return [partial(scenario, self.catalog, customer) for customer in self.customers[:number]]

    def _get(self, *paths: str) -> list[Answer]:
        answers: list[Answer] = []
        run(self.port, [partial(_read, paths, answers)], 0)
        return answers


def _read(paths: tuple[str, ...], answers: list[Answer]) -> Client:
    for path in paths:
        answer = yield request("GET", path)
        answers.append(expect(answer, 200))
    yield None


def _log_in(username: str, tokens: dict[str, str]) -> Client:
    ask = request("POST", "/api/login/", {"username": username, "password": PASSWORD})
    tokens[username] = expect((yield ask), 200).json()["token"]
    yield None


def _read_etag(answer: Answer) -> str:
    found = re.search(rb"\r\netag: ([^\r]+)", answer.head, re.IGNORECASE)
    return found[1].decode() if found else ""
