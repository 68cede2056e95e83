"""One-time keys of HTML forms: a form that is sent twice has its effect once.

A key works like ``Idempotency-Key`` (``shop.core.idempotency``): its record is the first row of the
transaction that saves the form. A second click waits on the unique index of the records until the
first one has committed, and changes nothing. If a form is not saved, its key stays unused.

A form without a key is saved as often as it is sent, like a request without ``Idempotency-Key``:
so a page of the previous release, which has none, can still be sent during an upgrade.
"""

import json
from collections.abc import Callable
from datetime import timedelta
from hashlib import sha256
from secrets import token_urlsafe
from typing import TypeVar

from django.core.files.uploadedfile import UploadedFile
from django.core.signing import BadSignature, TimestampSigner
from django.http import HttpRequest, HttpResponseBase
from django.utils.translation import gettext_lazy as _

from shop.core.errors import IdempotencyKeyReused
from shop.core.idempotency import RETENTION, Claim, KeyOwner, run_or_find
from shop.core.models import IdempotencyKey
from shop.core.transactions import transactional

T = TypeVar("T")

FIELD = "form_key"
"""The name of the hidden field."""
LIFETIME = RETENTION - timedelta(hours=1)
"""A key expires while its record would still exist."""

_signer = TimestampSigner(salt="shop.core.form_keys")
_IGNORED = frozenset(
    {FIELD, "form_state", "csrfmiddlewaretoken", "_save", "_continue", "_addanother", "_saveasnew"}
)
_ATTRIBUTE = "_form_key"


class AlreadySent(Exception):
    """The form was saved before. ``location`` is where the browser was sent then, or empty."""

    def __init__(self, location: str, *, is_same: bool) -> None:
        """Take the location, and whether the form was sent with the same input as before."""
        super().__init__(_("This form was already sent; nothing was changed."))
        self.location = location
        self.is_same = is_same


class KeyExpired(Exception):
    """The form has been open for too long, or its key is not one of the shop's."""

    message = _(
        "This form was open for too long. Nothing was changed. Check it, and send it again."
    )

    def __init__(self) -> None:
        """Set the message."""
        super().__init__(self.message)


def key_of(request: HttpRequest) -> str:
    """Return the key for the form of the page: the one that was sent if it is unused, or a new one.

    A form that is shown again keeps its key, so that "Back" leads to no form with an unused one.
    """
    key = getattr(request, _ATTRIBUTE, None)
    if key is None:
        key = request.POST.get(FIELD) or _signer.sign(token_urlsafe(12))
        setattr(request, _ATTRIBUTE, key)
    return str(key)


def _replace_key(request: HttpRequest) -> None:
    """Give the form of the next page a new key, because the one that was sent cannot be used."""
    setattr(request, _ATTRIBUTE, _signer.sign(token_urlsafe(12)))


def save_once(request: HttpRequest, save: Callable[[], T], *, part: str = "") -> T:
    """Return what ``save()`` returned, which runs in one transaction with the record of the key.

    ``part`` names one of several effects of a form, each of which has a transaction of its own. If
    ``save`` returns a redirection, a second sender gets its location. Raises AlreadySent,
    KeyExpired, RequestInProgress and what ``save`` raises.
    """
    if FIELD not in request.POST:
        return transactional(save)()
    claim = _claim(request, part)

    def save_and_store() -> T:
        result = save()
        if isinstance(result, HttpResponseBase):
            _store_location(claim, result.get("Location", ""))
        return result

    try:
        result = run_or_find(claim, save_and_store)
    except IdempotencyKeyReused:
        _replace_key(request)
        raise AlreadySent(_location(claim), is_same=False) from None
    _replace_key(request)
    if isinstance(result, IdempotencyKey):
        raise AlreadySent(_location(claim), is_same=True)
    return result


def _store_location(claim: Claim, location: str) -> None:
    """Store it in ``body``, since it may be longer than the column ``location``."""
    claim.records().update(body=location.encode())


def _location(claim: Claim) -> str:
    body = claim.records().values_list("body", flat=True).first()
    return bytes(body or b"").decode()


def _claim(request: HttpRequest, part: str) -> Claim:
    key = request.POST[FIELD]
    try:
        _signer.unsign(key, max_age=LIFETIME)
    except BadSignature:
        _replace_key(request)
        raise KeyExpired from None
    return Claim(
        owner=KeyOwner(int(request.user.pk or 0)),
        scope=f"{request.method} {request.path}"[:200],
        key=f"{key} {part}"[:255] if part else key,
        fingerprint=_fingerprint(request),
    )


def _fingerprint(request: HttpRequest) -> str:
    """Return a hash of the input. It has no passwords, which could be guessed from a hash."""
    fields = {
        name: values
        for name, values in request.POST.lists()
        if name not in _IGNORED and "password" not in name
    }
    files = {name: [_digest(file) for file in files] for name, files in request.FILES.lists()}
    return sha256(json.dumps([fields, files], sort_keys=True).encode()).hexdigest()


def _digest(file: "UploadedFile[bytes]") -> str:
    digest = sha256()
    for chunk in file.chunks():
        digest.update(chunk)
    file.seek(0)
    return digest.hexdigest()
