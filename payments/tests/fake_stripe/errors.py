"""Stripe's errors (docs.stripe.com/api/errors, docs.stripe.com/error-codes)."""

from typing import Any


class ApiError(Exception):
    """An error response.

    ``was_begun`` says whether the endpoint had begun to execute. Only then is the response stored
    for its idempotency key (docs.stripe.com/api/idempotent_requests).
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
        """Return the response body."""
        return {"error": self.error}


def invalid(message: str, param: str = "", code: str = "") -> ApiError:
    """Return the 400 for an invalid parameter. The endpoint had not begun."""
    facts = {"param": param} if param else {}
    return ApiError(400, message, **facts, **({"code": code} if code else {}))


def missing(kind: str, pk: str, *, param: str = "id") -> ApiError:
    """Return the 404 for an unknown id in the path, or the 400 for one in a parameter."""
    status = 404 if param == "id" else 400
    message = f"No such {kind}: '{pk}'"
    return ApiError(status, message, param=param, code="resource_missing")


def conflict(message: str, code: str = "", **facts: Any) -> ApiError:
    """Return the 400 for an object whose state does not allow the call. The endpoint had begun."""
    facts |= {"code": code} if code else {}
    return ApiError(400, message, was_begun=True, **facts)
