"""What tests hold of the fake: its process, its controls, and the customer's side of a payment."""

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
from payments.tests.fake_stripe.webhooks import signature

ROOT = Path(__file__).resolve().parents[3]
INTENTS = "/v1/payment_intents*"
"""The path of every request about payment intents, for ``fail``."""


class FakeStripe:
    """A fake Stripe that runs at ``url``, in a process of its own."""

    key = SECRET
    webhook_secret = "whsec_shop"

    def __init__(self, url: str) -> None:
        self.url = url

    def environment(self) -> dict[str, str]:
        """Return what a shop is told so that it talks to this Stripe."""
        return {
            "STRIPE_SECRET_KEY": self.key,
            "STRIPE_WEBHOOK_SECRET": self.webhook_secret,
            "STRIPE_API_BASE": self.url,
        }

    def control(self, method: str, name: str, **body: Any) -> Any:
        """Ask an endpoint of ``control``. Raises AssertionError where it refuses."""
        status, found = _ask(self.url, method, f"/_control/{name}", json.dumps(body), {})
        assert status == 200, found
        return found

    def reset(self) -> None:
        """Forget everything."""
        self.control("POST", "reset")

    def fail(self, kind: str, path: str = "*", **rule: Any) -> None:
        """Let the next request that matches fail, or as ``faults.Rule`` says."""
        self.control("POST", "faults", rules=[{"kind": kind, "path": path, **rule}])

    def be_well(self) -> None:
        """Fail no more, and let whoever hangs go."""
        self.control("POST", "well")

    def fail_at_random(self, rules: list[dict[str, Any]], seed: int) -> None:
        """Let requests fail by the rules' rates."""
        self.control("POST", "faults", rules=rules, seed=seed)

    def send_webhooks(self, url: str, **plan: Any) -> None:
        """Send events there from now on, as ``webhooks.Plan`` says."""
        self.control("POST", "webhooks", url=url, **plan)

    def release(self, *, order: str = "as sent", copies: int = 1, kinds: Iterable[str] = ()) -> Any:
        """Send the webhooks that are held, and return what the shop answered to each."""
        return self.control("POST", "release", order=order, copies=copies, kinds=list(kinds))

    def put_forward(self, seconds: float) -> None:
        """Put the account's time forward."""
        self.control("POST", "clock", seconds=seconds)

    def ledger(self) -> list[dict[str, Any]]:
        """Return every charge with what was captured, refunded and is left, in minor units."""
        return self.control("GET", "ledger")

    def state(self) -> dict[str, Any]:
        """Return intents, charges, refunds and events, oldest first."""
        return self.control("GET", "state")

    def requests(self, method: str = "POST") -> list[dict[str, Any]]:
        """Return what was asked with a method, with keys and statuses."""
        return [each for each in self.control("GET", "requests") if each["method"] == method]

    def wait_for_requests(self, count: int, path: str) -> None:
        """Return once so many requests for a path have come; raises after twenty seconds."""
        deadline = time.monotonic() + 20
        while True:
            came = [each for each in self.control("GET", "requests") if each["path"] == path]
            if len(came) >= count:
                return
            assert time.monotonic() < deadline, f"{len(came)} of {count} requests for {path} came"
            time.sleep(0.02)

    def events(self, kind: str = "") -> list[dict[str, Any]]:
        """Return the events of a type, or all, oldest first."""
        return [each for each in self.state()["events"] if kind in {"", each["type"]}]

    def authenticate(self, intent: str, *, succeed: bool = True) -> Any:
        """Do at the bank what ``requires_action`` asks the customer for."""
        return self.control("POST", "authenticate", id=intent, succeed=succeed)

    def try_to_authenticate(self, intent: str, *, succeed: bool) -> str:
        """Do so where the bank still asks; return the intent's status, ``over`` if it does not."""
        body = json.dumps({"id": intent, "succeed": succeed})
        status, found = _ask(self.url, "POST", "/_control/authenticate", body, {})
        return str(found["status"]) if status == 200 else "over"

    def deliveries(self) -> dict[str, Any]:
        """Return the webhooks that were sent, are held or withheld, and whether all is quiet."""
        found: dict[str, Any] = self.control("GET", "deliveries")
        return found

    def process(self, intent: str, *, succeed: bool = True) -> Any:
        """End a payment that is ``processing``."""
        return self.control("POST", "process", id=intent, succeed=succeed)

    def finish_refund(self, refund: str, *, succeed: bool = True) -> None:
        """End a refund that is pending, or fail one that had succeeded."""
        self.control("POST", "finish_refund", id=refund, succeed=succeed)

    def unfinished(self) -> tuple[list[str], list[str]]:
        """Return intents that are processing, and refunds that are pending."""
        found = self.control("GET", "unfinished")
        return found["intents"], found["refunds"]

    def pay(self, client_secret: str, card: str = "pm_card_visa") -> tuple[int, Any]:
        """Confirm an intent as Stripe's own form does in the customer's browser."""
        intent = client_secret.partition("_secret")[0]
        form = {"client_secret": client_secret, "payment_method": card, "use_stripe_sdk": "true"}
        headers = {"Authorization": f"Bearer {PUBLISHABLE}"}
        path = f"/v1/payment_intents/{intent}/confirm"
        return _ask(self.url, "POST", path, urlencode(form), headers)


def sign(
    event: dict[str, Any], *, secrets: Iterable[str] = ("whsec_shop",), at: float | None = None
) -> tuple[bytes, str]:
    """Return the body of a webhook and its ``Stripe-Signature``, for tests that post it."""
    body = json.dumps(event, indent=2).encode()
    return body, signature(body, secrets, int(time.time() if at is None else at))


def _ask(url: str, method: str, path: str, body: str, headers: dict[str, str]) -> tuple[int, Any]:
    connection = HTTPConnection(url.removeprefix("http://"), timeout=60)
    try:
        connection.request(method, path, body if method == "POST" else None, headers)
        answer = connection.getresponse()
        return answer.status, json.loads(answer.read())
    finally:
        connection.close()


@contextmanager
def running_fake_stripe(port: int = 0) -> Iterator[FakeStripe]:
    """Run the server in a process of its own; kill it at the end."""
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
