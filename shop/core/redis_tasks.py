"""Background tasks whose queue is Redis (TASKS_URL), run in a thread of ``manage.py worker``.

A task whose worker was killed is not run again by this queue. Its row becomes due again, as that of
any task that did not end, and gets another one.
"""

from threading import Event as Flag

import django_rq
from django_tasks_rq import Job
from redis.exceptions import RedisError
from rq import SimpleWorker
from rq.timeouts import TimerDeathPenalty

from shop.core.jobs import until
from shop.core.queues import LIMITS


class _Worker(SimpleWorker):
    """Runs jobs in this process, in a thread: signals belong to the main thread."""

    death_penalty_class = TimerDeathPenalty

    def _install_signal_handlers(self) -> None:
        pass


def run_jobs(stop: Flag) -> int:
    """Run the jobs that are queued, until ``stop`` is set; return their number.

    Raises ConnectionError if the server does not respond.
    """
    run = 0
    try:
        queues = [django_rq.get_queue(name, job_class=Job) for name in LIMITS]
        while not stop.is_set() and any(queue.count for queue in queues):
            worker = _Worker(queues, connection=queues[0].connection, job_class=Job)
            with until(stop):
                run += worker.work(burst=True, max_jobs=1, logging_level="WARNING")
    except RedisError as error:
        raise ConnectionError(f"Redis (TASKS_URL): {type(error).__name__}") from error
    return run
