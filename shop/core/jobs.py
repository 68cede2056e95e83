"""Runs of scheduled jobs: one worker at a time makes them, and the last one is stored.

A job asks ``is_time_over`` between two rows, and calls ``check_stop`` before each call of another
server, so that a slow one keeps neither the job for an hour nor a worker that stops. It reports a
row that failed with ``row_failed``. Outside of ``run`` and ``until`` (a command that staff call)
there is no time limit.
"""

import logging
import math
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import timedelta
from threading import Event as Flag
from typing import Any, TypeVar
from uuid import uuid4

from django.db import DatabaseError, InterfaceError, connections
from django.db.models import F, Model, Q, QuerySet
from django.db.models.functions import Now

from shop.core.models import ScheduledJob, Worker
from shop.core.times import ago, in_future
from shop.core.tracing import working_on

logger = logging.getLogger("shop.jobs")

CLAIM = timedelta(seconds=90)
"""How long a claim is valid. A worker renews its claims, and its heartbeat, more often."""
T = TypeVar("T")
_MAX_TEXT = 200
_MAX_REMEMBERED = 1000


@dataclass(slots=True)
class _Run:
    """A run that is in progress. It should end at ``deadline`` or when the worker stops."""

    deadline: float
    stop: Flag | None
    failed_rows: int = 0
    started: float = field(default_factory=time.monotonic)

    @property
    def is_stopped(self) -> bool:
        return self.stop is not None and self.stop.is_set()


_present: ContextVar[_Run | None] = ContextVar("run", default=None)
_reported: dict[str, tuple[str, int]] = {}
"""The last error of a row or job in this process, and how often it has occurred in a row."""


def is_time_over() -> bool:
    """Return whether the present run should end, and leave the rest to the next one."""
    run = _present.get()
    if run is None or run.stop is None:
        return False
    return run.is_stopped or time.monotonic() > run.deadline


class TimeOver(Exception):
    """The present run should end. The next one does what is left."""


def check_stop() -> None:
    """Raise TimeOver if the worker stops. Call it before each call of another server.

    The end of the time is no reason, so that a row that needs several calls is finished some time.
    """
    run = _present.get()
    if run is not None and run.is_stopped:
        raise TimeOver


def in_time(rows: Iterable[T]) -> Iterator[T]:
    """Yield rows that come from another server. Raises TimeOver if the present run should end."""
    for row in rows:
        yield row
        if is_time_over():
            raise TimeOver


@contextmanager
def until(stop: Flag) -> Iterator[None]:
    """Let work that is no job end when ``stop`` is set."""
    token = _present.set(_Run(math.inf, stop))
    try:
        yield
    finally:
        _present.reset(token)


def identify(row: Model) -> str:
    """Return the class and the id of a row, for logs and reports. Sends no statement."""
    return f"{type(row).__name__} {row.pk}"


def row_failed(row: str, error: BaseException) -> None:
    """Log the error of one row, and count it for the present run."""
    report(f"{row} could not be settled", error)
    run = _present.get()
    if run is not None:
        run.failed_rows += 1


def report(what: str, error: BaseException) -> None:
    """Log an error, with its traceback only if it is not the one that was logged last for this."""
    kind = _describe(error)
    last, times = _reported.pop(what, ("", 0))
    times = times + 1 if kind == last else 1
    if len(_reported) >= _MAX_REMEMBERED:
        del _reported[next(iter(_reported))]
    _reported[what] = (kind, times)
    facts = {"error": kind, "times": times}
    trace = error if times == 1 else None
    logger.error("%s: %s, %s in a row", what, kind, times, exc_info=trace, extra={"facts": facts})


def _describe(error: BaseException) -> str:
    """Return the class of an exception, whose message might contain an address or a token."""
    if isinstance(error, (DatabaseError, InterfaceError)):
        return f"{type(error).__name__}: {' '.join(str(error).split())}"[:_MAX_TEXT]
    return type(error).__name__


@dataclass(frozen=True, slots=True)
class Job:
    """A scheduled job. ``work`` returns a sentence about what was done.

    One that is ``costly`` is run only when it is due, also for ``worker --once``.
    """

    name: str
    work: Callable[[], str]
    every: timedelta
    costly: bool = False


def run(job: Job, *, worker: str, stop: Flag | None) -> bool | None:
    """Run a job if it is due and no other worker runs it; return whether it succeeded.

    Return None if it was not run. It should end before it is due again, or when ``stop`` is set,
    and is due again at once then. Without ``stop`` it has no time limit, and is run although it is
    not due, unless it is costly. Exceptions are logged and stored, and not raised, except for those
    of the database when it cannot store the run.
    """
    if not _claim(job, worker, even_if_not_due=stop is None and not job.costly):
        return None
    present = _Run(time.monotonic() + job.every.total_seconds(), stop)
    token = _present.set(present)
    error, result = "", ""
    with working_on(uuid4().hex, job=job.name):
        try:
            result = job.work()
        except TimeOver:
            result = "stopped; the next run does the rest"
        except (Exception, SystemExit) as failure:  # noqa: BLE001 - other jobs go on
            error = _describe(failure)
            report(f"job {job.name}", failure)
            if isinstance(failure, (DatabaseError, InterfaceError)):
                connections.close_all()
        else:
            if present.failed_rows:
                error = f"{present.failed_rows} rows failed"
        finally:
            _present.reset(token)
        _finish(job, worker, present, error, result)
    return not error


def _finish(job: Job, worker: str, present: _Run, error: str, result: str) -> None:
    """Log the end of a run. Store its result and end the claim, unless another worker has it."""
    milliseconds = round(1000 * (time.monotonic() - present.started))
    outcome: dict[str, Any] = {"failures_in_a_row": 0, "succeeded_at": Now()}
    if error:
        outcome = {"failures": F("failures") + 1, "failures_in_a_row": F("failures_in_a_row") + 1}
    else:
        _reported.pop(f"job {job.name}", None)
    if present.is_stopped:
        outcome["next_run_at"] = Now()
    ScheduledJob.objects.filter(name=job.name, claimed_by=worker).update(
        finished_at=Now(),
        duration_ms=milliseconds,
        last_result=result[:_MAX_TEXT],
        last_error=error,
        claimed_until=None,
        **outcome,
    )
    facts = {"outcome": "failed" if error else "succeeded", "duration_ms": milliseconds}
    logger.info("job %s: %s", job.name, error or result or "done", extra={"facts": facts})


def _claim(job: Job, worker: str, *, even_if_not_due: bool) -> bool:
    """Claim a run, unless another worker runs the job or it is not due. Return whether it did.

    A claim of the same worker is one that it could not end, because the database was down: a worker
    runs a job in one thread only.
    """
    ScheduledJob.objects.bulk_create([ScheduledJob(name=job.name)], ignore_conflicts=True)
    free = ScheduledJob.objects.filter(name=job.name).filter(
        Q(claimed_until=None) | Q(claimed_until__lte=Now()) | Q(claimed_by=worker)
    )
    due = free if even_if_not_due else free.filter(next_run_at__lte=Now())
    return bool(
        due.update(
            started_at=Now(),
            next_run_at=in_future(job.every),
            claimed_by=worker,
            claimed_until=in_future(CLAIM),
            runs=F("runs") + 1,
        )
    )


def beat(worker: str) -> None:
    """Store that a worker is alive, and renew its claims."""
    if not Worker.objects.filter(name=worker).update(seen_at=Now()):
        Worker.objects.bulk_create([Worker(name=worker)], ignore_conflicts=True)
    ScheduledJob.objects.filter(claimed_by=worker, claimed_until__isnull=False).update(
        claimed_until=in_future(CLAIM)
    )


def leave(worker: str) -> None:
    """End the claims of a worker that ends, and delete its heartbeat and those of a day ago."""
    ScheduledJob.objects.filter(claimed_by=worker).update(claimed_until=None)
    old = Q(seen_at__lt=ago(timedelta(days=1)))
    Worker.objects.filter(Q(name=worker) | old).delete()


def living_workers() -> QuerySet[Worker]:
    """Return the workers that have stored a heartbeat in the time of a claim."""
    return Worker.objects.filter(seen_at__gt=ago(CLAIM))


def is_alive(host: str) -> bool:
    """Return whether a worker of this host is alive."""
    return living_workers().filter(name__startswith=f"{host}:").exists()
