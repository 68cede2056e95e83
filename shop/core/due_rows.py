"""Rows that the worker sends to another server, until they have ended.

A row is due at ``next_attempt_at``. A task claims it by a guarded UPDATE, which moves the next
attempt by a lease, commits, and only then talks to the other server. So several workers do nothing
twice, and a row whose worker was killed is due again when the lease is over. Only the process that
has the claim plans the next attempt or gives the row up: it compares ``attempts``.

Tasks are only triggers: ``enqueue_each`` gives one to each row that needs one, and remembers it
until the lease is over.
"""

import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any, Self, TypeVar

from django.db import DatabaseError, InterfaceError, connection, models
from django.db.models import F
from django.db.models.functions import Now

from shop.core.times import ago, in_future

WAITING = "waiting"
"""The status of a row that has not ended, in every model."""

_BATCH = 200
_STORE_EVERY = 0.5

R = TypeVar("R", bound="DueRow")


class DueRow(models.Model):
    """The columns of a row that is sent. The model adds ``status``, which is ``WAITING`` at first.

    While a worker sends it, ``next_attempt_at`` is the time from which another worker may.
    """

    attempts = models.PositiveIntegerField(default=0)
    next_attempt_at = models.DateTimeField(db_default=Now())
    valid_until = models.DateTimeField(help_text="It is not sent after this time.")
    ended_at = models.DateTimeField(null=True)
    last_error = models.CharField(max_length=200, blank=True, default="")
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        abstract = True


class DueQuerySet(models.QuerySet[R]):
    """Reads and guarded updates of rows that are sent."""

    def waiting(self) -> Self:
        """Return the rows that have not ended."""
        return self.filter(status=WAITING)

    def due(self) -> Self:
        """Return the rows that should be sent now, and that no worker is sending."""
        return self.waiting().filter(next_attempt_at__lte=Now())

    def claim(self, lease: timedelta) -> bool:
        """Reserve the row for the time of ``lease``. Return False if it is not due any more."""
        return bool(self.due().update(attempts=F("attempts") + 1, next_attempt_at=in_future(lease)))

    def claimed_by(self, row: R) -> Self:
        """Return the row if it waits and no other worker has started it again."""
        return self.waiting().filter(pk=row.pk, attempts=row.attempts)

    def end(self, status: str, error: str = "", **values: Any) -> int:
        """End the rows; return their number."""
        return self.update(status=status, ended_at=Now(), last_error=error, **values)

    def try_later(self, delay: timedelta, error: str, **values: Any) -> int:
        """Plan the next attempt; return the number of rows."""
        return self.update(next_attempt_at=in_future(delay), last_error=error, **values)

    def give_up_late(self, status: str, error: str, **values: Any) -> None:
        """End the rows that are due but not valid any more, with their last error or ``error``."""
        late = self.due().filter(valid_until__lt=Now())
        if late.exists():  # an UPDATE would lock the database on SQLite
            late.filter(last_error="").update(last_error=error)
            late.update(status=status, ended_at=Now(), **values)

    def restart(self, valid_for: timedelta, **values: Any) -> int:
        """Make rows that have ended due now, with all attempts; return their number."""
        return self.exclude(status=WAITING).update(
            status=WAITING,
            ended_at=None,
            attempts=0,
            next_attempt_at=Now(),
            valid_until=in_future(valid_for),
            last_error="",
            **values,
        )

    def delete_ended(self, retention: timedelta, limit: int) -> int:
        """Delete at most ``limit`` rows that ended before; return their number."""
        old = self.filter(ended_at__lt=ago(retention)).order_by("ended_at")
        return self.filter(pk__in=list(old.values_list("pk", flat=True)[:limit])).delete()[0]


def back_off(attempts: int, *, first: timedelta, longest: timedelta) -> timedelta:
    """Return the delay after so many attempts: ``first``, doubled each time up to ``longest``."""
    doublings = min(attempts - 1, 20)
    return min(first * (1 << doublings), longest)


def enqueue_each(
    rows: models.QuerySet[Any], enqueue: Callable[[int], object], *, lease: timedelta
) -> int:
    """Enqueue a task for each row that has none; return their number.

    The rows have ``enqueued_until``, until which a task is expected to run. If the queue fails, its
    exception is raised, and the next call tries again.
    """
    free = rows.filter(models.Q(enqueued_until=None) | models.Q(enqueued_until__lte=Now()))
    chosen = list(free.values_list("pk", flat=True)[:_BATCH])
    return sum(
        _enqueue(free.model, pk, enqueue)
        for pk in chosen
        if free.order_by().filter(pk=pk).update(enqueued_until=in_future(lease))
    )


def _enqueue(model: type[Any], pk: int, enqueue: Callable[[int], object]) -> int:
    try:
        enqueue(pk)
    except Exception:
        model.objects.filter(pk=pk).update(enqueued_until=None)
        raise
    return 1


def store_patiently(store: Callable[[], object], *, for_at_most: timedelta) -> None:
    """Call ``store`` until the database responds: the other server has accepted what was sent."""
    deadline = time.monotonic() + for_at_most.total_seconds()
    while True:
        try:
            store()
        except (DatabaseError, InterfaceError):
            if time.monotonic() > deadline:
                raise
            connection.close()
            time.sleep(_STORE_EVERY)
        else:
            return
