"""Errors of the API: a status, a code, a sentence and facts.

Apps subclass them in their ``errors.py``. ``shop.core.handlers`` serializes them as RFC 9457
``problem+json``. They do not depend on an HTTP framework, so services may raise them.
"""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, Any, ClassVar, Self

from django.utils import translation
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext_lazy

from shop.core.formats import write_amount
from shop.core.money import currency

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise


class ShopError(Exception):
    """An error that a client can react to.

    ``code`` identifies it for programs. ``message`` is a sentence for people, a format string with
    the names of facts, marked for translation. ``facts`` are JSON values that become members of the
    response. ``detail`` is the sentence in the language of the request; ``str()`` returns it in
    English, for logs.
    """

    status: ClassVar[int] = 400
    code: ClassVar[str] = "invalid"
    message: ClassVar["StrOrPromise"] = _("The request is not valid.")
    example: ClassVar[dict[str, Any]] = {}
    """Example facts for the OpenAPI document."""
    field: ClassVar[str] = ""
    """The argument of the service that it is about, if it is about one: a form shows it there."""
    schema_name: ClassVar[str] = ""
    """The name of its schema, if another error has the same code and other facts."""
    amounts: ClassVar[Sequence[str]] = ()
    """The facts that are amounts in the shop's currency: the sentence writes them with it."""
    reports_all: ClassVar[bool] = False
    """Whether the response can have ``problems``: it, and all others that prevent the request."""

    def __init__(self, **facts: Any) -> None:
        """Take the facts that the message and the response contain."""
        self.facts = facts
        self.problems: Sequence[Mapping[str, Any]] = ()
        super().__init__()

    def among(self, problems: Sequence[Mapping[str, Any]]) -> Self:
        """Return this error, which reports all ``problems`` of the request, itself too."""
        self.problems = problems
        return self

    def __str__(self) -> str:
        """Return the sentence in English."""
        with translation.override(None):
            return self.detail

    @property
    def detail(self) -> str:
        """The sentence for people, in the active language."""
        return self.template().format(**self.words())

    def template(self) -> "StrOrPromise":
        """Return the message. Subclasses choose between several by the facts."""
        return self.message

    def words(self) -> dict[str, Any]:
        """Return what replaces the names in the message: the facts as people write them."""
        return {name: self._word(name, value) for name, value in self.facts.items()}

    def _word(self, name: str, value: Any) -> Any:
        """Return a list with commas, and an amount with its currency."""
        if name in self.amounts:
            language = translation.get_language() or "en"
            return write_amount(Decimal(value), currency(), language)
        return ", ".join(map(str, value)) if isinstance(value, list | tuple) else value

    @property
    def fields(self) -> list[str]:
        """The arguments of the service that it is about; empty if it is about none of them."""
        names = self.facts.get("fields") or self.facts.get("field") or self.field
        return [name for name in ([names] if isinstance(names, str) else names) if name]

    @property
    def headers(self) -> dict[str, str]:
        """Headers of the response."""
        return {}


MALFORMED_HEADER = (ValueError, LookupError, TypeError, AttributeError)
"""What the parsers of headers in Python and Django raise for malformed parameters (RFC 2231)."""


class InvalidField(ShopError):
    """400 for one field, found outside its serializer. Facts: field, reason."""

    message: ClassVar["StrOrPromise"] = _("The request is not valid: {reason}")


class UnknownField(InvalidField):
    """400: an unknown member of the body, or an unknown parameter. Facts: field, reason."""

    code = "unknown_field"
    message = "{reason}"
    example: ClassVar[dict[str, Any]] = {
        "field": "end_at",
        "reason": 'Unknown member "end_at"; did you mean "ends_at"?',
    }


class UnsupportedEncoding(ShopError):
    """415: a body that is compressed, or not in UTF-8. Facts: reason."""

    status = 415
    code = "unsupported_media_type"
    message = "{reason}"

    @property
    def headers(self) -> dict[str, str]:
        """RFC 9110, section 15.5.16: the content coding that is accepted."""
        return {"Accept-Encoding": "identity"}


class Unauthorized(ShopError):
    """401: the request has no token."""

    status = 401
    code = "not_authenticated"
    message = _("Please log in to do this.")

    @property
    def headers(self) -> dict[str, str]:
        """RFC 9110, section 11.6.1: a 401 says how to authenticate."""
        return {"WWW-Authenticate": 'Bearer realm="api"'}


class Forbidden(ShopError):
    """403: the caller's role does not allow the request."""

    status = 403
    code = "permission_denied"
    message = _("Your role does not allow this.")


class PermissionMissing(Forbidden):
    """403. Facts: permission, the one that staff need, such as "catalog.change_product"."""

    message = _("Your role does not allow this. It needs the permission {permission}.")
    example: ClassVar[dict[str, Any]] = {"permission": "catalog.change_product"}
    schema_name = "PermissionMissingProblem"


class NotYours(PermissionMissing):
    """403: the row belongs to somebody else. Facts: permission, which would allow it."""

    message = _("This is not yours. Changing it needs the permission {permission}.")


class NotFound(ShopError):
    """404: the object does not exist, or the caller may not see it; the response is the same."""

    status = 404
    code = "not_found"
    message = _("It does not exist, or you may not see it.")


class RequestTimeout(ShopError):
    """408: the body did not arrive in time."""

    status = 408
    code = "request_timeout"
    message = _("The request body took too long to arrive. Send the request again.")


class Conflict(ShopError):
    """409: the current state does not allow it. Stored as the response to an idempotency key."""

    status = 409
    code = "conflict"
    message = _("The current state does not allow this.")


class RequestInProgress(ShopError):
    """409: the first request with the same key has not finished. The response is not stored."""

    status = 409
    code = "request_in_progress"
    message = _("A request with this Idempotency-Key is still running. Send the request again.")

    @property
    def headers(self) -> dict[str, str]:
        """The other request holds its lock for a few seconds at most."""
        return {"Retry-After": "3"}


class IdempotencyKeyReused(ShopError):
    """422: the key was used with another request body."""

    status = 422
    code = "idempotency_key_reused"
    message = _("This Idempotency-Key was used with another request body. Use a new key.")


class HeaderTooLarge(ShopError):
    """431: a header line over 8 kB."""

    status = 431
    code = "header_too_large"
    message = _("A header of the request is larger than 8190 bytes.")


class TooManyRequests(ShopError):
    """429: a rate limit. Facts: retry_after, in whole seconds."""

    status = 429
    code = "too_many_requests"
    message = ngettext_lazy(
        "Too many attempts. Try again in {retry_after} second.",
        "Too many attempts. Try again in {retry_after} seconds.",
        "retry_after",
    )
    example: ClassVar[dict[str, Any]] = {"retry_after": 42}

    @property
    def headers(self) -> dict[str, str]:
        """RFC 6585, section 4."""
        return {"Retry-After": str(self.facts["retry_after"])}


class Unavailable(ShopError):
    """503: the database, a lock or the disk is not available. Nothing was changed."""

    status = 503
    code = "unavailable"
    message = _("The shop is temporarily unavailable. Try again, with the same Idempotency-Key.")

    @property
    def headers(self) -> dict[str, str]:
        """A lock is waited for ten seconds at most, and a restart of the database takes a few."""
        return {"Retry-After": "5"}
