"""``manage.py worker`` as a process: events, SIGKILL and SIGTERM."""

import signal
import subprocess
import sys
import time
from datetime import timedelta
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.db import transaction
from django.utils import timezone

from shop.core import events
from shop.core.models import Event, EventDelivery, ScheduledJob, Worker
from shop.testing.marks import on_one_database
from shop.testing.server import environment_for
from shop.testing.serving import url_of_the_tests_database

ROOT = Path(__file__).resolve().parents[2]
pytestmark = pytest.mark.django_db(transaction=True)

# An app whose handler writes to a file, or kills its process if the file "kill" exists.
APP = """
import os, signal
from pathlib import Path

from django.apps import AppConfig

HERE = Path(__file__).parent


def handle(event):
    if (HERE / "kill").exists():
        (HERE / "kill").unlink()
        os.kill(os.getpid(), signal.SIGKILL)
    with (HERE / "handled").open("a") as log:
        print(event.kind, event.object_id, event.data["total"], file=log)


class NotesConfig(AppConfig):
    name = "notes_extension"

    def ready(self):
        from shop.core import events

        events.register("example.counted", handle, name="notes")
"""


@pytest.fixture
def notes(tmp_path):
    folder = tmp_path / "notes_extension"
    folder.mkdir()
    (folder / "__init__.py").touch()
    (folder / "apps.py").write_text(APP)
    return folder


def command(notes, *arguments):
    environment = environment_for(
        url_of_the_tests_database(),
        EXTRA_APPS="notes_extension",
        PYTHONPATH=str(notes.parent),
        MEDIA_ROOT=str(notes.parent / "media"),
    )
    return {"args": [sys.executable, "manage.py", *arguments], "cwd": ROOT, "env": environment}


def record(total):
    with transaction.atomic():
        events.record("example.counted", object_type="order", object_id=7, data={"total": total})


def work_once(capsys):
    """Run what is due in this process; return the last line of the output."""
    call_command("worker", "--once")
    return capsys.readouterr().out.splitlines()[-1]


def test_a_delivery_whose_worker_was_killed_is_repeated(notes, monkeypatch, capsys):
    record("4.50")
    (notes / "kill").touch()
    killed = subprocess.run(**command(notes, "worker", "--once"), check=False)
    assert killed.returncode == -signal.SIGKILL
    delivery = EventDelivery.objects.get()
    assert (delivery.attempts, delivery.done_at) == (1, None)
    handled = []
    monkeypatch.setattr(events, "_registered", {})
    events.register("example.counted", lambda event: handled.append(event.data), name="notes")
    assert work_once(capsys) == "0 event handlers run"
    EventDelivery.objects.update(next_attempt_at=timezone.now() - timedelta(seconds=1))
    assert work_once(capsys) == "1 event handlers run"
    assert handled == [{"total": "4.50"}]
    delivery = EventDelivery.objects.get()
    assert (delivery.attempts, delivery.done_at is None) == (2, False)


def test_a_running_worker_handles_events_and_stops_on_sigterm(notes):
    """Handlers do not wait for the interval of the jobs."""
    worker = subprocess.Popen(
        **command(notes, "worker", "--every", "60"), stdout=subprocess.DEVNULL
    )
    try:
        for total in ("1.00", "2.00"):
            record(total)
            _wait_for(notes / "handled", f"example.counted 7 {total}\n")
        worker.send_signal(signal.SIGTERM)
        assert worker.wait(timeout=60) == 0
    finally:
        worker.kill()
        worker.wait()
    assert EventDelivery.objects.filter(done_at__isnull=False).count() == 2


def _wait_for(path, line):
    deadline = time.monotonic() + 60
    while not (path.exists() and path.read_text().endswith(line)):
        assert time.monotonic() < deadline, "the handler was not called"
        time.sleep(0.05)


@on_one_database
def test_an_extension_cannot_use_a_prefix_of_the_shop(notes):
    takes_over = APP.replace(
        'events.register("example.counted", handle, name="notes")',
        "from shop.core import routing; from shop.core.viewsets import ShopViewSet\n"
        '        routing.register("products", ShopViewSet, "mine")',
    )
    assert takes_over != APP
    (notes / "apps.py").write_text(takes_over)
    refused = subprocess.run(
        **command(notes, "serve"), check=False, stderr=subprocess.PIPE, text=True, timeout=60
    )
    assert refused.returncode == 1
    assert "ShopViewSet cannot have the prefix 'products'" in refused.stderr


@pytest.mark.parametrize("seconds", ["0", "-1"])
def test_a_worker_needs_a_second_or_more_between_two_rounds(seconds):
    record("4.50")
    with pytest.raises(CommandError, match="--every must be 1 second or more"):
        call_command("worker", "--once", "--every", seconds)
    assert Event.objects.get().position is None


@on_one_database
def test_a_worker_that_is_stopped_begins_no_other_handler(notes):
    stops = APP.replace(
        "        print(event",
        "        signal.getsignal(signal.SIGTERM)(signal.SIGTERM, None)\n        print(event",
    )
    assert stops != APP
    (notes / "apps.py").write_text(stops)
    for total in ("1.00", "2.00"):
        record(total)
    stopped = subprocess.run(
        **command(notes, "worker"), check=False, stdout=subprocess.DEVNULL, timeout=60
    )
    assert stopped.returncode == 0
    assert (notes / "handled").read_text() == "example.counted 7 1.00\n"
    assert EventDelivery.objects.filter(done_at__isnull=False).count() == 1
    assert EventDelivery.objects.filter(attempts=0).count() == 1


@on_one_database
def test_a_job_that_fails_does_not_stop_the_others(notes):
    breaks = APP.replace(
        'events.register("example.counted", handle, name="notes")',
        "import payments.jobs\n        payments.jobs.gateways = None",
    )
    assert breaks != APP
    (notes / "apps.py").write_text(breaks)
    record("4.50")
    failed = subprocess.run(
        **command(notes, "worker", "--once"), check=False, capture_output=True, text=True
    )
    assert failed.returncode == 1
    assert (
        "CommandError: Failed: expire_orders. The log has the reason." in failed.stderr.splitlines()
    )
    outcomes = dict(ScheduledJob.objects.values_list("name", "last_error"))
    assert outcomes == {
        "settle_payments": "",
        "expire_orders": "AttributeError",
        "rank_products": "",
        "index_products": "",
        "cleanup": "",
        "cleanup_files": "",
        "complete_catalog": "",
        "relate_products": "",
        "update_collections": "",
        "reconcile_payments": "",
    }


def test_the_check_finds_a_running_worker(notes):
    with pytest.raises(CommandError, match="No worker of this host is alive"):
        call_command("worker", "--check")
    worker = subprocess.Popen(**command(notes, "worker"), stdout=subprocess.DEVNULL)
    try:
        deadline = time.monotonic() + 60
        while not Worker.objects.exists():
            assert time.monotonic() < deadline, "there was no heartbeat"
            time.sleep(0.05)
        call_command("worker", "--check")
        worker.send_signal(signal.SIGTERM)
        assert worker.wait(timeout=60) == 0
    finally:
        worker.kill()
        worker.wait()
    assert not Worker.objects.exists()
