"""Did this request happen already? The record commits with the work, or not at all.

``Idempotency-Key`` follows draft-ietf-httpapi-idempotency-key-header-07: a structured-field string,
and bare as most clients send it. Scope: caller, method and path. The record is the first that a
request writes: a twin blocks on its unique index until the first commits, fails, and replays; a
crash takes the record away with the work, so nothing is ever stuck. Kept for 48 hours; 2xx and 409
answers alone, and none that carries a secret.
"""

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from hashlib import sha256
from typing import Any, TypeVar

from django.core.files import File
from django.db import InterfaceError, OperationalError, models
from django.db.models.functions import Now
from django.http import HttpResponse, QueryDict
from django.http.response import HttpResponseBase
from rest_framework.request import Request
from rest_framework.response import Response

from shop.core.errors import Conflict, IdempotencyKeyReused, InvalidField, RequestInProgress
from shop.core.handlers import PROBLEM_JSON, problem
from shop.core.models import IdempotencyKey
from shop.core.renderers import dumps
from shop.core.transactions import sqlstate, transactional
from shop.engine import Insert, send_with_next

T = TypeVar("T")

KEPT_FOR = timedelta(hours=48)
REPLAYED = "Idempotent-Replayed"

_VISIBLE = re.compile(r"[\x21-\x7e]{1,255}")
# RFC 8941, section 3.3.3: a quoted string escapes its quotes and backslashes.
_QUOTED = re.compile(r'"(?:[\x20-\x21\x23-\x5b\x5d-\x7e]|\\["\\])*"')
_LOCK_NOT_AVAILABLE = "55P03"

_CLAIM = Insert(
    IdempotencyKey,
    *("user_id", "scope", "key", "fingerprint"),
    *("status_code", "content_type", "location", "body"),
)
_STORE = """
UPDATE core_idempotencykey SET status_code = %s, content_type = %s, location = %s, body = %s
WHERE user_id = %s AND scope = %s AND key = %s
"""
_NAME = """
UPDATE core_idempotencykey SET resource_id = %s WHERE user_id = %s AND scope = %s AND key = %s
"""


@dataclass(frozen=True, slots=True)
class _Claim:
    """What a key stands for: this caller, this operation, this body."""

    user_id: int
    scope: str
    key: str
    fingerprint: str

    def take(self) -> None:
        """Insert the record, with the caller's next statement. Needs a transaction.

        That statement raises an IntegrityError where a record stands, and an OperationalError where
        a twin holds the index for longer than the lock time-out.
        """
        _CLAIM.send_with_next(
            [(self.user_id, self.scope, self.key, self.fingerprint, 0, "", "", b"")]
        )

    def record(self) -> IdempotencyKey | None:
        """Return the record that stands. Raises IdempotencyKeyReused for another body."""
        mine = {"user_id": self.user_id, "scope": self.scope, "key": self.key}
        record = IdempotencyKey.objects.filter(**mine).first()
        if record is not None and record.fingerprint != self.fingerprint:
            raise IdempotencyKeyReused
        return record

    def store(self, answer: HttpResponse) -> None:
        """Keep the answer in the record that was claimed."""
        kept = (
            answer.status_code,
            answer["Content-Type"],
            answer.get("Location", ""),
            answer.content,
        )
        send_with_next(_STORE, [*kept, self.user_id, self.scope, self.key])

    def name(self, resource_id: int) -> None:
        """Let the record say which row the work is about."""
        send_with_next(_NAME, [resource_id, self.user_id, self.scope, self.key])


def idempotent(request: Request, work: Callable[[], Response]) -> HttpResponseBase:
    """Answer with ``work()``, once for each key; ``work`` touches the database alone.

    Without a key it is just ``work()``. A Conflict undoes the work and is remembered as the answer;
    any other exception undoes the record too.
    """
    claim = _read_claim(request)
    if claim is None:
        return work()

    def answer() -> HttpResponse:
        frozen = _freeze(work())
        claim.store(frozen)
        return frozen

    outcome = _once(claim, answer)
    return _replay(outcome) if isinstance(outcome, IdempotencyKey) else outcome


def idempotent_steps(
    request: Request,
    *,
    begin: Callable[[], int],
    finish: Callable[[int], Response],
    twin: Callable[[int], Response],
) -> HttpResponseBase:
    """Answer work that asks the outside: ``begin`` and the record commit before ``finish`` asks.

    ``begin`` returns the id of the row that the work is about. A twin gets ``twin(id)``, the row as
    it stands, and starts nothing.
    """
    claim = _read_claim(request)
    if claim is None:
        return finish(begin())

    def start() -> int:
        resource_id = begin()
        claim.name(resource_id)
        return resource_id

    outcome = _once(claim, start)
    if isinstance(outcome, HttpResponse):
        return outcome
    if isinstance(outcome, int):
        return finish(outcome)
    if outcome.status_code:
        return _replay(outcome)
    response = twin(outcome.resource_id or 0)
    response[REPLAYED] = "true"
    return response


def _once(claim: _Claim, work: Callable[[], T]) -> T | HttpResponse | IdempotencyKey:
    """Return what ``work`` returned, the refusal that it met, or the record of a twin.

    Whatever ``work`` failed by, it is undone, and a record that stands has the last word: the claim
    may have failed wherever ``work`` sent its first statement.
    """
    try:
        return _work(claim, work)
    except Conflict as refusal:
        return _remember(claim, refusal)
    except (OperationalError, InterfaceError) as error:
        if sqlstate(error) == _LOCK_NOT_AVAILABLE and _is_by_the_claim(error):
            raise RequestInProgress from error
        raise
    except Exception as error:
        record = claim.record()
        if record is not None:
            return record
        if _is_by_the_claim(error):  # the record grew old and was cleaned up this very moment
            raise RequestInProgress from error
        raise


@transactional
def _work(claim: _Claim, work: Callable[[], T]) -> T:
    claim.take()
    return work()


def _remember(claim: _Claim, refusal: Conflict) -> HttpResponse | IdempotencyKey:
    """Keep a refusal, in a transaction of its own, which saves every other request a savepoint.

    A twin may come between the two and succeed: then its answer is the answer of both.
    """

    def answer() -> HttpResponse:
        frozen = _freeze_conflict(refusal)
        claim.store(frozen)
        return frozen

    return _once(claim, answer)


def _is_by_the_claim(error: Exception) -> bool:
    """Whether the database names the records of keys as what an error is about."""
    diagnosis = getattr(error.__cause__, "diag", None)
    if diagnosis is None:  # SQLite says which columns are not unique
        return "core_idempotencykey" in str(error)
    return "idempotencykey" in f"{diagnosis.constraint_name} {diagnosis.context}"


def forget_old_keys(limit: int) -> int:
    """Delete up to ``limit`` records that are older than 48 hours; return how many went."""
    old = IdempotencyKey.objects.filter(
        created_at__lt=models.ExpressionWrapper(
            Now() - KEPT_FOR, output_field=models.DateTimeField()
        )
    )
    batch = list(old.order_by("created_at").values_list("pk", flat=True)[:limit])
    return IdempotencyKey.objects.filter(pk__in=batch).delete()[0]


def read_key(header: str) -> str:
    """Return the key that a header value carries, bare or quoted. Raises InvalidField, a 400."""
    value = header.strip()
    if value.startswith('"'):
        if not _QUOTED.fullmatch(value):
            value = ""
        value = re.sub(r"\\(.)", r"\1", value[1:-1])
    if not _VISIBLE.fullmatch(value):
        raise InvalidField(
            field="Idempotency-Key", reason="Idempotency-Key is 1 to 255 visible ASCII characters."
        )
    return value


def _read_claim(request: Request) -> _Claim | None:
    header = request.META.get("HTTP_IDEMPOTENCY_KEY")  # not the parsed headers, all of them
    if header is None:
        return None
    return _Claim(
        user_id=int(request.user.pk or 0),
        scope=f"{request.method} {request.path}"[:200],
        key=read_key(header),
        fingerprint=sha256(_canonical(request.data)).hexdigest(),
    )


def _canonical(data: Any) -> bytes:
    # Not orjson, which stops at integers of 64 bits: a member that we ignore may hold any number.
    members = data.dict() if isinstance(data, QueryDict) else data
    return json.dumps(members, sort_keys=True, separators=(",", ":"), default=_digest).encode()


def _digest(file: "File[bytes]") -> str:
    digest = sha256()
    for chunk in file.chunks():
        digest.update(chunk)
    file.seek(0)
    return digest.hexdigest()


def _freeze(response: Response) -> HttpResponse:
    body = b"" if response.data is None else dumps(response.data)
    frozen = HttpResponse(body, status=response.status_code, content_type="application/json")
    if "Location" in response:
        frozen["Location"] = response["Location"]
    return frozen


def _freeze_conflict(error: Conflict) -> HttpResponse:
    return HttpResponse(dumps(problem(error)), status=error.status, content_type=PROBLEM_JSON)


def _replay(record: IdempotencyKey) -> HttpResponse:
    answer = HttpResponse(
        bytes(record.body), status=record.status_code, content_type=record.content_type
    )
    if record.location:
        answer["Location"] = record.location
    answer[REPLAYED] = "true"
    return answer
