"""The header ``Idempotency-Key``, and what a key belongs to."""

import re
from typing import NamedTuple

from django.utils.translation import gettext as _
from rest_framework.request import Request

from shop.core.errors import InvalidField

_VISIBLE = re.compile(r"[\x21-\x7e]{1,255}")
# RFC 8941, section 3.3.3: a quoted string escapes its quotes and backslashes.
_QUOTED = re.compile(r'"(?:[\x20-\x21\x23-\x5b\x5d-\x7e]|\\["\\])*"')
_DUPLICATE = "is_known_duplicate"


def read_key(header: str) -> str:
    """Return the key in a header value, bare or quoted. Raises InvalidField (400)."""
    value = header.strip()
    if value.startswith('"'):
        if not _QUOTED.fullmatch(value):
            value = ""
        value = re.sub(r"\\(.)", r"\1", value[1:-1])
    if not _VISIBLE.fullmatch(value):
        raise InvalidField(
            field="Idempotency-Key",
            reason=_("Idempotency-Key must be 1 to 255 visible ASCII characters."),
        )
    return value


class AskedKey(NamedTuple):
    """The idempotency key of a request, and the operation that it belongs to."""

    scope: str
    value: str


def idempotency_key_of(request: Request) -> AskedKey | None:
    """Return the key of a request; None without a valid one, which the view refuses later."""
    header = request.META.get("HTTP_IDEMPOTENCY_KEY")
    if header is None:
        return None
    try:
        return AskedKey(scope_of(request), read_key(header))
    except InvalidField:
        return None


def key_in_header(request: Request) -> str | None:
    """Return the key of a request, None without one. Raises InvalidField (400)."""
    header = request.META.get("HTTP_IDEMPOTENCY_KEY")  # request.headers would parse all headers
    return None if header is None else read_key(header)


def note_duplicate(request: Request, *, is_duplicate: bool) -> None:
    """Note whether the record of a request's key exists, which authentication has read too.

    Until then a duplicate is only recognised by the INSERT that fails, which stays so for requests
    that run at the same time.
    """
    setattr(request, _DUPLICATE, is_duplicate)


def is_known_duplicate(request: Request) -> bool:
    """Return what ``note_duplicate`` noted."""
    return getattr(request, _DUPLICATE, False)


def scope_of(request: Request) -> str:
    """Return the operation that a key belongs to: method and path."""
    return f"{request.method} {request.path}"[:200]
