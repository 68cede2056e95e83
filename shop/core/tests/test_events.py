"""Events: records, positions, handlers and deliveries."""

import sys
from datetime import timedelta

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.db import IntegrityError, connection, transaction
from django.db.models import F
from django.test import Client
from django.utils import timezone
from psycopg2.extensions import TRANSACTION_STATUS_IDLE

from shop.core import deliveries, events
from shop.core.models import Event, EventDelivery, EventHandler
from shop.engine import is_fast
from shop.testing.budget import query_budget

DELIVERIES = "/admin/core/eventdelivery/"


@pytest.fixture(autouse=True)
def _no_handlers(monkeypatch):
    monkeypatch.setattr(events, "_registered", {})


def record(kind="order.paid", object_id=1, **data):
    with transaction.atomic():
        events.record(kind, object_type="order", object_id=object_id, data=data)
    return Event.objects.order_by("pk").last()


def dispatch():
    while deliveries.dispatch():
        pass


def deliver():
    count = 0
    while deliveries.deliver_next():
        count += 1
    return count


def make_due():
    EventDelivery.objects.update(next_attempt_at=timezone.now() - timedelta(seconds=1))


def test_an_event_is_recorded_in_the_transaction_of_the_change(db):
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        events.record("order.paid", object_type="order", object_id=1, data={})
        raise ZeroDivisionError
    assert not Event.objects.exists()
    data = {"total": "9.00", "items": 2, "is_first": True, "payment_id": None}
    event = record(object_id=17, **data)
    assert (event.kind, event.object_type, event.object_id) == ("order.paid", "order", 17)
    assert (event.data, event.is_internal, event.position) == (data, False, None)
    assert timezone.now() - event.created_at < timedelta(minutes=1)


@pytest.mark.django_db(transaction=True)
def test_an_event_needs_a_transaction():
    with pytest.raises(RuntimeError, match="in the transaction"):
        events.record("order.paid", object_type="order", object_id=1, data={})


@pytest.mark.parametrize(
    "fact", ["ada@example.com", "12 Main Street", "x" * 41, 1.5, ["a"], {"a": 1}, "é"]
)
def test_an_event_holds_no_free_text(db, fact):
    with pytest.raises(ValueError, match="fact must be"):
        record(fact=fact)


@pytest.mark.parametrize("kind", ["", "paid", "Order.paid", "order.", "order paid"])
def test_a_kind_is_a_dotted_name(db, kind):
    with pytest.raises(ValueError, match="dotted name"):
        record(kind)
    with pytest.raises(ImproperlyConfigured, match="has an invalid kind"):
        events.register(kind, print, name="print")


def test_an_event_costs_one_insert(db):
    record()
    with query_budget(exactly=1), transaction.atomic():
        events.record("order.paid", object_type="order", object_id=1, data={"total": "1.00"})
        connection.cursor().close()


@pytest.mark.skipif(not is_fast(), reason="the plain engine pipelines nothing")
@pytest.mark.django_db(transaction=True)
def test_an_event_costs_no_round_trip():
    record()  # prepares the statement
    with transaction.atomic():
        events.record("order.paid", object_type="order", object_id=1, data={"total": "1.00"})
        assert connection.connection.get_transaction_status() == TRANSACTION_STATUS_IDLE
    assert Event.objects.count() == 2


def test_events_are_append_only(db):
    event = record()
    event.kind = "order.cancelled"
    for change in (
        event.save,
        event.delete,
        Event.objects.filter(pk=event.pk).delete,
        lambda: Event.objects.update(kind="order.cancelled"),
        lambda: Event.objects.bulk_update([event], ["kind"]),
        lambda: Event.objects.update_or_create(pk=event.pk, defaults={"kind": "x.y"}),
    ):
        with pytest.raises(TypeError, match="append-only"), transaction.atomic():
            change()
    assert Event.objects.get().kind == "order.paid"


@pytest.mark.parametrize(
    ("name", "wrong"),
    [
        ("event_kind_not_empty", {"kind": ""}),
        ("event_object_type_not_empty", {"object_type": ""}),
        ("event_position_positive", {"position": 0}),
    ],
)
def test_the_database_refuses_wrong_events(db, name, wrong):
    right = {"kind": "order.paid", "object_type": "order", "object_id": 1, "data": {}}
    with pytest.raises(IntegrityError, match=name), transaction.atomic():
        Event.objects.create(**{**right, **wrong})


def test_a_delivery_is_not_done_and_given_up(db):
    with pytest.raises(IntegrityError, match="eventdelivery_done_or_given_up"):
        EventDelivery.objects.create(
            event=record(), handler="a", done_at=timezone.now(), given_up_at=timezone.now()
        )


def test_names_of_handlers_are_unique(db):
    events.register("order.paid", print, name="print")
    with pytest.raises(ImproperlyConfigured, match="have the name 'print'"):
        events.register("order.cancelled", print, name="print")
    with pytest.raises(ImproperlyConfigured, match="not a valid name"):
        events.register("order.cancelled", print, name="")


def test_each_handler_receives_its_kinds_once_and_in_order(db):
    received = []
    events.register("order.paid", lambda e: received.append(("a", e.pk)), name="a")
    events.register(
        ("order.paid", "order.shipped"), lambda e: received.append(("b", e.pk)), name="b"
    )
    kinds = ("order.paid", "order.shipped", "order.placed", "order.paid")
    paid, shipped, _, again = [record(kind).pk for kind in kinds]
    for _ in range(2):
        dispatch()
        deliver()
    assert [pk for name, pk in received if name == "a"] == [paid, again]
    assert [pk for name, pk in received if name == "b"] == [paid, shipped, again]
    positions = Event.objects.order_by("pk").values_list("position", flat=True)
    assert list(positions) == [1, 2, 3, 4]
    assert EventDelivery.objects.filter(done_at=None).count() == 0


def test_a_backlog_is_dispatched_in_batches(db, monkeypatch):
    monkeypatch.setattr(deliveries, "BATCH", 2)
    received = []
    events.register("order.paid", lambda e: received.append(e.pk), name="a")
    recorded = [record().pk for _ in range(5)]
    dispatch()
    assert deliver() == 5
    assert received == recorded
    assert [e.pk for e in Event.objects.after(3)] == recorded[3:]


def test_a_new_handler_receives_new_events_or_all_events(db):
    record()
    dispatch()
    received = []
    events.register("order.paid", lambda e: received.append("new"), name="new")
    events.register("order.paid", lambda e: received.append("all"), name="all", from_start=True)
    record()
    dispatch()
    deliver()
    assert sorted(received) == ["all", "all", "new"]


def test_deliveries_of_unknown_handlers_are_not_changed(db, monkeypatch):
    events.register("order.paid", print, name="of-another-release")
    event = record()
    dispatch()
    monkeypatch.setattr(events, "_registered", {})
    assert deliver() == 0
    record()
    dispatch()
    assert EventDelivery.objects.get().event == event
    assert EventHandler.objects.get().position == 1  # it continues here if it is registered again


def test_a_failure_is_repeated_and_finally_given_up(db, caplog):
    calls = []

    def fail(event):
        calls.append(event.pk)
        raise KeyError("ada@example.com")

    events.register("order.paid", fail, name="fails")
    record()
    dispatch()
    assert deliver() == 1
    delays = []
    for _ in range(deliveries.MAX_ATTEMPTS - 1):
        delivery = EventDelivery.objects.get()
        delays.append((delivery.next_attempt_at - timezone.now()).total_seconds())
        assert (deliver(), delivery.given_up_at) == (0, None)
        make_due()
        assert deliver() == 1
    assert [round(delay, -1) for delay in delays[:4]] == [10, 20, 40, 80]
    assert delays[-1] <= 3600
    delivery = EventDelivery.objects.get()
    assert len(calls) == delivery.attempts == deliveries.MAX_ATTEMPTS
    assert delivery.given_up_at is not None
    assert delivery.last_error.startswith("KeyError in fail, line ")
    make_due()
    assert deliver() == 0


def test_a_failure_does_not_delay_other_deliveries(db, caplog):
    received = []

    def fail_first(event):
        if event.object_id == 1:
            raise KeyError
        received.append(event.object_id)

    events.register("order.paid", fail_first, name="fails")
    record(object_id=1)
    record(object_id=2)
    dispatch()
    assert deliver() == 2
    assert received == [2]


def test_the_message_of_a_handler_error_is_stored(db, caplog):
    def fail(event):
        raise events.HandlerError("The carrier does not answer.")

    events.register("order.paid", fail, name="fails")
    record()
    dispatch()
    deliver()
    assert EventDelivery.objects.get().last_error == "The carrier does not answer."


def test_a_handler_that_exits_does_not_end_the_thread_of_the_worker(db, caplog):
    """Otherwise the worker would run its jobs and handle no event any more."""
    events.register("order.paid", lambda event: sys.exit("no route"), name="exit")
    record()
    dispatch()
    assert deliver() == 1
    assert EventDelivery.objects.get().last_error.startswith("SystemExit in <lambda>, line ")


def test_an_attempt_that_killed_every_worker_is_given_up(db):
    events.register("order.paid", print, name="a")
    record()
    dispatch()
    EventDelivery.objects.update(attempts=deliveries.MAX_ATTEMPTS)
    assert deliver() == 0
    assert deliveries.give_up_interrupted() == 1
    assert "ended before" in EventDelivery.objects.get().last_error


def test_an_event_that_is_handled_late_stays_done(db):
    """Another worker runs the delivery, because the first one takes too long."""

    def be_slow(event):
        EventDelivery.objects.update(attempts=F("attempts") + 1)

    events.register("order.paid", be_slow, name="slow")
    record()
    dispatch()
    assert deliver() == 1
    assert EventDelivery.objects.get().done_at is not None


def test_a_late_failure_does_not_change_the_next_attempt(db, caplog):
    def fail_late(event):
        EventDelivery.objects.update(attempts=F("attempts") + 1, last_error="")
        raise KeyError

    events.register("order.paid", fail_late, name="slow")
    record()
    dispatch()
    assert deliver() == 1
    assert EventDelivery.objects.get().last_error == ""


def test_done_deliveries_are_deleted_after_30_days_and_events_never(db):
    events.register("order.paid", print, name="a")
    for _ in range(3):
        record()
    dispatch()
    deliver()
    old = timezone.now() - timedelta(days=31)
    EventDelivery.objects.filter(event_id__lt=Event.objects.latest("pk").pk).update(done_at=old)
    assert [deliveries.delete_done_deliveries(1) for _ in range(3)] == [1, 1, 0]
    assert (EventDelivery.objects.count(), Event.objects.count()) == (1, 3)
    dispatch()
    assert deliver() == 0


def test_staff_see_given_up_deliveries_and_retry_them(admin_browser, caplog):
    is_broken = [True]
    received = []

    def handle(event):
        if is_broken[0]:
            raise KeyError
        received.append(event.pk)

    events.register("order.paid", handle, name="mends")
    event = record(total="9.00")
    dispatch()
    deliver()
    waiting = EventDelivery.objects.get()
    chosen = {"action": "try_again", "post": "yes", "_selected_action": [waiting.pk]}
    displayed = admin_browser.post(DELIVERIES, chosen, follow=True).context["messages"]
    assert [str(m) for m in displayed] == [
        f"{waiting}: Only a delivery that was given up can be tried again."
    ]
    EventDelivery.objects.update(given_up_at=timezone.now(), attempts=deliveries.MAX_ATTEMPTS)
    page = admin_browser.get(DELIVERIES, {"state": "given_up"}).content.decode()
    assert "KeyError in handle" in page
    assert admin_browser.get(DELIVERIES, {"state": "done"}).context["cl"].result_count == 0
    assert admin_browser.get(f"{DELIVERIES}{waiting.pk}/change/").status_code == 200
    assert admin_browser.get(f"/admin/core/event/{event.pk}/change/").status_code == 200
    assert admin_browser.get("/admin/core/event/", {"q": "order"}).context["cl"].result_count == 1
    is_broken[0] = False
    displayed = admin_browser.post(DELIVERIES, chosen, follow=True).context["messages"]
    assert [str(m) for m in displayed] == [f"Scheduled again: {waiting}."]
    assert (deliver(), received) == (1, [event.pk])


def test_staff_cannot_change_or_delete_events(admin_browser):
    event = record()
    assert (
        admin_browser.post(f"/admin/core/event/{event.pk}/change/", {"kind": "x.y"}).status_code
        == 403
    )
    assert (
        admin_browser.post(f"/admin/core/event/{event.pk}/delete/", {"post": "yes"}).status_code
        == 403
    )
    assert admin_browser.get("/admin/core/event/add/").status_code == 403
    assert Client().get("/admin/core/event/").status_code == 302
