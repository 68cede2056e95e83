"""A line to the shop that never gives up: a request is repeated, with its key, until answered."""

import time
from http.client import HTTPException
from typing import Any
from uuid import uuid4

from shop.testing.server import Answer, send
from shop.testing.storm.ledger import Ledger

_PATIENCE = 180.0


class Line:
    """Sends requests for one user, and counts every answer."""

    def __init__(self, url: str, ledger: Ledger) -> None:
        self.url = url
        self.ledger = ledger
        self.token = ""

    def log_in(self, username: str, password: str) -> None:
        """Begin a session."""
        self.token = ""
        person = {"username": username, "password": password}
        self.token = self.ask("POST", "/api/login/", person, expected=(200,)).json()["token"]

    def ask(
        self,
        method: str,
        path: str,
        body: dict[str, Any] | None = None,
        *,
        expected: tuple[int, ...],
        key: str = "",
    ) -> Answer:
        """Return the answer; one that is not ``expected`` is an accusation."""
        deadline = time.monotonic() + _PATIENCE
        while time.monotonic() < deadline:
            try:
                answer = send(self.url, method, path, body, token=self.token, key=key)
            except (OSError, HTTPException):
                self.ledger.count("dropped")
                time.sleep(0.1)
                continue
            self.ledger.count(str(answer.status))
            if not _is_early(answer):
                if answer.status not in expected:
                    self.ledger.accuse(f"{method} {path}: {answer.status} {answer.body!r}")
                return answer
            time.sleep(0.2)
        raise AssertionError(f"{method} {path}: no answer for {_PATIENCE:.0f} seconds")


def _is_early(answer: Answer) -> bool:
    """Return whether to ask again: the shop is away for now, or a twin still runs."""
    if answer.status == 409:
        return bool(answer.json()["code"] == "request_in_progress")
    return answer.status == 503


def new_key() -> str:
    """Return an Idempotency-Key."""
    return uuid4().hex
