"""``/metrics``: who may read it, what it counts, also with several workers, and the readings."""

import os
import re
import signal
import time
from datetime import timedelta
from pathlib import Path
from secrets import token_urlsafe
from threading import Event as Flag

import pytest
from django.db import connection, transaction
from django.db.models import F
from django.test import Client
from django.utils import timezone

from payments.factories import pay
from payments.models import Payment
from shop.core import deliveries, events, jobs
from shop.core.metrics import readings, recorder
from shop.core.models import Event, EventDelivery, Worker
from shop.testing.serving import faulty_server, place_order
from shop.tests.test_problems import assert_problem

TOKEN = token_urlsafe(24)


@pytest.fixture
def on(settings):
    settings.METRICS_TOKEN = TOKEN
    readings.forget()
    recorder.start()
    yield
    recorder.stop()
    readings.forget()


def parse(text):
    """Return the samples by name and labels."""
    lines = [line for line in text.splitlines() if line and not line.startswith("#")]
    return {name: float(value) for name, _, value in (line.rpartition(" ") for line in lines)}


def scrape():
    answer = Client().get("/metrics", headers={"Authorization": f"Bearer {TOKEN}"})
    assert answer.status_code == 200
    return parse(answer.content.decode())


def test_without_a_token_in_the_settings_there_are_no_metrics(db, anyone):
    assert_problem(anyone.get("/metrics"), 404, "not_found")
    assert_problem(anyone.get("/metrics", headers={"Authorization": "Bearer "}), 404, "not_found")


@pytest.mark.parametrize(
    "given", [None, "", "Bearer", "Bearer ", "Bearer {token}x", "Basic {token}", "Bearer ä"]
)
def test_metrics_need_the_token(on, db, anyone, given):
    headers = {} if given is None else {"Authorization": given.format(token=TOKEN)}
    answer = anyone.get("/metrics", headers=headers)
    assert_problem(answer, 401, "not_authenticated")
    assert b"shop_" not in answer.content


def test_a_scraper_needs_no_host_name_and_no_https(on, db, settings):
    settings.SECURE_SSL_REDIRECT = True
    headers = {"Authorization": f"Bearer {TOKEN}", "Host": "10.1.2.3:8000"}
    answer = Client().get("/metrics", headers=headers)
    assert (answer.status_code, answer["Cache-Control"]) == (200, "no-store")
    assert answer["Content-Type"].startswith("text/plain; version=")


def test_requests_are_counted_by_route_and_not_by_path(on, ada, tea, anyone):
    for _ in range(2):
        anyone.get(f"/api/products/{tea.pk}/")
    anyone.get("/api/products/999999/")
    anyone.get("/api/nothing-of-the-shop/")
    anyone.generic("SPAM", "/api/products/")
    ada.get("/api/cart/")
    found = scrape()
    route = "/api/products/<pk>/"
    name = "shop_http_requests_total"
    assert found[f'{name}{{method="GET",route="{route}",status="200"}}'] == 2
    assert found[f'{name}{{method="GET",route="{route}",status="404"}}'] == 1
    assert found[f'{name}{{method="GET",route="unknown",status="404"}}'] == 1
    assert found[f'{name}{{method="other",route="/api/products/",status="405"}}'] == 1
    duration = "shop_http_request_duration_seconds"
    assert found[f'{duration}_count{{method="GET",route="{route}"}}'] == 3
    assert found['shop_response_cache_total{result="miss"}'] == 2
    assert found['shop_response_cache_total{result="view"}'] == 1
    assert not [name for name in found if "nothing" in name or "SPAM" in name]


def test_the_readings_tell_what_is_stuck(on, ada, tea):
    stuck = pay(place_order(ada.user, tea), token="demo_timeout")
    Payment.objects.filter(pk=stuck.pk).update(created_at=F("created_at") - timedelta(hours=2))
    transfer = pay(place_order(ada.user, tea), method="bank_transfer")
    Payment.objects.filter(pk=transfer.pk).update(created_at=F("created_at") - timedelta(days=2))
    pay(place_order(ada.user, tea))
    found = scrape()
    assert 7200 <= found["shop_payment_oldest_stuck_age_seconds"] < 7260
    assert found["shop_refund_oldest_pending_age_seconds"] == 0
    assert found['shop_orders{status="pending"}'] == 2
    assert found['shop_orders{status="paid"}'] == 1
    assert found['shop_payments{status="pending"}'] == 2
    assert found['shop_payments{status="succeeded"}'] == 1
    assert found["shop_database_up"] == 1
    if connection.vendor == "postgresql":
        assert found['shop_database_connections{state="active"}'] >= 1


@pytest.mark.django_db(transaction=True)
def test_the_readings_tell_which_events_wait(on, monkeypatch):
    monkeypatch.setattr(events, "_registered", {})
    events.register("order.paid", lambda _: 1 / 0, name="broken")
    deliveries.dispatch()
    assert scrape()["shop_event_oldest_age_seconds"] == 0

    def record(ago):
        with transaction.atomic():
            events.record("order.paid", object_type="order", object_id=7, data={})
        pk = Event.objects.latest("pk").pk
        with connection.cursor() as cursor:
            at = timezone.now() - ago
            cursor.execute("UPDATE core_event SET created_at = %s WHERE id = %s", [at, pk])

    record(timedelta(hours=1))
    readings.forget()
    assert 3600 <= scrape()["shop_event_oldest_age_seconds"] < 3660
    deliveries.dispatch()
    deliveries.deliver_next()
    record(timedelta(minutes=1))
    readings.forget()
    found = scrape()
    assert 3600 <= found["shop_event_oldest_age_seconds"] < 3660
    assert found['shop_event_deliveries{state="waiting"}'] == 1
    EventDelivery.objects.update(given_up_at=timezone.now())
    readings.forget()
    found = scrape()
    assert 60 <= found["shop_event_oldest_age_seconds"] < 120
    assert found['shop_event_deliveries{state="given_up"}'] == 1


def test_the_readings_tell_about_jobs_and_workers(on, db):
    for work in (lambda: "done", lambda: 1 / 0):
        jobs.run(jobs.Job("tidy", work, timedelta(minutes=1)), worker="host:1", stop=None)
    jobs.run(jobs.Job("idle", lambda: "", timedelta(0)), worker="host:1", stop=Flag())
    jobs.beat("host:1")
    jobs.beat("host:2")
    Worker.objects.filter(name="host:2").update(seen_at=F("seen_at") - timedelta(hours=1))
    found = scrape()
    assert found['shop_job_runs_total{job="tidy"}'] == 2
    assert found['shop_job_failures_total{job="tidy"}'] == 1
    assert found['shop_job_failures_in_a_row{job="tidy"}'] == 1
    assert found['shop_job_failures_in_a_row{job="idle"}'] == 0
    last = found['shop_job_last_success_timestamp_seconds{job="tidy"}']
    assert abs(last - time.time()) < 60
    assert found['shop_job_last_duration_seconds{job="tidy"}'] < 60
    assert found["shop_workers"] == 1
    assert found["shop_worker_heartbeat_age_seconds"] < 60


def test_readings_are_kept_for_some_seconds(on, ada, tea):
    assert scrape()['shop_orders{status="pending"}'] == 0
    place_order(ada.user, tea)
    assert scrape()['shop_orders{status="pending"}'] == 0
    readings.forget()
    assert scrape()['shop_orders{status="pending"}'] == 1


@pytest.mark.django_db(transaction=True)
def test_counters_of_several_workers_are_added_and_never_decrease(tmp_path, ada, tea):
    """Also when workers are killed and replaced, and when all are replaced at SIGHUP."""
    with faulty_server(tmp_path, METRICS_TOKEN=TOKEN, WEB_CONCURRENCY="2") as server:

        def scrape_server():
            answer = server.send("GET", "/metrics", token=TOKEN)
            assert answer.status == 200
            return parse(answer.body.decode())

        def shop(times):
            for _ in range(times):
                assert server.send("GET", "/api/products/").status == 200
                assert server.send("GET", "/api/cart/", token=ada.pair.token).status == 200

        def counted(found, route):
            return found[f'shop_http_requests_total{{method="GET",route="{route}",status="200"}}']

        shop(20)
        before = scrape_server()
        assert counted(before, "/api/products/") == counted(before, "/api/cart/") == 20
        assert before['shop_database_statements_total{route="/api/cart/"}'] >= 40
        assert before['shop_database_seconds_total{route="/api/cart/"}'] > 0
        cached = [
            value for name, value in before.items() if name.startswith("shop_response_cache_total")
        ]
        assert sum(cached) == 20
        for round_ in range(1, 4):
            victim = server.shop.workers()[0]
            os.kill(victim, signal.SIGKILL)
            deadline = time.monotonic() + 60
            while victim in server.shop.workers() or len(server.shop.workers()) < 2:
                assert time.monotonic() < deadline
                time.sleep(0.05)
            server.send_until_answered("GET", "/healthz", None, token="", key="")
            shop(10)
            after = scrape_server()
            totals = {name for name in before if re.search(r"_(total|count|sum|bucket)\b", name)}
            assert [name for name in totals if after[name] < before[name]] == []
            assert counted(after, "/api/cart/") == 20 + 10 * round_
            before = after
        old = server.shop.workers()
        server.shop.process.send_signal(signal.SIGHUP)
        deadline = time.monotonic() + 60
        while not set(old).isdisjoint(server.shop.workers()):
            assert time.monotonic() < deadline
            time.sleep(0.05)
        server.send_until_answered("GET", "/healthz", None, token="", key="")
        shop(10)
        assert counted(scrape_server(), "/api/cart/") == 60
        folder = _folder(server)
        assert 2 <= len(list(folder.glob("counter_*"))) <= 4
    assert not folder.exists()


def _folder(server):
    """Return the folder of the counters, of which only the processes of the server know."""
    files = [fd.resolve() for fd in Path(f"/proc/{server.shop.workers()[0]}/fd").iterdir()]
    return next(file.parent for file in files if file.name.startswith("slot-"))
