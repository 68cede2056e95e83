"""The objects of the fake's account, in memory, under one lock."""

import secrets
import string
import time
from threading import RLock
from typing import Any

Object = dict[str, Any]
_LETTERS = string.ascii_letters + string.digits


class Account:
    """The account's objects by id, oldest first. Hold ``lock`` to read or write them."""

    def __init__(self) -> None:
        self.lock = RLock()
        self.clear()

    def clear(self) -> None:
        """Delete every object and reset the clock."""
        self.clock_offset = 0.0
        self.intents: dict[str, Object] = {}
        self.charges: dict[str, Object] = {}
        self.refunds: dict[str, Object] = {}
        self.disputes: dict[str, Object] = {}
        self.warnings: dict[str, Object] = {}
        self.reviews: dict[str, Object] = {}
        self.events: dict[str, Object] = {}
        self.cancels_processing = False
        """Whether an intent that is processing can be cancelled, which Stripe rarely allows."""
        self.wrong_parameters: list[Any] = []
        """The requests with parameters that the SDK does not declare."""
        self.cards: dict[str, str] = {}
        """The test payment method from which each ``pm_…`` was created."""

    def now(self) -> int:
        """Return the account's time in seconds, which tests can advance."""
        return int(time.time() + self.clock_offset)

    def find(self, pk: str) -> Object | None:
        """Return an object of any kind by its id, or None."""
        for objects in (self.intents, self.charges, self.refunds, self.disputes, self.events):
            if pk in objects:
                return objects[pk]
        return None


def new_id(prefix: str) -> str:
    """Return a random id in Stripe's format."""
    return f"{prefix}_{''.join(secrets.choice(_LETTERS) for _ in range(24))}"
