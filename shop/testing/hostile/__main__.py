"""``python -m shop.testing.hostile``: hostile input against the shop as in production.

Sends each hostile value (``values``, ``tokens``) to each operation, header and member that it is
meant for, in random order, and then random mutations, until the time is over. Exits with 1 if a
response is a 5xx other than the 503 of an unreachable payment provider, if a forged token is
accepted, if a request gets no response in time, if a worker dies, or if ``audit`` finds a breach.
"""

import argparse
import json
import sys
import time
import urllib.request
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from random import Random
from threading import Lock

from payments.tests.fake_stripe.webhooks import WEBHOOK_SECRET
from shop.testing.hostile.plan import HOOK, Plan, Secrets
from shop.testing.hostile.wire import Hostile, Reply, send
from shop.testing.server import Shop, environment_for, free_port, manage, post, running_shop
from shop.testing.storm.scenario import audit, prepared_database

PASSWORD = "host1le-input-storm"
CLIENTS = 4
_USERS = f"""
from accounts.models import User
User.objects.create_user("customer", "customer@example.com", "{PASSWORD}")
User.objects.create_superuser("root", "root@example.com", "{PASSWORD}")
"""
_INTENDED = {("/api/payments/", "unavailable"), (HOOK, "unavailable"), (HOOK, "gateway_busy")}
"""Paths and codes of the 503 that an unreachable payment provider causes."""


@dataclass(frozen=True)
class Fault:
    """What is wrong with a response."""

    what: str
    request: Hostile
    reply: Reply


class Storm:
    """Sends the requests of a plan with several clients, and collects what is wrong."""

    def __init__(self, shop: Shop, requests: Iterator[Hostile], seconds: float) -> None:
        """Stop after ``seconds``."""
        host, _, port = shop.url.removeprefix("http://").partition(":")
        self.address = (host, int(port))
        self.requests = requests
        self.end = time.monotonic() + seconds
        self.lock = Lock()
        self.statuses: Counter[int] = Counter()
        self.faults: list[Fault] = []

    def run(self) -> None:
        """Return when the time is over."""
        with ThreadPoolExecutor(CLIENTS) as clients:
            for done in [clients.submit(self._client) for _ in range(CLIENTS)]:
                done.result()

    def _client(self) -> None:
        while time.monotonic() < self.end:
            with self.lock:
                request = next(self.requests)
            try:
                reply = send(self.address, request)
            except OSError as error:
                reply, fault = Reply(-1), f"no response: {error}"
            else:
                fault = fault_of(request, reply)
            with self.lock:
                self.statuses[reply.status] += 1
                if fault:
                    self.faults.append(Fault(fault, request, reply))


def fault_of(request: Hostile, reply: Reply) -> str:
    """Return what is wrong with a response, or ""."""
    if request.must_be and reply.status != request.must_be:
        return f"{reply.status} instead of {request.must_be}"
    if reply.status < 500:
        return ""
    path = request.target.partition("?")[0]
    if reply.status == 503 and (path, reply.code) in _INTENDED:
        return ""
    return f"{reply.status} {reply.code}"


def main() -> int:
    """Return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m shop.testing.hostile")
    parser.add_argument("--seconds", type=float, default=20)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--database", choices=["postgres", "sqlite"], default="postgres")
    options = parser.parse_args()
    settings = {
        "CORS_ALLOWED_ORIGINS": "https://app.example.com",
        "STRIPE_SECRET_KEY": "sk_test_hostile",
        "STRIPE_WEBHOOK_SECRET": WEBHOOK_SECRET,
        "STRIPE_API_BASE": f"http://127.0.0.1:{free_port()}",
    }
    with prepared_database(options.database) as database:
        manage(environment_for(database.url), "collectstatic", "--noinput", "--verbosity", "0")
        with running_shop(database.url, **settings) as shop:
            return _storm(shop, options)


def _storm(shop: Shop, options: argparse.Namespace) -> int:
    """Run the storm; return the exit code."""
    shop.manage("shell", "--verbosity", "0", "--command", _USERS)
    workers = shop.workers()
    plan = Plan(_schema(shop), _secrets(shop), Random(options.seed))
    storm = Storm(shop, plan.requests(), options.seconds)
    storm.run()
    died = set(workers) - set(shop.workers())
    audited = audit(shop)
    causes = _causes(shop)
    return _report(storm, causes, audited, died)


def _schema(shop: Shop) -> dict[str, object]:
    request = urllib.request.Request(  # noqa: S310 - a server of this test
        f"{shop.url}/api/schema/", headers={"Accept": "application/json"}
    )
    with urllib.request.urlopen(request, timeout=120) as response:  # noqa: S310
        schema: dict[str, object] = json.load(response)
        return schema


def _secrets(shop: Shop) -> Secrets:
    pairs = [
        post(f"{shop.url}/api/login/", {"username": name, "password": PASSWORD})
        for name in ("customer", "root", "customer")
    ]
    key = shop.environment["JWT_SIGNING_KEY"]
    tokens = [pair["token"] for pair in pairs[:2]]
    return Secrets(tokens, pairs[2]["refresh"], key, WEBHOOK_SECRET)


def _causes(shop: Shop) -> dict[str, str]:
    """Return the end of the traceback of each failed request, by its id, from the log."""
    causes = {}
    for line in shop.log.read_text(errors="replace").splitlines():
        if '"traceback"' in line:
            record = json.loads(line)
            ending = record["traceback"].splitlines()[-3:]
            causes[record.get("request_id", "")] = "\n    ".join(ending)
    return causes


def _report(storm: Storm, causes: dict[str, str], audited: str, died: set[int]) -> int:
    """Print one fault of each kind; return the exit code."""
    kinds: dict[tuple[str, str], list[Fault]] = {}
    for fault in storm.faults:
        cause = causes.get(fault.reply.request_id, "")
        kinds.setdefault((fault.what, cause), []).append(fault)
    for (what, cause), faults in kinds.items():
        example = faults[0]
        sys.stdout.write(f"FAULT, {len(faults)} times: {what}\n    {cause}\n")
        sys.stdout.write(f"  {example.request!r:.700}\n  {example.reply.body[:200]!r}\n")
    counts = ", ".join(f"{status}: {number}" for status, number in sorted(storm.statuses.items()))
    sys.stdout.write(f"responses {counts}\n{audited}\n")
    sys.stdout.write(f"faults: {len(storm.faults)}, workers that died: {len(died)}\n")
    return bool(storm.faults or died) or "BREACHES" in audited


if __name__ == "__main__":
    raise SystemExit(main())
