"""A member of staff who restocks products and changes prices while customers buy."""

import random
from collections.abc import Sequence
from threading import Event
from typing import Any

from shop.testing.server import Shop, manage
from shop.testing.storm.observations import Observations
from shop.testing.storm.session import Session, new_key

NAME, PASSWORD = "staff-member", "corr3ct-horse-battery"


def create_account(shop: Shop, **code: Any) -> None:
    """Create the account of the members of staff. ``code`` is that of ``manage``."""
    shop.environment.update(
        DJANGO_SUPERUSER_USERNAME=NAME,
        DJANGO_SUPERUSER_EMAIL="staff-member@example.com",
        DJANGO_SUPERUSER_PASSWORD=PASSWORD,
    )
    manage(shop.environment, "createsuperuser", "--noinput", **code)


class Staff:
    """Restocks products and changes prices until it is stopped."""

    def __init__(self, urls: Sequence[str], products: list[int], observed: Observations) -> None:
        self.session = Session(urls, observed)
        self.products = products
        self.observed = observed

    def log_in(self) -> None:
        """Log in with the account of ``create_account``."""
        self.session.log_in(NAME, PASSWORD)

    def run(self, stop: Event) -> None:
        """Work until ``stop`` is set."""
        try:
            self.log_in()
            while not stop.wait(0.1):
                self.work()
        except Exception as error:  # noqa: BLE001 - any exception is reported
            self.observed.add_violation(f"staff: {type(error).__name__}: {error}")

    def work(self) -> None:
        """Restock one product, and change the price of another."""
        self._restock(random.choice(self.products))
        self._change_price(random.choice(self.products))

    def _restock(self, product: int) -> None:
        body = {"delta": random.randint(1, 20), "reason": "Delivery"}
        path = f"/api/products/{product}/stock/"
        self.session.send("POST", path, body, expected=(200,), key=new_key())

    def _change_price(self, product: int) -> None:
        """Change a price, and check that every worker returns the new one at once."""
        path = f"/api/products/{product}/"
        price = f"{random.randint(1, 50)}.{random.randint(10, 99)}"
        self.session.send("PATCH", path, {"price": price}, expected=(200,))
        anonymous = Session(self.session.urls, self.observed)
        for _ in range(4):
            found = anonymous.send("GET", path, expected=(200,)).json()["price"]
            if found != price:
                self.observed.add_violation(
                    f"product {product} has the price {found} after it was set to {price}"
                )
