"""The API in front of its endpoints: API keys, idempotency and faults."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from threading import Event
from typing import Any

from payments.tests.fake_stripe import pages
from payments.tests.fake_stripe.account import Account, Object
from payments.tests.fake_stripe.charges import Charges
from payments.tests.fake_stripe.disputes import Disputes
from payments.tests.fake_stripe.errors import ApiError
from payments.tests.fake_stripe.events import Events
from payments.tests.fake_stripe.faults import Faults, Rule
from payments.tests.fake_stripe.idempotency import Keys
from payments.tests.fake_stripe.intents import Intents
from payments.tests.fake_stripe.refunds import Refunds
from payments.tests.fake_stripe.routes import Request, Routes, check_key
from payments.tests.fake_stripe.webhooks import Webhooks


@dataclass
class Response:
    """An HTTP response."""

    status: int
    body: bytes
    headers: dict[str, str]


class Api:
    """Stripe's API, with the account, faults and webhooks behind it."""

    def __init__(self) -> None:
        self.account = Account()
        self.events = Events(self.account)
        self.charges = Charges(self.account, self.events)
        self.intents = Intents(self.account, self.events, self.charges)
        self.refunds = Refunds(self.account, self.events)
        self.disputes = Disputes(self.account, self.events)
        self.routes = Routes(self.account, self.intents, self.refunds)
        self.keys = Keys(self.account)
        self.faults = Faults()
        self.webhooks = Webhooks(self.account)
        self.events.listeners.append(self.webhooks.enqueue)
        self.log: list[Object] = []
        self.faults_cleared = Event()
        """Set when the faults that were active at the time are cleared. It ends their waiting."""
        self.active_requests = 0

    def reset(self) -> None:
        """Delete everything, and end requests that hang."""
        with self.account.lock:
            self.clear_faults()
            self.account.clear()
            self.keys.stored.clear()
            self.faults.counts.clear()
            self.webhooks.set_plan({})
            self.log.clear()

    def clear_faults(self) -> None:
        """Remove every fault, and end requests that hang. Callers hold the account's lock."""
        self.faults_cleared.set()
        self.faults_cleared = Event()
        self.faults.set_rules([], seed=0)

    def handle(self, request: Request) -> Response | None:
        """Return the response, or None if the connection has to be dropped."""
        entry = {"method": request.method, "path": request.path, "key": request.key}
        entry |= {"form": request.form, "id": request.id, "status": None, "fault": None}
        traced = ("x-request-id", "traceparent", "tracestate")
        entry["trace"] = {name: request.headers.get(name) for name in traced}
        with self.account.lock:
            self.log.append(entry)
            self.active_requests += 1
            cleared = self.faults_cleared
            rule = self.faults.next_for(request.method, request.path)
        entry["fault"] = rule and rule.kind
        try:
            response = self._respond(request, rule, cleared)
        finally:
            with self.account.lock:
                self.active_requests -= 1
        entry["status"] = response and response.status
        return response

    def _respond(self, request: Request, rule: Rule | None, cleared: Event) -> Response | None:
        kind = rule.kind if rule else ""
        seconds = rule.seconds if rule else 0.0
        if kind == "hang":
            cleared.wait(seconds)
        if kind in {"hang", "drop"}:
            return None
        if kind == "garbage":
            return _garbage()
        try:
            check_key(request)
            _raise_fault(kind)
            response = self._execute_once(
                request, kind, lambda: kind == "slow" and cleared.wait(seconds)
            )
        except ApiError as error:
            response = _json_response(request, error.status, error.body())
        if kind == "hang_after":
            cleared.wait(seconds)
        if kind in {"hang_after", "drop_after"}:
            return None
        return _garbage() if kind == "garbage_after" else response

    def _execute_once(self, request: Request, kind: str, pause: Callable[[], Any]) -> Response:
        """Replay the response stored for the key, or execute and store the response."""
        if not request.key:
            pause()
            with self.account.lock:
                return self._execute(request, kind)[0]
        parameters = json.dumps(request.form, sort_keys=True)
        with self.account.lock:
            stored = self.keys.claim(request.key, request.path, parameters)
        if stored is not None:
            status, body, original = stored
            response = Response(status, body, _headers(request))
            response.headers |= {"Idempotent-Replayed": "true", "Original-Request": original}
            response.headers |= _retry_header(status)
            return response
        pause()
        with self.account.lock:
            response, was_begun = self._execute(request, kind)
            if was_begun:
                self.keys.store(request.key, (response.status, response.body, request.id))
            else:
                self.keys.release(request.key)
        return response

    def _execute(self, request: Request, kind: str) -> tuple[Response, bool]:
        """Return the endpoint's response, and whether the endpoint had begun."""
        self.events.request = {"id": request.id, "idempotency_key": request.key or None}
        self.events.api_version = request.headers.get("stripe-version", "unset")
        try:
            if kind != "error_kept":
                result = self.routes.execute(request)
            if kind in {"error_kept", "error_after"}:
                raise ApiError(500, "Something went wrong.", kind="api_error", was_begun=True)
            result = pages.expand(self.account, result, request.form)
        except ApiError as error:
            response = _json_response(request, error.status, error.body())
            response.headers |= _retry_header(error.status)
            return response, error.was_begun
        return _json_response(request, 200, result), True


def _raise_fault(kind: str) -> None:
    """Raise the error of a fault that strikes before the endpoint begins."""
    if kind == "error":
        raise ApiError(500, "Something went wrong.", kind="api_error")
    if kind == "unavailable":
        raise ApiError(503, "Stripe is temporarily unavailable.", kind="api_error")
    if kind == "rate_limit":
        raise ApiError(429, "Request rate limit exceeded.", code="rate_limit")
    if kind == "lock_timeout":
        message = "This object cannot be accessed right now because another request is using it."
        raise ApiError(429, message, code="lock_timeout")


def _retry_header(status: int) -> dict[str, str]:
    """Return the header that stops the SDK from retrying a stored 500.

    docs.stripe.com/error-low-level
    """
    return {"Stripe-Should-Retry": "false"} if status >= 500 else {}


def _headers(request: Request) -> dict[str, str]:
    headers = {"Content-Type": "application/json", "Request-Id": request.id}
    if request.key:
        headers["Idempotency-Key"] = request.key
    if "stripe-version" in request.headers:
        headers["Stripe-Version"] = request.headers["stripe-version"]
    return headers


def _json_response(request: Request, status: int, content: Object) -> Response:
    return Response(status, json.dumps(content, indent=2).encode(), _headers(request))


def _garbage() -> Response:
    return Response(200, b"<html><body>Bad gateway", {"Content-Type": "text/html"})
