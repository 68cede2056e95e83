"""Idempotent requests: a duplicate gets the stored response of the first request.

``Idempotency-Key`` follows draft-ietf-httpapi-idempotency-key-header-07: a structured-field string,
or the bare string that most clients send. A key belongs to one user, method and path.

The record of a key is the first row that a request writes, in the transaction of its work. A
duplicate request waits on the unique index of the records until the first request commits, fails
with an IntegrityError and gets the stored response. If the first request fails, its record is
rolled back with its work, so that no key stays blocked. Records are kept for 48 hours. Responses
with the status 2xx or 409 are stored; a response with a secret must not be.
"""

import json
import re
from collections.abc import Callable, Container
from dataclasses import dataclass
from datetime import timedelta
from hashlib import sha256
from typing import Any, NamedTuple, TypeVar

from django.core.files import File
from django.db import InterfaceError, OperationalError, models
from django.db.models.functions import Now
from django.http import HttpResponse, QueryDict
from django.http.response import HttpResponseBase
from django.utils.translation import gettext as _
from rest_framework.request import Request
from rest_framework.response import Response

from shop.core.errors import Conflict, IdempotencyKeyReused, InvalidField, RequestInProgress
from shop.core.handlers import PROBLEM_JSON, members_of, problem
from shop.core.models import IdempotencyKey
from shop.core.renderers import dumps
from shop.core.transactions import sqlstate, transactional
from shop.engine import Insert, send_with_next

T = TypeVar("T")

RETENTION = timedelta(hours=48)
REPLAYED = "Idempotent-Replayed"

_VISIBLE = re.compile(r"[\x21-\x7e]{1,255}")
# RFC 8941, section 3.3.3: a quoted string escapes its quotes and backslashes.
_QUOTED = re.compile(r'"(?:[\x20-\x21\x23-\x5b\x5d-\x7e]|\\["\\])*"')
_DUPLICATE = "is_known_duplicate"
_LOCK_NOT_AVAILABLE = "55P03"

_INSERT = Insert(
    IdempotencyKey,
    *("user_id", "scope", "key", "fingerprint"),
    *("status_code", "content_type", "location", "body"),
)
_STORE_RESPONSE = """
UPDATE core_idempotencykey SET status_code = %s, content_type = %s, location = %s, body = %s
WHERE user_id = %s AND scope = %s AND key = %s
"""
_STORE_RESOURCE = """
UPDATE core_idempotencykey SET resource_id = %s WHERE user_id = %s AND scope = %s AND key = %s
"""


@dataclass(frozen=True, slots=True)
class Claim:
    """The key of a request, with the user, the operation and the body that it belongs to."""

    user_id: int
    scope: str
    """Method and path."""
    key: str
    fingerprint: str
    """SHA-256 of the body."""
    members: Container[str] = ()
    """The names of the body's members."""
    is_duplicate: bool = False
    """Whether the record is known to exist, so that an INSERT would fail."""

    def take(self) -> None:
        """Insert the record, together with the next statement. Needs a transaction.

        The next statement raises an IntegrityError if the record exists, and an OperationalError if
        the first request holds the index for longer than the lock time-out.
        """
        _INSERT.send_with_next(
            [(self.user_id, self.scope, self.key, self.fingerprint, 0, "", "", b"")]
        )

    def find_record(self) -> IdempotencyKey | None:
        """Return the existing record. Raises IdempotencyKeyReused if it has another body."""
        found = IdempotencyKey.objects.filter(
            user_id=self.user_id, scope=self.scope, key=self.key
        ).first()
        if found is not None and found.fingerprint != self.fingerprint:
            raise IdempotencyKeyReused
        return found

    def store_response(self, response: HttpResponse) -> None:
        """Store the response in the record, together with the next statement."""
        columns = (
            response.status_code,
            response["Content-Type"],
            response.get("Location", ""),
            response.content,
        )
        send_with_next(_STORE_RESPONSE, [*columns, self.user_id, self.scope, self.key])

    def store_resource(self, resource_id: int) -> None:
        """Store the id of the row that the work created, together with the next statement."""
        send_with_next(_STORE_RESOURCE, [resource_id, self.user_id, self.scope, self.key])


def idempotent(request: Request, work: Callable[[], Response]) -> HttpResponseBase:
    """Return the response of ``work()``, which runs once for each key.

    ``work`` writes to the database only, in the transaction of the record. Without a key the
    request is not recorded. A Conflict rolls the work back and is stored as the response; any other
    exception rolls the record back too.
    """
    claim = _read_claim(request)
    if claim is None:
        return work()

    def respond() -> HttpResponse:
        response = _make_storable(work())
        claim.store_response(response)
        return response

    outcome = _run_once(claim, respond)
    return _stored_response(outcome) if isinstance(outcome, IdempotencyKey) else outcome


def idempotent_steps(
    request: Request,
    *,
    begin: Callable[[], int],
    finish: Callable[[int], Response],
    replay: Callable[[int], Response],
) -> HttpResponseBase:
    """Return the response of work that calls a service outside the database, such as a gateway.

    ``begin`` writes a row and returns its id. It commits together with the record, before
    ``finish(id)`` calls the service. A duplicate request gets ``replay(id)``, the row in its
    current state, and does not call the service.
    """
    claim = _read_claim(request)
    if claim is None:
        return finish(begin())

    def begin_and_store() -> int:
        resource_id = begin()
        claim.store_resource(resource_id)
        return resource_id

    outcome = _run_once(claim, begin_and_store)
    if isinstance(outcome, HttpResponse):
        return outcome
    if isinstance(outcome, int):
        return finish(outcome)
    if outcome.status_code:
        return _stored_response(outcome)
    response = replay(outcome.resource_id or 0)
    response[REPLAYED] = "true"
    return response


def _run_once(claim: Claim, work: Callable[[], T]) -> T | HttpResponse | IdempotencyKey:
    """Return what ``work`` returned, the stored response to a Conflict, or the existing record.

    The record is inserted together with the first statement of ``work``, which may be in a block
    that handles an IntegrityError as an error of its own. So any exception may mean that the
    request is a duplicate: an existing record takes precedence over the exception.
    """
    if record := _known_record(claim):
        return record
    try:
        return _run_in_transaction(claim, work)
    except Conflict as error:
        return _store_conflict(claim, error)
    except Exception as error:  # noqa: BLE001 - raised again if there is no record
        return _first_record(claim, error)


def run_or_find(claim: Claim, work: Callable[[], T]) -> T | IdempotencyKey:
    """Return what ``work`` returned, in one transaction with the record, or the existing record.

    No exception is stored: the record is rolled back with the work. Raises IdempotencyKeyReused for
    a record with another fingerprint, and RequestInProgress.
    """
    if record := _known_record(claim):
        return record
    try:
        return _run_in_transaction(claim, work)
    except Exception as error:  # noqa: BLE001 - raised again if there is no record
        return _first_record(claim, error)


def _known_record(claim: Claim) -> IdempotencyKey | None:
    """Return the record of a request that is known to be a duplicate, without trying to insert it.

    PostgreSQL writes a line to its log for each INSERT that a constraint refuses. Raises
    RequestInProgress if cleanup has deleted the record since.
    """
    if not claim.is_duplicate:
        return None
    record = claim.find_record()
    if record is None:
        raise RequestInProgress
    return record


def _first_record(claim: Claim, error: Exception) -> IdempotencyKey:
    """Return the record of the first request, or raise ``error`` if there is none."""
    if isinstance(error, OperationalError | InterfaceError):
        if sqlstate(error) == _LOCK_NOT_AVAILABLE and _concerns_records(error):
            raise RequestInProgress from error
        raise error
    record = claim.find_record()
    if record is not None:
        return record
    if _concerns_records(error):  # cleanup has deleted the record since
        raise RequestInProgress from error
    raise error


@transactional
def _run_in_transaction(claim: Claim, work: Callable[[], T]) -> T:
    claim.take()
    return work()


def _store_conflict(claim: Claim, error: Conflict) -> HttpResponse | IdempotencyKey:
    """Store the response to a Conflict in a transaction of its own.

    So no request needs a savepoint. A duplicate request may succeed between the two transactions;
    then its response is the response to both.
    """

    def respond() -> HttpResponse:
        response = HttpResponse(
            dumps(problem(error, claim.members)), status=error.status, content_type=PROBLEM_JSON
        )
        claim.store_response(response)
        return response

    return _run_once(claim, respond)


def _concerns_records(error: Exception) -> bool:
    """Return whether the database reports an error about the table of the records."""
    diagnosis = getattr(error.__cause__, "diag", None)
    if diagnosis is None:  # SQLite names the columns that are not unique
        return "core_idempotencykey" in str(error)
    return "idempotencykey" in f"{diagnosis.constraint_name} {diagnosis.context}"


def delete_old_keys(limit: int) -> int:
    """Delete at most ``limit`` records that are older than 48 hours; return their number."""
    old = IdempotencyKey.objects.filter(
        created_at__lt=models.ExpressionWrapper(
            Now() - RETENTION, output_field=models.DateTimeField()
        )
    )
    batch = list(old.order_by("created_at").values_list("pk", flat=True)[:limit])
    return IdempotencyKey.objects.filter(pk__in=batch).delete()[0]


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


def _read_claim(request: Request) -> Claim | None:
    header = request.META.get("HTTP_IDEMPOTENCY_KEY")  # request.headers would parse all headers
    if header is None:
        return None
    return Claim(
        user_id=int(request.user.pk or 0),
        scope=_scope_of(request),
        key=read_key(header),
        fingerprint=sha256(_canonical(request.data)).hexdigest(),
        members=members_of(request),
        is_duplicate=getattr(request, _DUPLICATE, False),
    )


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
        return AskedKey(_scope_of(request), read_key(header))
    except InvalidField:
        return None


def note_duplicate(request: Request, *, is_duplicate: bool) -> None:
    """Note whether the record of a request's key exists, which authentication has read too.

    Until then a duplicate is only recognised by the INSERT that fails, which stays so for requests
    that run at the same time.
    """
    setattr(request, _DUPLICATE, is_duplicate)


def _scope_of(request: Request) -> str:
    return f"{request.method} {request.path}"[:200]


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


def _make_storable(response: Response) -> HttpResponse:
    """Return the rendered response, with the headers that are stored only."""
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
