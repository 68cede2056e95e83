"""The records of idempotency keys, and the transaction of a record with the work of its request."""

from collections.abc import Callable, Container
from dataclasses import dataclass
from datetime import timedelta
from typing import NamedTuple, TypeVar

from django.db import InterfaceError, OperationalError, models
from django.db.models.functions import Now
from django.http import HttpResponse

from shop.core.errors import Conflict, IdempotencyKeyReused, RequestInProgress
from shop.core.handlers import PROBLEM_JSON, problem
from shop.core.models import IdempotencyKey
from shop.core.renderers import dumps
from shop.core.transactions import sqlstate, transactional
from shop.engine import Insert, send_with_next

T = TypeVar("T")

RETENTION = timedelta(hours=48)

_LOCK_NOT_AVAILABLE = "55P03"

_INSERT = Insert(
    IdempotencyKey,
    *("user_id", "guest", "scope", "key", "fingerprint"),
    *("status_code", "content_type", "location", "body"),
)
_STORE_RESPONSE = """
UPDATE core_idempotencykey SET status_code = %s, content_type = %s, location = %s, body = %s
WHERE {owner} = %s AND scope = %s AND key = %s
"""
_STORE_RESOURCE = """
UPDATE core_idempotencykey SET resource_id = %s WHERE {owner} = %s AND scope = %s AND key = %s
"""
# One text for each kind of owner, because the engine prepares it.
_BY_USER = [sql.format(owner="user_id") for sql in (_STORE_RESPONSE, _STORE_RESOURCE)]
_BY_GUEST = [sql.format(owner="guest") for sql in (_STORE_RESPONSE, _STORE_RESOURCE)]


class KeyOwner(NamedTuple):
    """Whom a key belongs to: a user, or a guest whose token has a digest. The other is None."""

    user_id: int | None
    guest: str | None = None


@dataclass(frozen=True, slots=True)
class Claim:
    """The key of a request, with its owner, and the operation and body that it belongs to."""

    owner: KeyOwner
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
            [(*self.owner, self.scope, self.key, self.fingerprint, 0, "", "", b"")]
        )

    def records(self) -> models.QuerySet[IdempotencyKey]:
        """Return the record as a queryset, which is empty if there is none."""
        return IdempotencyKey.objects.filter(
            scope=self.scope,
            key=self.key,
            **{name: value for name, value in self.owner._asdict().items() if value is not None},
        )

    def find_record(self) -> IdempotencyKey | None:
        """Return the existing record. Raises IdempotencyKeyReused if it has another body."""
        found = self.records().first()
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
        self._store(0, *columns)

    def store_resource(self, resource_id: int) -> None:
        """Store the id of the row that the work created, together with the next statement."""
        self._store(1, resource_id)

    def _store(self, statement: int, *columns: object) -> None:
        user_id, guest = self.owner
        sql, owner = (_BY_GUEST, guest) if user_id is None else (_BY_USER, user_id)
        send_with_next(sql[statement], [*columns, owner, self.scope, self.key])


def run_once(claim: Claim, work: Callable[[], T]) -> T | HttpResponse | IdempotencyKey:
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

    return run_once(claim, respond)


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
