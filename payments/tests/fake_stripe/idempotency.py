"""Idempotency keys, by Stripe's rules (docs.stripe.com/api/idempotent_requests).

The first response to a key is stored for 24 hours if its endpoint had begun, whatever its status,
also if it is a 500 (docs.stripe.com/error-low-level#idempotency).
"""

from dataclasses import dataclass

from payments.tests.fake_stripe.account import Account
from payments.tests.fake_stripe.errors import ApiError, invalid

LIFETIME = 24 * 3600  # seconds


@dataclass
class StoredKey:
    """A key and its first request. ``response`` is None while that request is running."""

    path: str
    parameters: str
    created_at: int
    response: tuple[int, bytes, str] | None = None
    """Status, body, and the id of the first request."""


class Keys:
    """The idempotency keys of one API key. Callers hold the account's lock."""

    def __init__(self, account: Account) -> None:
        self.account = account
        self.stored: dict[str, StoredKey] = {}

    def claim(self, key: str, path: str, parameters: str) -> tuple[int, bytes, str] | None:
        """Return the stored response to replay, or claim the key and return None.

        Raises ApiError if the key was used for another request, or its first request is running.
        """
        if len(key) > 255:
            raise invalid("Idempotency keys may be at most 255 characters long.")
        stored = self.stored.get(key)
        if stored is None or stored.created_at + LIFETIME < self.account.now():
            self.stored[key] = StoredKey(path, parameters, self.account.now())
            return None
        _check_reuse(key, stored, path, parameters)
        return stored.response

    def store(self, key: str, response: tuple[int, bytes, str]) -> None:
        """Store the response to a claimed key."""
        if key in self.stored:
            self.stored[key].response = response

    def release(self, key: str) -> None:
        """Delete a claimed key whose endpoint had not begun."""
        self.stored.pop(key, None)


def _check_reuse(key: str, stored: StoredKey, path: str, parameters: str) -> None:
    if stored.path != path:
        message = (
            "Keys for idempotent requests can only be used for the same endpoint they were first "
            f"used for ('{path}' vs '{stored.path}'). Try using a key other than '{key}'."
        )
        raise ApiError(400, message, kind="idempotency_error")
    if stored.parameters != parameters:
        message = (
            "Keys for idempotent requests can only be used with the same parameters they were first "
            f"used with. Try using a key other than '{key}'."
        )
        raise ApiError(400, message, kind="idempotency_error")
    if stored.response is None:
        message = "There is currently another in-progress request using this Idempotent Key."
        raise ApiError(409, message, kind="idempotency_error", code="idempotency_key_in_use")
