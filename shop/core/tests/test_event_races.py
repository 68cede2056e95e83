"""Events with overlapping transactions and several workers."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Event as Signal
from threading import Lock

import pytest
from django.db import connection, connections, transaction
from django.utils import timezone

from shop.core import deliveries, events
from shop.core.models import Event, EventDelivery
from shop.testing.races import at_once, times

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _no_handlers(monkeypatch):
    monkeypatch.setattr(events, "_registered", {})


def record(object_id):
    events.record("order.paid", object_type="order", object_id=object_id, data={})


def record_many(count):
    with transaction.atomic():
        for number in range(count):
            record(number)


def in_a_thread(pool, call):
    def run():
        try:
            return call()
        finally:
            connections.close_all()

    return pool.submit(run)


def test_an_event_with_a_lower_id_that_commits_later_is_not_skipped():
    is_recorded, may_commit = Signal(), Signal()

    def record_and_wait():
        with transaction.atomic():
            record(1)
            if connection.vendor == "postgresql":  # SQLite allows one writer at a time
                Event.objects.count()  # sends the insert, which takes the lower id
                is_recorded.set()
                assert may_commit.wait(60)
        is_recorded.set()

    with ThreadPoolExecutor(1) as pool:
        first = in_a_thread(pool, record_and_wait)
        assert is_recorded.wait(60)
        with transaction.atomic():
            record(2)
        deliveries.dispatch()
        seen = list(Event.objects.after(0))
        may_commit.set()
        first.result()
    deliveries.dispatch()
    seen += Event.objects.after(seen[-1].position)
    assert sorted(event.object_id for event in seen) == [1, 2]
    if connection.vendor == "postgresql":
        assert [event.object_id for event in seen] == [2, 1]
        assert seen[0].pk > seen[1].pk


def test_a_reader_sees_every_event_once_while_others_write_and_dispatch():
    writers, each = 4, 15
    seen = []

    def write():
        for number in range(each):
            with transaction.atomic():
                record(number)
                record(number + each)

    def read():
        while len(seen) < writers * each * 2:
            deliveries.dispatch()
            last = seen[-1].position if seen else 0
            seen.extend(Event.objects.after(last))

    at_once(*[write] * writers, read, lambda: [deliveries.dispatch() for _ in range(30)] and None)
    assert len({event.pk for event in seen}) == len(seen) == writers * each * 2
    assert [event.position for event in seen] == list(range(1, len(seen) + 1))


def test_several_workers_share_the_deliveries():
    received, guard = [], Lock()

    def handle(event):
        with guard:
            received.append(event.pk)

    events.register("order.paid", handle, name="a")
    record_many(40)

    def work():
        while deliveries.dispatch():
            pass
        while deliveries.deliver_next():
            pass

    times(4, work)
    while deliveries.deliver_next():  # deliveries that another worker created later
        pass
    assert sorted(received) == sorted(Event.objects.values_list("pk", flat=True))
    assert EventDelivery.objects.filter(done_at=None).count() == 0


def test_a_delivery_is_taken_by_one_worker_until_its_lease_ends():
    calls = []
    has_begun, may_end = Signal(), Signal()

    def handle(event):
        calls.append(event.pk)
        if len(calls) == 1:
            has_begun.set()
            assert may_end.wait(60)

    events.register("order.paid", handle, name="a")
    record_many(1)
    deliveries.dispatch()
    with ThreadPoolExecutor(1) as pool:
        first = in_a_thread(pool, deliveries.deliver_next)
        assert has_begun.wait(60)
        assert not deliveries.deliver_next()
        EventDelivery.objects.update(next_attempt_at=timezone.now() - timedelta(seconds=1))
        assert deliveries.deliver_next()
        may_end.set()
        assert first.result()
    delivery = EventDelivery.objects.get()
    assert (len(calls), delivery.attempts, delivery.done_at is None) == (2, 2, False)


def test_dispatchers_create_each_delivery_once():
    events.register("order.paid", print, name="a")
    record_many(30)
    times(4, deliveries.dispatch)
    assert EventDelivery.objects.count() == 30
