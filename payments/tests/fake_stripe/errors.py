"""Stripe's errors (docs.stripe.com/api/errors, docs.stripe.com/error-codes)."""

from typing import Any


class Refusal(Exception):
    """An answer that is an error.

    ``was_begun`` tells whether the endpoint had begun to execute: only then is the answer kept for
    its idempotency key (docs.stripe.com/api/idempotent_requests).
    """

    def __init__(
        self,
        status: int,
        message: str,
        *,
        kind: str = "invalid_request_error",
        was_begun: bool = False,
        **facts: Any,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.was_begun = was_begun
        self.error = {"type": kind, "message": message, **facts}
        if facts.get("code"):
            self.error["doc_url"] = f"https://stripe.com/docs/error-codes/{facts['code']}"

    def body(self) -> dict[str, Any]:
        """Return what the client reads."""
        return {"error": self.error}


def invalid(message: str, param: str = "", code: str = "") -> Refusal:
    """Return the 400 for a parameter; the endpoint does not begin."""
    facts = {"param": param} if param else {}
    return Refusal(400, message, **facts, **({"code": code} if code else {}))


def missing(what: str, pk: str, *, param: str = "id") -> Refusal:
    """Return the 404 for an id in the path, or the 400 for one in a parameter."""
    status = 404 if param == "id" else 400
    message = f"No such {what}: '{pk}'"
    return Refusal(status, message, param=param, code="resource_missing")


def conflict(message: str, code: str = "", **facts: Any) -> Refusal:
    """Return the 400 for the state that things are in: the endpoint had begun."""
    facts |= {"code": code} if code else {}
    return Refusal(400, message, was_begun=True, **facts)
