"""The fake as tests use it: its process, its controls, and the customer's part of a payment."""

import json
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from http.client import HTTPConnection
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from payments.tests.fake_stripe.routes import PUBLISHABLE, SECRET
from payments.tests.fake_stripe.webhooks import WEBHOOK_SECRET, signature

ROOT = Path(__file__).resolve().parents[3]
INTENTS = "/v1/payment_intents*"
"""The path of every request about payment intents, for ``fail``."""


class FakeStripe:
    """A client of the fake that runs at ``url``, in a process of its own."""

    key = SECRET
    webhook_secret = WEBHOOK_SECRET

    def __init__(self, url: str) -> None:
        self.url = url

    def environment(self) -> dict[str, str]:
        """Return the environment variables of a shop that uses this fake."""
        return {
            "STRIPE_SECRET_KEY": self.key,
            "STRIPE_WEBHOOK_SECRET": self.webhook_secret,
            "STRIPE_API_BASE": self.url,
        }

    def control(self, method: str, name: str, **body: Any) -> Any:
        """Call an endpoint of ``control``. Raises AssertionError on an error."""
        status, result = _request(self.url, method, f"/_control/{name}", json.dumps(body), {})
        assert status == 200, result
        return result

    def reset(self) -> None:
        """Delete everything."""
        self.control("POST", "reset")

    def fail(self, kind: str, path: str = "*", **rule: Any) -> None:
        """Let the next matching request fail; ``rule`` has further fields of ``faults.Rule``."""
        self.control("POST", "faults", rules=[{"kind": kind, "path": path, **rule}])

    def clear_faults(self) -> None:
        """Remove every fault, and end requests that hang."""
        self.control("POST", "clear_faults")

    def fail_at_random(self, rules: list[dict[str, Any]], seed: int) -> None:
        """Let requests fail at the rates of the rules."""
        self.control("POST", "faults", rules=rules, seed=seed)

    def send_webhooks(self, url: str, **plan: Any) -> None:
        """Send events to ``url`` from now on; ``plan`` has fields of ``webhooks.DeliveryPlan``."""
        self.control("POST", "webhooks", url=url, **plan)

    def release(self, *, order: str = "as sent", copies: int = 1, kinds: Iterable[str] = ()) -> Any:
        """Send the held webhooks; return the deliveries with the shop's statuses."""
        return self.control("POST", "release", order=order, copies=copies, kinds=list(kinds))

    def advance_clock(self, seconds: float) -> None:
        """Advance the account's clock, which may expire authorisations."""
        self.control("POST", "clock", seconds=seconds)

    def ledger(self) -> list[dict[str, Any]]:
        """Return every charge with its amounts, in the currency's smallest unit."""
        return self.control("GET", "ledger")

    def state(self) -> dict[str, Any]:
        """Return intents, charges, refunds and events, oldest first."""
        return self.control("GET", "state")

    def requests(self, method: str = "POST") -> list[dict[str, Any]]:
        """Return the requests with a method, with their keys and statuses."""
        return [each for each in self.control("GET", "requests") if each["method"] == method]

    def wait_for_requests(self, count: int, path: str) -> None:
        """Wait for ``count`` requests for a path. Raises AssertionError after twenty seconds."""
        deadline = time.monotonic() + 60
        while True:
            arrived = sum(each["path"] == path for each in self.control("GET", "requests"))
            if arrived >= count:
                return
            assert time.monotonic() < deadline, f"{arrived} of {count} requests for {path} arrived"
            time.sleep(0.02)

    def events(self, kind: str = "") -> list[dict[str, Any]]:
        """Return the events of a type, or all, oldest first."""
        return [each for each in self.state()["events"] if kind in {"", each["type"]}]

    def authenticate(self, intent: str, *, succeed: bool = True) -> Any:
        """Complete 3-D Secure as the customer."""
        return self.control("POST", "authenticate", id=intent, succeed=succeed)

    def try_to_authenticate(self, intent: str, *, succeed: bool) -> str:
        """Complete 3-D Secure if the intent still requires it.

        Return the intent's status, or ``over`` if it required no action.
        """
        body = json.dumps({"id": intent, "succeed": succeed})
        status, result = _request(self.url, "POST", "/_control/authenticate", body, {})
        return str(result["status"]) if status == 200 else "over"

    def deliveries(self) -> dict[str, Any]:
        """Return the sent, held and withheld webhooks, and whether the fake is idle."""
        deliveries: dict[str, Any] = self.control("GET", "deliveries")
        return deliveries

    def wait_until_idle(self, seconds: float) -> bool:
        """Wait until no request and no webhook is in progress; return whether that is so."""
        deadline = time.monotonic() + seconds
        while not self.deliveries()["is_idle"]:
            if time.monotonic() > deadline:
                return False
            time.sleep(0.05)
        return True

    def process(self, intent: str, *, succeed: bool = True) -> Any:
        """End an intent that is ``processing``."""
        return self.control("POST", "process", id=intent, succeed=succeed)

    def finish_refund(self, refund: str, *, succeed: bool = True) -> None:
        """End a pending refund, or fail one that had succeeded."""
        self.control("POST", "finish_refund", id=refund, succeed=succeed)

    def permit_cancelling_what_is_processing(self) -> None:
        """Let intents be cancelled that are ``processing``, which Stripe rarely allows."""
        self.control("POST", "permit", cancel_processing=True)

    def end_authorisation(self, intent: str) -> None:
        """End an authorisation before its time."""
        self.control("POST", "end_authorisation", id=intent)

    def age(self, intent: str, *, seconds: int) -> None:
        """Move the creation of an intent into the past."""
        self.control("POST", "age", id=intent, seconds=seconds)

    def refund_in_dashboard(self, intent: str, amount: int | None = None) -> Any:
        """Refund as the account's owner does, without the shop. ``amount`` is in cents."""
        return self.control("POST", "refund", id=intent, amount=amount)

    def dispute(self, intent: str, **facts: Any) -> Any:
        """Open a dispute; ``facts`` are ``amount``, ``reason`` and ``is_inquiry``."""
        return self.control("POST", "dispute", id=intent, **facts)

    def set_dispute(self, dispute: str, status: str) -> Any:
        """Give a dispute another status of Stripe's."""
        return self.control("POST", "set_dispute", id=dispute, status=status)

    def warn(self, intent: str) -> Any:
        """Send an early fraud warning."""
        return self.control("POST", "warn", id=intent)

    def review(self, intent: str) -> Any:
        """Put a payment into review."""
        return self.control("POST", "review", id=intent)

    def close_review(self, review: str, reason: str = "approved") -> Any:
        """End a review."""
        return self.control("POST", "close_review", id=review, reason=reason)

    def unfinished(self) -> tuple[list[str], list[str]]:
        """Return the ids of intents that are processing, and of pending refunds."""
        ids = self.control("GET", "unfinished")
        return ids["intents"], ids["refunds"]

    def pay(self, client_secret: str, card: str = "pm_card_visa") -> tuple[int, Any]:
        """Confirm an intent as Stripe's own form does in the customer's browser."""
        intent = client_secret.partition("_secret")[0]
        form = {"client_secret": client_secret, "payment_method": card, "use_stripe_sdk": "true"}
        headers = {"Authorization": f"Bearer {PUBLISHABLE}"}
        path = f"/v1/payment_intents/{intent}/confirm"
        return _request(self.url, "POST", path, urlencode(form), headers)


def sign(
    event: dict[str, Any], *, secrets: Iterable[str] = (WEBHOOK_SECRET,), at: float | None = None
) -> tuple[bytes, str]:
    """Return the body of a webhook and its ``Stripe-Signature``, for tests that send it."""
    body = json.dumps(event, indent=2).encode()
    return body, signature(body, secrets, int(time.time() if at is None else at))


def _request(
    url: str, method: str, path: str, body: str, headers: dict[str, str]
) -> tuple[int, Any]:
    connection = HTTPConnection(url.removeprefix("http://"), timeout=60)
    try:
        connection.request(method, path, body if method == "POST" else None, headers)
        response = connection.getresponse()
        return response.status, json.loads(response.read())
    finally:
        connection.close()


@contextmanager
def running_fake_stripe(port: int = 0) -> Iterator[FakeStripe]:
    """Run the server in a process of its own, and kill it at the end."""
    process = subprocess.Popen(
        [sys.executable, "-m", "payments.tests.fake_stripe", "--port", str(port)],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout is not None
        yield FakeStripe(process.stdout.readline().strip())
    finally:
        process.kill()
        process.wait()
        if process.stdout is not None:
            process.stdout.close()
