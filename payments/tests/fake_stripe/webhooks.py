"""Webhooks: signed and sent until a 2xx (docs.stripe.com/webhooks), with faults on demand."""

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

WEBHOOK_SECRET = "whsec_Xn3vTq8RkZb5LwYc2JfHs7MdGpKu4VaE"


@dataclass
class DeliveryPlan:
    """How events are delivered. Rates are from 0 to 1, times in seconds."""

    url: str = ""
    secrets: list[str] = field(default_factory=lambda: [WEBHOOK_SECRET])
    seed: int = 0
    duplicate: float = 0.0
    """The rate of events that are sent twice."""
    delay: float = 0.0
    """The longest random delay of an event. Delayed events change their order."""
    withhold: float = 0.0
    """The rate of events that are never sent, as if all attempts of Stripe had failed."""
    hold: bool = False
    """Whether events are held until they are released."""
    repeats: int = 5
    """How often an event is sent without a 2xx. Stripe stops after three days."""


def signature(body: bytes, secrets: Iterable[str], at: int) -> str:
    """Return the ``Stripe-Signature`` of a body, with a ``v1`` for each secret.

    docs.stripe.com/webhooks#verify-manually. While a secret is replaced, there are two
    (docs.stripe.com/webhooks#roll-endpoint-secrets).
    """
    signed = b"%d.%s" % (at, body)
    macs = [hmac.new(each.encode(), signed, hashlib.sha256).hexdigest() for each in secrets]
    return ",".join([f"t={at}", *(f"v1={mac}" for mac in macs)])


def send(plan: DeliveryPlan, event: Object) -> int:
    """Send an event once; return the status of the response, or 0 if there was none."""
    address = urlsplit(plan.url)
    body = json.dumps(event, indent=2).encode()
    headers = {
        "Content-Type": "application/json; charset=utf-8",
        "User-Agent": "Stripe/1.0 (+https://stripe.com/docs/webhooks)",
        "Stripe-Signature": signature(body, plan.secrets, int(time.time())),
    }
    connection = HTTPConnection(address.hostname or "", address.port, timeout=60)
    try:
        connection.request("POST", address.path or "/", body, headers)
        return connection.getresponse().status
    except (OSError, HTTPException):
        return 0
    finally:
        connection.close()


class Webhooks:
    """Sends the events that are enqueued, in threads of its own."""

    def __init__(self, account: Account) -> None:
        self.account = account
        self.plan = DeliveryPlan()
        self.random = random.Random(0)
        self.held: list[Object] = []
        self.withheld: list[Object] = []
        self.deliveries: list[Object] = []
        self._due: list[tuple[float, int, int, Object]] = []
        self._numbers = itertools.count()
        self._active = 0
        self._changed = Condition()
        self._pool = ThreadPoolExecutor(8)
        Thread(target=self._run, daemon=True).start()

    def set_plan(self, plan: dict[str, Any]) -> None:
        """Replace the plan, and discard the events that were not sent yet."""
        with self._changed:
            self.plan = DeliveryPlan(**plan)
            self.random = random.Random(self.plan.seed)
            self.held, self.withheld, self.deliveries, self._due = [], [], [], []

    def enqueue(self, event: Object) -> None:
        """Schedule, hold or withhold an event, as the plan says."""
        with self._changed:
            if not self.plan.url:
                return
            if self.plan.hold:
                self.held.append(event)
            elif self.random.random() < self.plan.withhold:
                self.withheld.append(event)
            else:
                for _ in range(2 if self.random.random() < self.plan.duplicate else 1):
                    self._schedule(event, self.random.random() * self.plan.delay)

    def release(self, *, order: str, copies: int, kinds: list[str]) -> list[Object]:
        """Send the held events of these kinds, or of all, in turn; return the deliveries."""
        with self._changed:
            chosen = [each for each in self.held if not kinds or each["type"] in kinds]
            self.held = [each for each in self.held if each not in chosen]
        if order == "reversed":
            chosen.reverse()
        elif order == "shuffled":
            self.random.shuffle(chosen)
        return [self._deliver(event, 0) for event in chosen for _ in range(copies)]

    def is_idle(self) -> bool:
        """Return whether no event is scheduled or being sent."""
        with self._changed:
            return not self._due and not self._active

    def _schedule(self, event: Object, seconds: float, attempt: int = 0) -> None:
        at = time.monotonic() + seconds
        heapq.heappush(self._due, (at, next(self._numbers), attempt, event))
        self._changed.notify()

    def _run(self) -> None:
        while True:
            with self._changed:
                while not self._due or self._due[0][0] > time.monotonic():
                    wait = self._due[0][0] - time.monotonic() if self._due else None
                    self._changed.wait(wait)
                _, _, attempt, event = heapq.heappop(self._due)
                self._active += 1
            self._pool.submit(self._try, event, attempt, self.plan)

    def _try(self, event: Object, attempt: int, plan: DeliveryPlan) -> None:
        try:
            status = self._deliver(event, attempt)["status"]
            with self._changed:
                succeeded = 200 <= status < 300
                if not succeeded and attempt + 1 < plan.repeats and plan is self.plan:
                    # docs.stripe.com/webhooks#retries: the pauses grow, here up to four seconds.
                    self._schedule(event, min(0.25 * 2**attempt, 4), attempt + 1)
        finally:
            with self._changed:
                self._active -= 1

    def _deliver(self, event: Object, attempt: int) -> Object:
        status = send(self.plan, event)
        delivery = {
            "event": event["id"],
            "type": event["type"],
            "status": status,
            "attempt": attempt,
        }
        with self._changed:
            self.deliveries.append(delivery)
        return delivery
