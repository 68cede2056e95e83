"""Scheduled jobs: one run at a time, time limits, failures and heartbeats."""

from datetime import timedelta
from threading import Event

import pytest
from django.db import DatabaseError
from django.utils import timezone

from shop.core import jobs
from shop.core.models import ScheduledJob, Worker
from shop.testing.races import at_once

MINUTE = timedelta(minutes=1)


@pytest.fixture(autouse=True)
def _nothing_reported():
    jobs._reported.clear()


def job(work=lambda: "done", name="job"):
    return jobs.Job(name, work, MINUTE)


def run(work, name="job", stop=None):
    return jobs.run(job(work, name), worker="host:1", stop=stop)


def break_down():
    raise ValueError("secret@example.com")


@pytest.mark.django_db(transaction=True)
def test_of_parallel_workers_one_runs_a_job():
    inside, calls = Event(), []

    def work():
        calls.append(1)
        inside.wait(60)
        return "done"

    def attempt(number):
        result = jobs.run(job(work), worker=f"host:{number}", stop=Event())
        if result is None:
            inside.set()
        return result

    results = at_once(*[lambda n=n: attempt(n) for n in range(4)])
    assert sorted(results, key=str) == [None, None, None, True]
    assert len(calls) == 1
    assert ScheduledJob.objects.get().runs == 1


def test_a_job_is_not_run_again_before_it_is_due(db):
    assert run(lambda: "first", stop=Event()) is True
    assert run(lambda: "second", stop=Event()) is None
    ScheduledJob.objects.update(next_run_at=timezone.now() - MINUTE)
    assert run(lambda: "third", stop=Event()) is True
    stored = ScheduledJob.objects.get()
    assert (stored.runs, stored.last_result, stored.claimed_until) == (2, "third", None)


def test_the_job_of_a_worker_that_died_is_run_when_its_claim_ends(db):
    ScheduledJob.objects.create(
        name="job", claimed_by="dead:1", claimed_until=timezone.now() + MINUTE
    )
    assert run(lambda: "done") is None
    ScheduledJob.objects.update(claimed_until=timezone.now() - timedelta(seconds=1))
    assert run(lambda: "done") is True


def test_a_worker_runs_a_job_again_whose_end_it_could_not_store(db, monkeypatch):
    def fail(*args):
        raise DatabaseError("server closed the connection unexpectedly")

    with monkeypatch.context() as patch:
        patch.setattr(jobs, "_finish", fail)
        with pytest.raises(DatabaseError):
            run(lambda: "lost")
    jobs.beat("host:1")
    assert ScheduledJob.objects.get().claimed_until is not None
    assert run(lambda: "again") is True
    stored = ScheduledJob.objects.get()
    assert (stored.runs, stored.last_result, stored.claimed_until) == (2, "again", None)


def test_a_worker_that_ends_leaves_its_jobs_to_others(db):
    soon = timezone.now() + MINUTE
    for name in ("one", "two"):
        ScheduledJob.objects.create(name=name, claimed_by=f"{name}:1", claimed_until=soon)
    jobs.leave("one:1")
    assert ScheduledJob.objects.get(name="one").claimed_until is None
    assert ScheduledJob.objects.get(name="two").claimed_until == soon


def test_a_heartbeat_renews_the_claims_of_its_worker_only(db):
    soon = timezone.now() + timedelta(seconds=5)
    for name in ("one", "two"):
        ScheduledJob.objects.create(name=name, claimed_by=f"{name}:1", claimed_until=soon)
    jobs.beat("one:1")
    assert ScheduledJob.objects.get(name="one").claimed_until > soon
    assert ScheduledJob.objects.get(name="two").claimed_until == soon


def test_a_failure_is_counted_stored_and_logged_with_its_trace_once(db, caplog):
    assert [run(break_down) for _ in range(3)] == [False] * 3
    stored = ScheduledJob.objects.get()
    assert (stored.runs, stored.failures, stored.failures_in_a_row) == (3, 3, 3)
    assert (stored.last_error, stored.succeeded_at) == ("ValueError", None)
    errors = [record for record in caplog.records if record.levelname == "ERROR"]
    assert [bool(record.exc_info) for record in errors] == [True, False, False]
    assert errors[2].getMessage() == "job job: ValueError, 3 in a row"
    assert run(lambda: "done") is True
    stored.refresh_from_db()
    assert (stored.failures, stored.failures_in_a_row, stored.last_error) == (3, 0, "")
    assert stored.succeeded_at is not None
    caplog.clear()
    assert run(break_down) is False
    assert [bool(record.exc_info) for record in caplog.records if record.levelname == "ERROR"] == [
        True
    ]


def test_rows_that_failed_make_a_run_fail(db):
    def work():
        jobs.row_failed("Payment 7", ValueError())
        jobs.row_failed("Payment 8", ValueError())
        return "1 payments settled"

    assert run(work) is False
    stored = ScheduledJob.objects.get()
    assert (stored.last_error, stored.last_result) == ("2 rows failed", "1 payments settled")


@pytest.mark.django_db(transaction=True)
def test_a_job_that_calls_exit_or_loses_the_database_has_failed():
    def leave():
        raise SystemExit(1)

    def lose():
        raise DatabaseError("server closed the\nconnection")

    assert run(leave, "leaves") is False
    assert run(lose, "loses") is False
    found = dict(ScheduledJob.objects.values_list("name", "last_error"))
    assert found == {"leaves": "SystemExit", "loses": "DatabaseError: server closed the connection"}


def test_a_run_ends_when_the_worker_stops_or_the_time_is_over(db):
    stop = Event()
    seen = []

    def work():
        seen.append(jobs.is_time_over())
        stop.set()
        seen.append(jobs.is_time_over())
        return ""

    run(work, stop=stop)
    short = jobs.Job("short", lambda: seen.append(jobs.is_time_over()) or "", timedelta(0))
    jobs.run(short, worker="host:1", stop=Event())
    assert seen == [False, True, True]
    assert not jobs.is_time_over()


def test_a_worker_is_alive_while_its_heartbeats_arrive(db):
    assert not jobs.is_alive("host")
    jobs.beat("host:1")
    jobs.beat("host:1")
    assert jobs.is_alive("host")
    assert not jobs.is_alive("ho")
    Worker.objects.update(seen_at=timezone.now() - 2 * jobs.CLAIM)
    assert not jobs.is_alive("host")
    jobs.beat("host:1")
    jobs.leave("host:1")
    assert not Worker.objects.exists()
