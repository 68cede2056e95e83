"""Webhooks: signed, sent, repeated until a 2xx (docs.stripe.com/webhooks); badly, on demand."""

import hashlib
import heapq
import hmac
import itertools
import json
import random
import time
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPException
from threading import Condition, Thread
from typing import Any
from urllib.parse import urlsplit

from payments.tests.fake_stripe.account import Account, Object


@dataclass
class Plan:
    """How events travel. Rates are chances from 0 to 1; times are seconds."""

    url: str = ""
    secrets: list[str] = field(default_factory=lambda: ["whsec_shop"])
    seed: int = 0
    duplicate: float = 0.0
    """Sent twice."""
    delay: float = 0.0
    """Each waits up to so long, so that they overtake each other."""
    withhold: float = 0.0
    """Never sent, as when a webhook endpoint was down for longer than Stripe repeats."""
    hold: bool = False
    """Keep them all until they are released."""
    repeats: int = 5
    """After so many tries without a 2xx it gives up; Stripe does after three days."""


def signature(body: bytes, secrets: Iterable[str], at: int) -> str:
    """Return the ``Stripe-Signature`` of a body, with a ``v1`` for each secret.

    docs.stripe.com/webhooks#verify-manually; two while one is rolled
    (docs.stripe.com/webhooks#roll-endpoint-secrets).
    """
    signed = b"%d.%s" % (at, body)
    macs = [hmac.new(each.encode(), signed, hashlib.sha256).hexdigest() for each in secrets]
    return ",".join([f"t={at}", *(f"v1={mac}" for mac in macs)])


def send(plan: Plan, event: Object) -> int:
    """Send an event once; return the status, or 0 if there was no answer."""
    address = urlsplit(plan.url)
    body = json.dumps(event, indent=2).encode()
    headers = {
        "Content-Type": "application/json; charset=utf-8",
        "User-Agent": "Stripe/1.0 (+https://stripe.com/docs/webhooks)",
        "Stripe-Signature": signature(body, plan.secrets, int(time.time())),
    }
    connection = HTTPConnection(address.hostname or "", address.port, timeout=10)
    try:
        connection.request("POST", address.path or "/", body, headers)
        return connection.getresponse().status
    except (OSError, HTTPException):
        return 0
    finally:
        connection.close()


class Webhooks:
    """Sends what ``Events`` tells it of, from threads of its own."""

    def __init__(self, account: Account) -> None:
        self.account = account
        self.plan = Plan()
        self.chance = random.Random(0)
        self.held: list[Object] = []
        self.withheld: list[Object] = []
        self.deliveries: list[Object] = []
        self._due: list[tuple[float, int, int, Object]] = []
        self._number = itertools.count()
        self._under_way = 0
        self._changed = Condition()
        self._pool = ThreadPoolExecutor(8)
        Thread(target=self._run, daemon=True).start()

    def follow(self, plan: dict[str, Any]) -> None:
        """Replace the plan; what is on its way is forgotten."""
        with self._changed:
            self.plan = Plan(**plan)
            self.chance = random.Random(self.plan.seed)
            self.held, self.withheld, self.deliveries, self._due = [], [], [], []

    def tell(self, event: Object) -> None:
        """Take an event over."""
        with self._changed:
            if not self.plan.url:
                return
            if self.plan.hold:
                self.held.append(event)
            elif self.chance.random() < self.plan.withhold:
                self.withheld.append(event)
            else:
                for _ in range(2 if self.chance.random() < self.plan.duplicate else 1):
                    self._schedule(event, self.chance.random() * self.plan.delay)

    def release(self, *, order: str, copies: int, kinds: list[str]) -> list[Object]:
        """Send what is held, one after the other, and say what was answered."""
        with self._changed:
            chosen = [each for each in self.held if not kinds or each["type"] in kinds]
            self.held = [each for each in self.held if each not in chosen]
        if order == "reversed":
            chosen.reverse()
        elif order == "shuffled":
            self.chance.shuffle(chosen)
        return [self._deliver(event, 0) for event in chosen for _ in range(copies)]

    def is_idle(self) -> bool:
        """Return whether nothing is on its way."""
        with self._changed:
            return not self._due and not self._under_way

    def _schedule(self, event: Object, seconds: float, attempt: int = 0) -> None:
        at = time.monotonic() + seconds
        heapq.heappush(self._due, (at, next(self._number), attempt, event))
        self._changed.notify()

    def _run(self) -> None:
        while True:
            with self._changed:
                while not self._due or self._due[0][0] > time.monotonic():
                    wait = self._due[0][0] - time.monotonic() if self._due else None
                    self._changed.wait(wait)
                _, _, attempt, event = heapq.heappop(self._due)
                self._under_way += 1
            self._pool.submit(self._try, event, attempt, self.plan)

    def _try(self, event: Object, attempt: int, plan: Plan) -> None:
        try:
            status = self._deliver(event, attempt)["status"]
            with self._changed:
                is_well = 200 <= status < 300
                if not is_well and attempt + 1 < plan.repeats and plan is self.plan:
                    # docs.stripe.com/webhooks#retries: ever more slowly; here within seconds.
                    self._schedule(event, min(0.25 * 2**attempt, 4), attempt + 1)
        finally:
            with self._changed:
                self._under_way -= 1

    def _deliver(self, event: Object, attempt: int) -> Object:
        status = send(self.plan, event)
        done = {
            "event": event["id"],
            "type": event["type"],
            "status": status,
            "attempt": attempt,
        }
        with self._changed:
            self.deliveries.append(done)
        return done
