"""Background tasks: functions that a worker runs soon, in any process and on any machine.

A task is only a trigger. What has to be done, when it is due and how often it was tried is stored
in rows of the app, and the task claims its row itself, so that it may run twice. So a queue that is
lost costs no work: an app registers a function with ``register_due``, which enqueues a task for
each row that is due, and the worker calls it about once a second. Requests enqueue nothing.

The queue is a table (django-tasks-db) or, with TASKS_URL, Redis (``shop.core.redis_tasks``).
"""

import logging
from collections.abc import Callable
from datetime import timedelta
from importlib.util import find_spec
from threading import Event as Flag
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from django.conf import settings
from django.db import transaction
from django.db.models import Q

from shop.core.jobs import until
from shop.core.queues import LIMITS
from shop.core.times import ago
from shop.core.tracing import working_on

if find_spec("django.tasks") and not TYPE_CHECKING:  # Django 6
    from django.tasks import TaskResultStatus, task
else:
    from django_tasks import TaskResultStatus, task

from django_tasks_db.management.commands.db_worker import Worker
from django_tasks_db.models import DBTaskResult

__all__ = ["delete_finished", "enqueue_due", "register_due", "run_tasks", "take_up_killed", "task"]

logger = logging.getLogger("shop.tasks")

RETENTION = timedelta(days=1)
_due: dict[str, Callable[[], int]] = {}


def register_due(name: str, enqueue: Callable[[], int]) -> None:
    """Let workers call ``enqueue`` about once a second. For ``AppConfig.ready()``.

    It enqueues a task for each row that is due and has none, and returns their number. Any number
    of workers may call it at the same time.
    """
    _due[name] = enqueue


def enqueue_due() -> int:
    """Enqueue a task for every row that is due; return their number. Log exceptions."""
    number = 0
    for name, enqueue in _due.items():
        try:
            number += enqueue()
        except Exception:  # such as a Redis server that does not respond; other queues go on
            logger.exception("tasks of %s could not be enqueued", name)
    return number


def run_tasks(worker: str, stop: Flag) -> int:
    """Run the tasks that are ready, until ``stop`` is set; return their number.

    A task that calls other servers repeatedly asks ``jobs.is_time_over`` between two calls.

    An exception of a task is logged, and not raised.
    """
    if settings.TASKS_URL:
        from shop.core.redis_tasks import run_jobs  # noqa: PLC0415 - an optional package

        return run_jobs(stop)
    take_up_killed()
    run = 0
    while not stop.is_set() and (task_row := _claim(worker)):
        with until(stop), working_on(uuid4().hex, task=task_row.task_path):
            _RUNNER.run_task(task_row)
        run += 1
    return run


# The library's worker without its loop, which ends the process at a signal. It stores what a task
# returns or raises.
_RUNNER = Worker(
    queue_names=list(LIMITS),
    interval=0,
    batch=True,
    backend_name="default",
    startup_delay=False,
    max_tasks=None,
    worker_id="",
    excluded_queue_names=[],
)


def _claim(worker: str) -> Any:
    """Reserve the first task that is ready, and return its row, or None."""
    ready = DBTaskResult.objects.ready().filter(queue_name__in=list(LIMITS))
    # On SQLite the transaction below locks the database, which would be in vain most of the time.
    if not ready.exists():
        return None
    with transaction.atomic():
        found = ready.select_for_update(skip_locked=True).first()
        if found is not None:
            found.claim(worker[:64])
    return found


def take_up_killed() -> int:
    """Make tasks ready again that are running for longer than the limit of their queue.

    Their worker was killed, or hangs. Return their number.
    """
    too_long = Q()
    for queue, limit in LIMITS.items():
        too_long |= Q(queue_name=queue, started_at__lt=ago(limit))
    killed = DBTaskResult.objects.filter(too_long, status=TaskResultStatus.RUNNING)
    # An UPDATE would lock the database on SQLite.
    return killed.update(status=TaskResultStatus.READY) if killed.exists() else 0


def delete_finished(limit: int) -> int:
    """Delete at most ``limit`` tasks that ended over a day ago; return their number."""
    old = DBTaskResult.objects.finished().filter(finished_at__lt=ago(RETENTION))
    chosen = list(old.order_by("finished_at").values_list("pk", flat=True)[:limit])
    return DBTaskResult.objects.filter(pk__in=chosen).delete()[0]
