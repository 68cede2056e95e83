"""A member of staff, who restocks and changes prices while customers buy."""

import random
from threading import Event

from shop.testing.server import Shop
from shop.testing.storm.ledger import Ledger
from shop.testing.storm.line import Line, new_key

_NAME, _PASSWORD = "clerk", "corr3ct-horse-battery"


def hire(shop: Shop) -> None:
    """Make the account."""
    shop.environment.update(
        DJANGO_SUPERUSER_USERNAME=_NAME,
        DJANGO_SUPERUSER_EMAIL="clerk@example.com",
        DJANGO_SUPERUSER_PASSWORD=_PASSWORD,
    )
    shop.manage("createsuperuser", "--noinput")


class Clerk:
    """Works until it is told to stop."""

    def __init__(self, url: str, products: list[int], ledger: Ledger) -> None:
        self.line = Line(url, ledger)
        self.products = products
        self.ledger = ledger

    def log_in(self) -> None:
        """Begin a session, once hired."""
        self.line.log_in(_NAME, _PASSWORD)

    def run(self, stop: Event) -> None:
        """Restock a product, change the price of another, look whether it shows."""
        try:
            self.log_in()
            while not stop.wait(0.1):
                self.work()
        except Exception as error:  # noqa: BLE001 - whatever it is belongs into the report
            self.ledger.accuse(f"clerk: {type(error).__name__}: {error}")

    def work(self) -> None:
        """Do one round of work."""
        self._restock(random.choice(self.products))
        self._reprice(random.choice(self.products))

    def _restock(self, product: int) -> None:
        body = {"delta": random.randint(1, 20), "reason": "Delivery"}
        path = f"/api/products/{product}/stock/"
        self.line.ask("POST", path, body, expected=(200,), key=new_key())

    def _reprice(self, product: int) -> None:
        """A price that was acknowledged shows at once to everyone, whichever worker answers."""
        path = f"/api/products/{product}/"
        price = f"{random.randint(1, 50)}.{random.randint(10, 99)}"
        self.line.ask("PATCH", path, {"price": price}, expected=(200,))
        public = Line(self.line.url, self.ledger)
        for _ in range(4):
            shown = public.ask("GET", path, expected=(200,)).json()["price"]
            if shown != price:
                self.ledger.accuse(f"product {product} shows {shown} after it became {price}")
