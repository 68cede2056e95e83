"""A real server on the test's own database, for tests marked ``django_db(transaction=True)``."""

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
from cart.models import Cart, CartItem
from catalog.models import Product
from orders import services
from orders.models import Order
from shop.testing.fixtures import Caller
from shop.testing.server import Answer, Shop, running_shop, send


@dataclass
class Faulty:
    """A server whose fault points can be armed."""

    shop: Shop
    faults: Path

    def arm(self, point: str, seconds: str = "") -> None:
        """Let the next to pass the point die; or let each that passes wait."""
        (self.faults / point).write_text(seconds)

    def is_armed(self, point: str) -> bool:
        """Return whether nobody has died there yet."""
        return (self.faults / point).exists()

    def wait_until_reached(self, point: str) -> None:
        """Return once someone is held up there."""
        deadline = time.monotonic() + 20
        while not (self.faults / f"{point}.reached").exists():
            assert time.monotonic() < deadline, f"nobody came to {point}"
            time.sleep(0.01)

    def disarm(self, point: str) -> None:
        """Let everyone pass."""
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
        """Send a request."""
        return send(self.shop.url, method, path, body, token=token, key=key)

    def send_until_answered(
        self, method: str, path: str, body: dict[str, Any], *, token: str, key: str
    ) -> Answer:
        """Send a request again, with its key, until someone answers: workers come back."""
        deadline = time.monotonic() + 20
        while True:
            try:
                return self.send(method, path, body, token=token, key=key)
            except (OSError, HTTPException):
                assert time.monotonic() < deadline, self.shop.log.read_text()
                time.sleep(0.05)


@contextmanager
def faulty_server(folder: Path, *, database: str = "", **environment: str) -> Iterator[Faulty]:
    """Serve the test's database, or another, with the test's own secrets and two workers."""
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
        yield Faulty(shop, faults)


def url_of_the_tests_database() -> str:
    """Return the URL that settings turn into this very database."""
    name = connection.settings_dict["NAME"]
    if connection.vendor == "sqlite":
        return f"sqlite:///{name}"
    return f"{os.environ['DATABASE_URL'].rpartition('/')[0]}/{name}"


@pytest.fixture(scope="session")
def _server(
    django_db_setup: None, django_db_blocker: Any, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Faulty]:
    folder = tmp_path_factory.mktemp("server")
    with django_db_blocker.unblock(), faulty_server(folder) as server:
        yield server


@pytest.fixture
def server(_server: Faulty) -> Iterator[Faulty]:
    """The server, nothing armed."""
    yield _server
    for point in _server.faults.iterdir():
        point.unlink()


@pytest.fixture
def cart(ada: Caller, tea: Product) -> Cart:
    """Ada's cart, with two pieces of tea."""
    cart = Cart.objects.create(user=ada.user)
    CartItem.objects.create(cart=cart, product=tea, quantity=2)
    return cart


def place_order(user: User, product: Product) -> Order:
    """Return a pending order of one piece."""
    cart = Cart.objects.create(user=user)
    CartItem.objects.create(cart=cart, product=product, quantity=1)
    return services.place_order(user=user, cart_id=cart.pk)
