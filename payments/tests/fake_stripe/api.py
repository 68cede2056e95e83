"""What stands before each endpoint: keys, idempotency, faults."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from threading import Event
from typing import Any

from payments.tests.fake_stripe import pages
from payments.tests.fake_stripe.account import Account, Object
from payments.tests.fake_stripe.charges import Till
from payments.tests.fake_stripe.errors import Refusal
from payments.tests.fake_stripe.events import Events
from payments.tests.fake_stripe.faults import Faults, Rule
from payments.tests.fake_stripe.idempotency import Keys
from payments.tests.fake_stripe.intents import Intents
from payments.tests.fake_stripe.refunds import Refunds
from payments.tests.fake_stripe.routes import Request, Routes, check_key
from payments.tests.fake_stripe.webhooks import Webhooks


@dataclass
class Answer:
    """What to answer, in bytes."""

    status: int
    body: bytes
    headers: dict[str, str]


class Api:
    """Stripe's API, and everything behind it."""

    def __init__(self) -> None:
        self.account = Account()
        self.events = Events(self.account)
        self.till = Till(self.account, self.events)
        self.intents = Intents(self.account, self.events, self.till)
        self.refunds = Refunds(self.account, self.events)
        self.routes = Routes(self.account, self.intents, self.refunds)
        self.keys = Keys(self.account)
        self.faults = Faults()
        self.webhooks = Webhooks(self.account)
        self.events.listeners.append(self.webhooks.tell)
        self.log: list[Object] = []
        self.calm = Event()
        self.under_way = 0

    def reset(self) -> None:
        """Forget everything, and let whoever hangs go."""
        with self.account.lock:
            self.be_well()
            self.account.clear()
            self.keys.kept.clear()
            self.faults.struck.clear()
            self.webhooks.follow({})
            self.log.clear()

    def be_well(self) -> None:
        """Fail no more, and let whoever hangs go. Hold the account's lock."""
        self.calm.set()
        self.calm = Event()
        self.faults.arm([], seed=0)

    def answer(self, request: Request) -> Answer | None:
        """Return the answer, or None where the connection is to be dropped."""
        noted = {"method": request.method, "path": request.path, "key": request.key}
        noted |= {"form": request.form, "id": request.id, "status": None, "fault": None}
        with self.account.lock:
            self.log.append(noted)
            self.under_way += 1
            calm = self.calm
            rule = self.faults.draw(request.method, request.path)
        noted["fault"] = rule and rule.kind
        try:
            answer = self._answer(request, rule, calm)
        finally:
            with self.account.lock:
                self.under_way -= 1
        noted["status"] = answer and answer.status
        return answer

    def _answer(self, request: Request, rule: Rule | None, calm: Event) -> Answer | None:
        kind = rule.kind if rule else ""
        if kind in {"hang", "hang_after", "slow"} and rule is not None:
            wait = rule.seconds
        if kind == "hang":
            calm.wait(wait)
        if kind in {"hang", "drop"}:
            return None
        if kind == "garbage":
            return _garbage()
        try:
            check_key(request)
            _strike_before(kind)
            answer = self._answer_once(request, kind, lambda: kind == "slow" and calm.wait(wait))
        except Refusal as refusal:
            answer = _render(request, refusal.status, refusal.body())
        if kind == "hang_after":
            calm.wait(wait)
        if kind in {"hang_after", "drop_after"}:
            return None
        return _garbage() if kind == "garbage_after" else answer

    def _answer_once(self, request: Request, kind: str, pause: Callable[[], Any]) -> Answer:
        """Replay the answer of the key, or execute and keep the answer if it had begun."""
        if not request.key:
            pause()
            with self.account.lock:
                return self._execute(request, kind)[0]
        parameters = json.dumps(request.form, sort_keys=True)
        with self.account.lock:
            kept = self.keys.claim(request.key, request.path, parameters)
        if kept is not None:
            status, body, original = kept
            answer = Answer(status, body, _headers(request))
            answer.headers |= {"Idempotent-Replayed": "true", "Original-Request": original}
            answer.headers |= _advice(status)
            return answer
        pause()
        with self.account.lock:
            answer, was_begun = self._execute(request, kind)
            if was_begun:
                self.keys.keep(request.key, (answer.status, answer.body, request.id))
            else:
                self.keys.free(request.key)
        return answer

    def _execute(self, request: Request, kind: str) -> tuple[Answer, bool]:
        self.events.request = {"id": request.id, "idempotency_key": request.key or None}
        self.events.api_version = request.headers.get("stripe-version", "unset")
        try:
            if kind != "error_kept":
                found = self.routes.execute(request)
            if kind in {"error_kept", "error_after"}:
                raise Refusal(500, "Something went wrong.", kind="api_error", was_begun=True)
            found = pages.expand(self.account, found, request.form)
        except Refusal as refusal:
            answer = _render(request, refusal.status, refusal.body())
            answer.headers |= _advice(refusal.status)
            return answer, refusal.was_begun
        return _render(request, 200, found), True


def _strike_before(kind: str) -> None:
    if kind == "error":
        raise Refusal(500, "Something went wrong.", kind="api_error")
    if kind == "unavailable":
        raise Refusal(503, "Stripe is down for a moment.", kind="api_error")
    if kind == "rate_limit":
        raise Refusal(429, "Request rate limit exceeded.", code="rate_limit")
    if kind == "lock_timeout":
        message = "This object cannot be accessed right now because another request is using it."
        raise Refusal(429, message, code="lock_timeout")


def _advice(status: int) -> dict[str, str]:
    """Return what tells the SDK that a kept 500 stays a 500 (docs.stripe.com/error-low-level)."""
    return {"Stripe-Should-Retry": "false"} if status >= 500 else {}


def _headers(request: Request) -> dict[str, str]:
    headers = {"Content-Type": "application/json", "Request-Id": request.id}
    if request.key:
        headers["Idempotency-Key"] = request.key
    if "stripe-version" in request.headers:
        headers["Stripe-Version"] = request.headers["stripe-version"]
    return headers


def _render(request: Request, status: int, found: Object) -> Answer:
    return Answer(status, json.dumps(found, indent=2).encode(), _headers(request))


def _garbage() -> Answer:
    return Answer(200, b"<html><body>Bad gateway", {"Content-Type": "text/html"})
