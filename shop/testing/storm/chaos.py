"""Failures: workers are killed at random, and PostgreSQL is restarted twice, once by a crash."""

import os
import random
import signal
import time
from contextlib import suppress
from http.client import HTTPException
from threading import Event

from shop.testing.postgres import Postgres
from shop.testing.server import Shop, send

BACK_WITHIN = 30.0
"""Seconds in which the shop must be available again after a failure.

Far more than it takes (the report has the figure), because on a busy machine new workers start
slowly. A shop that waits for what is not there takes longer still.
"""
_GOOD_IN_A_ROW = 10


class Chaos:
    """Causes failures, and measures the time until the shop is available again."""

    def __init__(self, shop: Shop, postgres: Postgres | None, seed: int) -> None:
        self.shop = shop
        self.postgres = postgres
        self.chance = random.Random(seed)
        self.kills = 0
        self.back_after: dict[str, list[float]] = {"a killed worker": [], "PostgreSQL": []}

    def add(self, other: "Chaos") -> None:
        """Count the failures of another server too."""
        self.kills += other.kills
        for failure, times in other.back_after.items():
            self.back_after[failure] += times

    def run(self, stop: Event, seconds: float) -> None:
        """Cause failures until ``stop`` is set, which is expected after ``seconds``."""
        start = time.monotonic()
        restarts = [(seconds / 3, "fast"), (2 * seconds / 3, "immediate")]
        while not stop.wait(self.chance.uniform(0.5, 4)):
            if self.postgres and restarts and time.monotonic() - start > restarts[0][0]:
                self.postgres.restart(restarts.pop(0)[1])
                self._wait_for("PostgreSQL")
            else:
                self._kill_a_worker()
                self._wait_for("a killed worker")

    def _kill_a_worker(self) -> None:
        workers = self.shop.workers()
        if not workers:
            return
        for worker in self.chance.sample(workers, self.chance.choice([1, 1, 1, len(workers)])):
            with suppress(ProcessLookupError):
                os.kill(worker, signal.SIGKILL)
                self.kills += 1

    def _wait_for(self, failure: str) -> None:
        """Wait for ten good responses in a row, and record the time of the first of them."""
        start = back = time.monotonic()
        good = 0
        while good < _GOOD_IN_A_ROW and time.monotonic() < start + 60:
            good = good + 1 if self._is_good() else 0
            back = time.monotonic() if good <= 1 else back
        self.back_after[failure].append(back - start)

    def _is_good(self) -> bool:
        """Return whether the shop can read the database."""
        try:
            paths = ("/readyz", "/api/products/?page=2")
            return all(send(self.shop.url, "GET", path).status == 200 for path in paths)
        except (OSError, HTTPException):
            time.sleep(0.02)
            return False
