"""What the fake remembers: an account's objects, in memory, under one lock."""

import secrets
import string
import time
from threading import RLock
from typing import Any

Object = dict[str, Any]
_LETTERS = string.ascii_letters + string.digits


class Account:
    """Every object by its id, oldest first. Hold ``lock`` to read or write."""

    def __init__(self) -> None:
        self.lock = RLock()
        self.ahead = 0.0
        self.clear()

    def clear(self) -> None:
        """Forget everything."""
        self.ahead = 0.0
        self.intents: dict[str, Object] = {}
        self.charges: dict[str, Object] = {}
        self.refunds: dict[str, Object] = {}
        self.events: dict[str, Object] = {}
        self.cards: dict[str, str] = {}
        """The test payment method that each ``pm_…`` was made from."""

    def now(self) -> int:
        """Return the account's time in seconds, which tests may put forward."""
        return int(time.time() + self.ahead)

    def find(self, pk: str) -> Object | None:
        """Return any object by its id."""
        for kind in (self.intents, self.charges, self.refunds, self.events):
            if pk in kind:
                return kind[pk]
        return None


def new_id(prefix: str) -> str:
    """Return an id as Stripe's look."""
    return f"{prefix}_{''.join(secrets.choice(_LETTERS) for _ in range(24))}"
