"""What can be refused, and how a refusal reads: a code, a sentence and facts.

Apps subclass these in their ``errors.py``; ``shop.core.handlers`` draws them as RFC 9457
``problem+json``. Nothing here knows of HTTP frameworks, so services may raise them anywhere.
"""

from typing import Any, ClassVar


class ShopError(Exception):
    """A refusal that a client can act on.

    ``code`` names it for programs and ``message`` for people, as a format string over the facts;
    ``facts`` are JSON-ready values that become members of the answer.
    """

    status: ClassVar[int] = 400
    code: ClassVar[str] = "invalid"
    message: ClassVar[str] = "The request is not valid."
    example: ClassVar[dict[str, Any]] = {}
    """Facts such as it may have, for the OpenAPI document."""

    def __init__(self, **facts: Any) -> None:
        """Keep the facts that the message and the answer name."""
        self.facts = facts
        super().__init__(self.message.format(**facts))

    @property
    def detail(self) -> str:
        """The sentence for people."""
        return str(self)

    @property
    def headers(self) -> dict[str, str]:
        """Headers that the answer must carry."""
        return {}


class InvalidField(ShopError):
    """400 for one field, found by a rule that a serializer cannot know. Facts: field, reason."""

    message = "The request is not valid: {reason}"


class Unauthorized(ShopError):
    """401: the caller did not prove who they are."""

    status = 401
    code = "not_authenticated"
    message = "Log in and send the token as `Authorization: Bearer <token>`."

    @property
    def headers(self) -> dict[str, str]:
        """RFC 9110, section 11.6.1: a 401 says how to authenticate."""
        return {"WWW-Authenticate": 'Bearer realm="api"'}


class NotFound(ShopError):
    """404: it does not exist, or it is not the caller's; the two look the same."""

    status = 404
    code = "not_found"
    message = "Nothing is here, or it is not yours."


class RequestTimeout(ShopError):
    """408: the body did not come in time."""

    status = 408
    code = "request_timeout"
    message = "The body took too long to arrive; send the request again."


class Conflict(ShopError):
    """409: the state of things refuses; an idempotency key remembers this answer."""

    status = 409
    code = "conflict"
    message = "The present state does not allow this."


class RequestInProgress(ShopError):
    """409, not remembered: a twin with the same key still runs."""

    status = 409
    code = "request_in_progress"
    message = "A request with this Idempotency-Key is still running; ask again."

    @property
    def headers(self) -> dict[str, str]:
        """The twin holds its lock for at most a few seconds."""
        return {"Retry-After": "3"}


class IdempotencyKeyReused(ShopError):
    """422: the key already stands for another request body."""

    status = 422
    code = "idempotency_key_reused"
    message = "This Idempotency-Key was used with another body; a new request needs a new key."


class HeaderTooLarge(ShopError):
    """431: a header line over 8 kB."""

    status = 431
    code = "header_too_large"
    message = "A header of the request is larger than 8190 bytes."


class TooManyRequests(ShopError):
    """429. Facts: retry_after, whole seconds."""

    status = 429
    code = "too_many_requests"
    message = "Too many attempts; try again in {retry_after} seconds."
    example: ClassVar[dict[str, Any]] = {"retry_after": 42}

    @property
    def headers(self) -> dict[str, str]:
        """RFC 6585, section 4."""
        return {"Retry-After": str(self.facts["retry_after"])}


class Unavailable(ShopError):
    """503: the database, a lock or the disk fails for now; nothing was done."""

    status = 503
    code = "unavailable"
    message = "The shop cannot do this right now. Ask again shortly, with the same Idempotency-Key."

    @property
    def headers(self) -> dict[str, str]:
        """A lock is waited for at most ten seconds, a database restart takes a few."""
        return {"Retry-After": "5"}
