"""The readings of core: scheduled jobs, workers, events and connections."""

from collections.abc import Iterator
from datetime import datetime

from django.db import connection

from shop.core import jobs
from shop.core.metrics.queries import age_of_first
from shop.core.metrics.readings import Reading
from shop.core.models import Event, EventDelivery, ScheduledJob, Worker

_JOB = (
    ("shop_job_runs_total", "Runs of a scheduled job.", "runs"),
    ("shop_job_failures_total", "Failed runs of a scheduled job.", "failures"),
    ("shop_job_failures_in_a_row", "Failed runs since the last success.", "failures_in_a_row"),
    ("shop_job_last_start_timestamp_seconds", "Start of the last run.", "started_at"),
    ("shop_job_last_success_timestamp_seconds", "End of the last success.", "succeeded_at"),
    ("shop_job_last_duration_seconds", "Duration of the last run that ended.", "duration_ms"),
)
_MOST = 10_000
"""Deliveries are counted up to this number, so that counting stays cheap."""


def read() -> Iterator[Reading]:
    """Yield the readings of core."""
    for job in ScheduledJob.objects.order_by("name"):
        yield from _job(job)
    yield from _workers()
    yield from _events()
    if connection.vendor == "postgresql":
        yield from _connections()


def _job(job: ScheduledJob) -> Iterator[Reading]:
    for name, text, column in _JOB:
        value = getattr(job, column)
        if isinstance(value, datetime):
            value = value.timestamp()
        elif column == "duration_ms" and value is not None:
            value /= 1000
        if value is not None:
            yield Reading(name, text, value, (("job", job.name),))


def _workers() -> Iterator[Reading]:
    alive = jobs.living_workers().count()
    yield Reading("shop_workers", "Workers whose heartbeats arrive.", alive)
    newest = Worker.objects.order_by("-seen_at")
    if newest.exists():
        name = "shop_worker_heartbeat_age_seconds"
        age = age_of_first(newest, "seen_at")
        yield Reading(name, "Time since the newest heartbeat of a worker.", age)


def _events() -> Iterator[Reading]:
    """Yield the age of the oldest event that some handler has not received, and the deliveries."""
    waiting = EventDelivery.objects.filter(done_at=None, given_up_at=None)
    given_up = EventDelivery.objects.filter(given_up_at__isnull=False)
    for state, rows in (("waiting", waiting), ("given_up", given_up)):
        yield Reading(
            "shop_event_deliveries",
            f"Deliveries of events that are not done, at most {_MOST}.",
            rows[:_MOST].count(),
            (("state", state),),
        )
    unread = Event.objects.filter(position=None)
    yield Reading(
        "shop_event_oldest_age_seconds",
        "Age of the oldest event that a handler has not received yet; 0 if there is none.",
        max(age_of_first(unread, "created_at"), age_of_first(waiting, "event__created_at")),
    )


def _connections() -> Iterator[Reading]:
    name, text = "shop_database_connections", "Connections to the shop's database, by state."
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT coalesce(state, 'other'), count(*) FROM pg_stat_activity "
            "WHERE datname = current_database() GROUP BY 1"
        )
        for state, number in cursor.fetchall():
            yield Reading(name, text, number, (("state", state),))
        cursor.execute("SELECT current_setting('max_connections')::int")
        most = cursor.fetchone()[0]
    name = "shop_database_max_connections"
    yield Reading(name, "The number of connections that the server allows.", most)
