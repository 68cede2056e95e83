"""An HTTP session that repeats each request, with its key, until it gets a final response."""

import random
import time
from collections.abc import Sequence
from http.client import HTTPException
from typing import Any
from uuid import uuid4

from shop.testing.server import Answer, send
from shop.testing.storm.observations import Observations

_TIMEOUT = 600.0
"""Seconds in which a request must get a final response."""
_RESPONSE_WITHIN = 150.0
"""Seconds until a request is repeated that has no response, such as when the machine stalls.

So long that the first one has ended: it would change a cart, or a price, after later requests.
"""


class Session:
    """Sends the requests of one user, each to any of the servers, and counts the responses.

    Before each it waits for up to ``pause`` seconds.
    """

    pause = 0.0

    def __init__(self, urls: Sequence[str], observed: Observations) -> None:
        self.urls = urls
        self.observed = observed
        self.token = ""

    def log_in(self, username: str, password: str) -> None:
        """Log in; later requests have the token."""
        self.token = ""
        body = {"username": username, "password": password}
        self.token = self.send("POST", "/api/login/", body, expected=(200,)).json()["token"]

    def send(
        self,
        method: str,
        path: str,
        body: dict[str, Any] | None = None,
        *,
        expected: tuple[int, ...],
        key: str = "",
    ) -> Answer:
        """Return the final response. Another status than ``expected`` is a violation."""
        time.sleep(random.uniform(0, self.pause))
        deadline = time.monotonic() + _TIMEOUT
        while time.monotonic() < deadline:
            try:
                response = send(
                    random.choice(tuple(self.urls)),
                    method,
                    path,
                    body,
                    token=self.token,
                    key=key,
                    timeout=_RESPONSE_WITHIN,
                )
            except (OSError, HTTPException):
                self.observed.count("dropped")
                time.sleep(0.1)
                continue
            self.observed.count(str(response.status))
            if not _should_repeat(response):
                if response.status not in expected:
                    self.observed.add_violation(
                        f"{method} {path}: {response.status} {response.body!r}"
                    )
                return response
            time.sleep(0.2)
        raise AssertionError(f"{method} {path}: no final response for {_TIMEOUT:.0f} seconds")


def _should_repeat(response: Answer) -> bool:
    """Return whether the shop was unavailable, or the first request with the key still runs."""
    if response.status == 409:
        return bool(response.json()["code"] == "request_in_progress")
    return response.status == 503


def new_key() -> str:
    """Return an Idempotency-Key."""
    return uuid4().hex
