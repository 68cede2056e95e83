"""A real server on the database of a test marked ``django_db(transaction=True)``."""

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPException
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.db import connection

from accounts.models import User
from cart.guests import Buyer
from cart.models import Cart, CartItem
from catalog.models import Product
from orders import services
from orders.models import Order
from shop.testing.fixtures import Caller
from shop.testing.server import Answer, Shop, running_shop, send


@dataclass
class FaultyServer:
    """A server with fault points (``shop.testing.faults``)."""

    shop: Shop
    faults: Path

    def arm(self, point: str, seconds: str = "") -> None:
        """Kill the next process at the point, or delay every call there by ``seconds`` at most."""
        (self.faults / point).write_text(seconds)

    def is_armed(self, point: str) -> bool:
        """Return whether no process has reached the point since it was armed."""
        return (self.faults / point).exists()

    def wait_until_reached(self, point: str) -> None:
        """Wait until a call is delayed at the point."""
        deadline = time.monotonic() + 60
        while not (self.faults / f"{point}.reached").exists():
            assert time.monotonic() < deadline, f"{point} was not reached"
            time.sleep(0.01)

    def disarm(self, point: str) -> None:
        """Stop delaying calls at the point, also those that it delays now."""
        (self.faults / point).unlink()

    def send(
        self,
        method: str,
        path: str,
        body: dict[str, Any] | None = None,
        *,
        token: str = "",
        key: str = "",
    ) -> Answer:
        """Send a request; see ``shop.testing.server.send``."""
        return send(self.shop.url, method, path, body, token=token, key=key)

    def send_until_answered(
        self, method: str, path: str, body: dict[str, Any], *, token: str, key: str
    ) -> Answer:
        """Send a request until there is a response, because a killed worker is replaced soon."""
        deadline = time.monotonic() + 60
        while True:
            try:
                return self.send(method, path, body, token=token, key=key)
            except (OSError, HTTPException):
                assert time.monotonic() < deadline, self.shop.log.read_text()
                time.sleep(0.05)


@contextmanager
def faulty_server(
    folder: Path, *, database: str = "", **environment: str
) -> Iterator[FaultyServer]:
    """Serve the database of the test, or another, with the secrets of the test and two workers."""
    faults = folder / "faults"
    faults.mkdir()
    with running_shop(
        database or url_of_the_tests_database(),
        DJANGO_SETTINGS_MODULE="shop.testing.faulty",
        FAULTS=str(faults),
        SECRET_KEY=settings.SECRET_KEY,
        JWT_SIGNING_KEY=settings.JWT_SIGNING_KEY,
        **environment,
    ) as shop:
        yield FaultyServer(shop, faults)


def url_of_the_tests_database() -> str:
    """Return the DATABASE_URL of the database of the test."""
    name = connection.settings_dict["NAME"]
    if connection.vendor == "sqlite":
        return f"sqlite:///{name}"
    return f"{os.environ['DATABASE_URL'].rpartition('/')[0]}/{name}"


@pytest.fixture(scope="session")
def _server(
    django_db_setup: None, django_db_blocker: Any, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[FaultyServer]:
    folder = tmp_path_factory.mktemp("server")
    with django_db_blocker.unblock(), faulty_server(folder) as server:
        yield server


@pytest.fixture
def server(_server: FaultyServer) -> Iterator[FaultyServer]:
    """A server without armed fault points."""
    yield _server
    for point in _server.faults.iterdir():
        point.unlink()


@pytest.fixture
def cart(ada: Caller, tea: Product) -> Cart:
    """The cart of ada, with two units of tea."""
    cart = Cart.objects.create(user=ada.user)
    CartItem.objects.create(cart=cart, product=tea, quantity=2)
    return cart


def place_order(user: User, product: Product) -> Order:
    """Return a pending order of one unit."""
    cart = Cart.objects.create(user=user)
    CartItem.objects.create(cart=cart, product=product, quantity=1)
    return services.place_order(buyer=Buyer(user), cart_id=cart.pk)
