"""Requests that have their effect once for each key."""

import json
from collections.abc import Callable
from hashlib import sha256
from typing import Any

from django.core.files import File
from django.http import HttpResponse, QueryDict
from django.http.response import HttpResponseBase
from rest_framework.request import Request
from rest_framework.response import Response

from shop.core.handlers import members_of
from shop.core.idempotency.keys import is_known_duplicate, key_in_header, scope_of
from shop.core.idempotency.records import Claim, KeyOwner, run_once
from shop.core.models import IdempotencyKey
from shop.core.renderers import dumps

REPLAYED = "Idempotent-Replayed"


def idempotent(
    request: Request, work: Callable[[], HttpResponse], *, guest: str | None = None
) -> HttpResponseBase:
    """Return the response of ``work()``, which runs once for each key.

    The key belongs to the signed-in user, otherwise to the guest whose token has the digest
    ``guest``. ``work`` writes to the database only, in the transaction of the record. Without a
    key, and for a guest without a token, the request is not recorded. A Conflict rolls the work
    back and is stored as the response; any other exception rolls the record back too.
    """
    claim = _read_claim(request, guest)
    if claim is None:
        return work()

    def respond() -> HttpResponse:
        response = _make_storable(work())
        claim.store_response(response)
        return response

    outcome = run_once(claim, respond)
    return _stored_response(outcome) if isinstance(outcome, IdempotencyKey) else outcome


def idempotent_steps(
    request: Request,
    *,
    begin: Callable[[], int],
    finish: Callable[[int], HttpResponse],
    replay: Callable[[int], HttpResponse],
    guest: str | None = None,
) -> HttpResponseBase:
    """Return the response of work that calls a service outside the database, such as a gateway.

    ``begin`` writes a row and returns its id. It commits together with the record, before
    ``finish(id)`` calls the service. A duplicate request gets ``replay(id)``, the row in its
    current state, and does not call the service. The key belongs to the owner that ``idempotent``
    names.
    """
    claim = _read_claim(request, guest)
    if claim is None:
        return finish(begin())

    def begin_and_store() -> int:
        resource_id = begin()
        claim.store_resource(resource_id)
        return resource_id

    outcome = run_once(claim, begin_and_store)
    if isinstance(outcome, HttpResponse):
        return outcome
    if isinstance(outcome, int):
        return finish(outcome)
    if outcome.status_code:
        return _stored_response(outcome)
    response = replay(outcome.resource_id or 0)
    response[REPLAYED] = "true"
    return response


def _read_claim(request: Request, guest: str | None) -> Claim | None:
    key = key_in_header(request)
    user_id = request.user.pk
    if key is None or (user_id is None and guest is None):
        return None
    return Claim(
        owner=KeyOwner(user_id) if user_id is not None else KeyOwner(None, guest),
        scope=scope_of(request),
        key=key,
        fingerprint=sha256(_canonical(request.data)).hexdigest(),
        members=members_of(request),
        is_duplicate=is_known_duplicate(request),
    )


def _canonical(data: Any) -> bytes:
    """Serialize a body for comparison: equal bodies give equal bytes.

    The order of members, whitespace and escapes do not matter. A file counts by its content.
    """
    # Not orjson, which refuses integers over 64 bits: an ignored member may hold any number.
    members = data.dict() if isinstance(data, QueryDict) else data
    return json.dumps(members, sort_keys=True, separators=(",", ":"), default=_digest).encode()


def _digest(file: "File[bytes]") -> str:
    digest = sha256()
    for chunk in file.chunks():
        digest.update(chunk)
    file.seek(0)
    return digest.hexdigest()


def _make_storable(response: HttpResponse) -> HttpResponse:
    """Return the rendered response, with the headers that are stored only."""
    if not isinstance(response, Response):
        return response
    body = b"" if response.data is None else dumps(response.data)
    rendered = HttpResponse(body, status=response.status_code, content_type="application/json")
    if "Location" in response:
        rendered["Location"] = response["Location"]
    return rendered


def _stored_response(record: IdempotencyKey) -> HttpResponse:
    """Return the stored response, marked as a replay."""
    response = HttpResponse(
        bytes(record.body), status=record.status_code, content_type=record.content_type
    )
    if record.location:
        response["Location"] = record.location
    response[REPLAYED] = "true"
    return response
