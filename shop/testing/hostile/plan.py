"""The requests: every hostile value at every place, in random order, then random mutations."""

import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from random import Random
from typing import Any

from payments.tests.fake_stripe.webhooks import signature
from shop.testing.hostile import values
from shop.testing.hostile.tokens import forged
from shop.testing.hostile.wire import Hostile, targets

ME = "/api/users/me/"
HOOK = "/api/webhooks/stripe/"
_OTHER_PATHS = ["/", "/healthz", "/readyz", "/api/", "/api/schema/", "/api/docs/", "/admin/login/"]
_OTHER_PATHS += ["/media/products/aa/x.webp", "/media/%00", "/static/%ff", "/admin/", "/nothing"]


@dataclass(frozen=True)
class Operation:
    """An operation of the OpenAPI document, with an example of its body if it has one."""

    method: str
    template: str
    example: dict[str, Any]


@dataclass(frozen=True)
class Secrets:
    """What the requests are made with: valid tokens, and the keys of the server."""

    tokens: list[str]
    """Access tokens of a customer and of a superuser."""
    refresh: str
    signing_key: str
    webhook_secret: str


def operations(schema: dict[str, Any]) -> list[Operation]:
    """Return the operations. A logout would end the session of the run."""
    found = []
    for template, methods in schema["paths"].items():
        for method, operation in methods.items():
            if template.startswith("/api/logout/"):
                continue
            content = operation.get("requestBody", {}).get("content", {})
            shape = content.get("application/json", {"examples": {}})
            examples = [example["value"] for example in shape["examples"].values()]
            found.append(Operation(method.upper(), template, examples[0] if examples else {}))
    return found


class Plan:
    """Yields the requests."""

    def __init__(self, schema: dict[str, Any], secrets: Secrets, random: Random) -> None:
        """``schema`` is the OpenAPI document of the server."""
        self.operations = operations(schema)
        self.secrets = secrets
        self.random = random

    def requests(self) -> Iterator[Hostile]:
        """Yield all prepared requests in random order, then mutations of them without end."""
        prepared = list(self.prepared())
        self.random.shuffle(prepared)
        yield from prepared
        while True:
            yield self._mutated(self.random.choice(prepared))

    def prepared(self) -> Iterator[Hostile]:
        """Yield each hostile value at each place that it is meant for."""
        yield from self._headers()
        yield from self._targets()
        yield from self._members()
        yield from self._raw_bodies()
        yield from self._events()
        yield from self._tokens()

    def _headers(self) -> Iterator[Hostile]:
        credentials = b'{"username": "x", "password": "y"}'
        for name, hostile in values.HEADERS.items():
            for value in hostile:
                headers = {name: values.as_header(value)}
                yield Hostile("GET", "/api/products/?search=tea", headers)
                yield Hostile("GET", ME, self._authorized() | headers)
                yield Hostile("POST", "/api/login/", _json() | headers, credentials)
                yield Hostile("POST", "/api/cart/add/", self._authorized() | _json() | headers)
                yield Hostile("POST", HOOK, _json() | headers, b"{}")
                yield from (Hostile("GET", path, headers) for path in _OTHER_PATHS)

    def _targets(self) -> Iterator[Hostile]:
        for operation in self.operations:
            for target in targets(operation.template, values.PATH_IDS):
                yield Hostile(operation.method, _escaped(target), self._authorized())
        lists = [each.template for each in self.operations if each.method == "GET"]
        for path in [*lists, *_OTHER_PATHS]:
            for query in values.QUERIES:
                target = f"{targets(path, ['1'])[0]}?{query}"
                yield Hostile("GET", _escaped(target), self._authorized())

    def _members(self) -> Iterator[Hostile]:
        for operation in self.operations:
            for name in operation.example:
                for value in values.VALUES:
                    body = values.to_json(operation.example | {name: value})
                    yield self._call(operation, body)

    def _raw_bodies(self) -> Iterator[Hostile]:
        for operation in self.operations:
            if operation.method in {"POST", "PATCH"}:
                for body in values.RAW_BODIES:
                    kind = {"Content-Type": self.random.choice(values.TYPES)}
                    yield self._call(operation, body, kind)

    def _events(self) -> Iterator[Hostile]:
        subject = {"object": "payment_intent", "id": "pi_1", "metadata": {"payment_key": "x"}}
        event: dict[str, Any] = {"id": "evt_1", "type": "payment_intent.succeeded"}
        for value in values.VALUES:
            for name in ("id", "type", "data", "other"):
                whole = {**event, "data": {"object": subject}, name: value}
                yield self._signed(values.to_json(whole))
            for name in (*subject, "payment_intent"):
                changed = {"data": {"object": {**subject, name: value}}}
                yield self._signed(values.to_json({**event, **changed}))
        yield from map(self._signed, values.RAW_BODIES)

    def _tokens(self) -> Iterator[Hostile]:
        for token, is_invalid in forged(self.secrets.tokens[0], self.secrets.signing_key):
            header = {"Authorization": values.as_header(f"Bearer {token}".encode())}
            yield Hostile("GET", ME, header, must_be=401 if is_invalid else 0)
        for token, _ in forged(self.secrets.refresh, self.secrets.signing_key):
            yield Hostile(
                "POST", "/api/token/refresh/", _json(), values.to_json({"refresh": token})
            )

    def _signed(self, body: bytes) -> Hostile:
        signed = signature(body, [self.secrets.webhook_secret], int(time.time()))
        return Hostile("POST", HOOK, _json() | {"Stripe-Signature": signed.encode()}, body)

    def _call(
        self, operation: Operation, body: bytes, headers: dict[str, bytes] | None = None
    ) -> Hostile:
        target = targets(operation.template, [self.random.choice(["1", "2", "3"])])[0]
        return Hostile(operation.method, target, self._authorized() | (headers or _json()), body)

    def _authorized(self) -> dict[str, bytes]:
        token = self.random.choice([*self.secrets.tokens, ""])
        return {"Authorization": f"Bearer {token}".encode()} if token else {}

    def _mutated(self, request: Hostile) -> Hostile:
        """Return the request with a change of one header or of its body."""
        if request.body and self.random.random() < 0.6:
            body = values.mutate(request.body, self.random)[:60_000]
            is_event = request.target == HOOK
            return self._signed(body) if is_event else replace(request, body=body, must_be=0)
        name = self.random.choice(list(values.HEADERS))
        value = values.as_header(
            values.mutate(self.random.choice(values.HEADERS[name]), self.random)
        )
        return replace(request, headers={**request.headers, name: value}, must_be=0)


def _json() -> dict[str, bytes]:
    return {"Content-Type": b"application/json"}


def _escaped(target: str) -> str:
    return target.replace(" ", "%20")
