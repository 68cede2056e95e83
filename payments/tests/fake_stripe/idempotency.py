"""Idempotency keys, by Stripe's rules (docs.stripe.com/api/idempotent_requests).

The first answer of a key is kept for 24 hours, whatever its status, once its endpoint had begun;
docs.stripe.com/error-low-level#idempotency says the same of a 500.
"""

from dataclasses import dataclass

from payments.tests.fake_stripe.account import Account
from payments.tests.fake_stripe.errors import Refusal, invalid

KEPT_FOR = 24 * 3600


@dataclass
class Kept:
    """What a key stands for; ``answer`` is None while its first request still runs."""

    path: str
    parameters: str
    at: int
    answer: tuple[int, bytes, str] | None = None
    """Status, body, and the id of the request that got it first."""


class Keys:
    """Every key that was used, of one API key. The account's lock is held."""

    def __init__(self, account: Account) -> None:
        self.account = account
        self.kept: dict[str, Kept] = {}

    def claim(self, key: str, path: str, parameters: str) -> tuple[int, bytes, str] | None:
        """Return the kept answer to replay, or None: the caller has claimed the key."""
        if len(key) > 255:
            raise invalid("Idempotency keys may be at most 255 characters long.")
        kept = self.kept.get(key)
        if kept is None or kept.at + KEPT_FOR < self.account.now():
            self.kept[key] = Kept(path, parameters, self.account.now())
            return None
        _check(key, kept, path, parameters)
        return kept.answer

    def keep(self, key: str, answer: tuple[int, bytes, str]) -> None:
        """Write the answer of a claimed key down."""
        if key in self.kept:
            self.kept[key].answer = answer

    def free(self, key: str) -> None:
        """Give a claimed key up: its endpoint never began."""
        self.kept.pop(key, None)


def _check(key: str, kept: Kept, path: str, parameters: str) -> None:
    if kept.path != path:
        message = (
            "Keys for idempotent requests can only be used for the same endpoint they were first "
            f"used for ('{path}' vs '{kept.path}'). Try using a key other than '{key}'."
        )
        raise Refusal(400, message, kind="idempotency_error")
    if kept.parameters != parameters:
        message = (
            "Keys for idempotent requests can only be used with the same parameters they were first "
            f"used with. Try using a key other than '{key}'."
        )
        raise Refusal(400, message, kind="idempotency_error")
    if kept.answer is None:
        message = "There is currently another in-progress request using this Idempotent Key."
        raise Refusal(409, message, kind="idempotency_error", code="idempotency_key_in_use")
