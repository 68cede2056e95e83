"""The endpoints of webhooks and the feed of events, as staff and other systems use them."""

import json
from datetime import timedelta

import pytest
from django.core.management import call_command
from django.db import connection, transaction
from django.db.models import F
from django.test import Client

from accounts.factories import staff_with
from orders.factories import place_order
from shop.core import deliveries, events
from shop.core.metrics import readings
from shop.core.models import Event
from shop.integrations.models import WebhookDelivery, WebhookEndpoint
from shop.integrations.tests.conftest import record, run_due_tasks
from shop.testing.budget import query_budget
from shop.testing.fixtures import Caller
from shop.testing.receiver import Reply

pytestmark = pytest.mark.django_db
ENDPOINTS, DELIVERIES, FEED = "/api/webhook-endpoints/", "/api/webhook-deliveries/", "/api/events/"
HOOK = "https://erp.example.com/hooks"


def test_the_secret_is_shown_once(amy):
    answer = amy.post(ENDPOINTS, {"url": HOOK}, headers={"Idempotency-Key": "first"})
    body = answer.json()
    assert (answer.status_code, answer["Location"]) == (201, f"{ENDPOINTS}{body['id']}/")
    assert body["secret"].startswith("whsec_")
    repeated = amy.post(ENDPOINTS, {"url": HOOK}, headers={"Idempotency-Key": "first"})
    assert repeated.json() == body | {"secret": None}
    assert WebhookEndpoint.objects.count() == 1
    shown = {name: value for name, value in body.items() if name != "secret"}
    assert amy.get(f"{ENDPOINTS}{body['id']}/").json() == shown
    assert amy.get(ENDPOINTS).json()["webhook_endpoints"] == [shown]
    path = f"{ENDPOINTS}{body['id']}/rotate-secret/"
    rotated = amy.post(path, headers={"Idempotency-Key": "second"}).json()
    assert amy.post(path, headers={"Idempotency-Key": "second"}).json()["secret"] is None
    assert rotated["secret"] != body["secret"]
    assert rotated["former_secret_until"] is not None


@pytest.mark.parametrize(
    ("body", "field", "sentence"),
    [
        ({"url": "http://169.254.169.254/"}, "url", "The host has an address that is not public."),
        ({"url": "ftp://example.com/"}, "url", "The URL must begin with http:// or https://."),
        (
            {"url": "https://ada:secret@example.com/"},
            *("url", "The URL must not contain a user name or a password."),
        ),
        ({"url": HOOK, "kinds": ["order paid"]}, "kinds", "order paid is not a kind of events"),
        ({"url": HOOK, "secret": "whsec_own"}, "secret", "Unknown member"),
        ({}, "url", "required"),
    ],
)
def test_an_endpoint_that_is_not_valid_is_refused(amy, body, field, sentence):
    answer = amy.post(ENDPOINTS, body)
    assert answer.status_code == 400
    (error,) = answer.json()["errors"]
    assert error["field"] == field
    assert sentence in error["detail"]
    assert not WebhookEndpoint.objects.exists()


def test_staff_change_and_delete_an_endpoint(amy, created):
    path = f"{ENDPOINTS}{created['id']}/"
    changed = amy.patch(
        path, {"description": "", "kinds": ["order.paid", "order.paid"], "is_enabled": False}
    ).json()
    assert (changed["description"], changed["kinds"], changed["is_enabled"]) == (
        *("", ["order.paid"]),
        False,
    )
    before = WebhookEndpoint.objects.values().get()
    assert amy.patch(path, {"url": "https://[fd00::1]/"}).status_code == 400
    assert WebhookEndpoint.objects.values().get() == before
    record()
    assert amy.delete(path).status_code == 204
    assert amy.delete(path).json()["code"] == "webhook_endpoint_not_found"
    assert amy.get(path).status_code == amy.patch(path, {}).status_code == 404
    assert not WebhookDelivery.objects.exists()


def test_the_log_of_deliveries(amy, created, receiver):
    receiver.replies.append(Reply(500, body=b"maintenance"))
    event = record()
    run_due_tasks()
    (delivery,) = amy.get(DELIVERIES).json()["webhook_deliveries"]
    assert delivery["duration_ms"] >= 0
    assert {**delivery, "duration_ms": 0, "next_attempt_at": "", "created_at": ""} | {
        "last_attempt_at": ""
    } == {
        "id": delivery["id"],
        "endpoint_id": created["id"],
        "event_id": event.pk,
        "type": "order.paid",
        "status": "waiting",
        "attempts": 1,
        "created_at": "",
        "last_attempt_at": "",
        "next_attempt_at": "",
        "ended_at": None,
        "response_status": 500,
        "response_excerpt": "maintenance",
        "duration_ms": 0,
        "last_error": "The endpoint responded with 500.",
    }
    assert amy.get(f"{DELIVERIES}{delivery['id']}/").json() == delivery
    for query, count in (
        ({"status": "waiting"}, 1),
        ({"status": ["failed", "succeeded"]}, 0),
        ({"endpoint_id": created["id"]}, 1),
        ({"endpoint_id": created["id"] + 1}, 0),
    ):
        assert amy.get(DELIVERIES, query).json()["count"] == count
    assert amy.get(DELIVERIES, {"status": "sent"}).status_code == 400


def test_staff_send_a_delivery_again(amy, created, receiver):
    record()
    run_due_tasks()
    delivery = WebhookDelivery.objects.get()
    path = f"{DELIVERIES}{delivery.pk}/redeliver/"
    first = amy.post(path, headers={"Idempotency-Key": "again"})
    assert (first.status_code, first.json()["status"]) == (200, "waiting")
    assert amy.post(path, headers={"Idempotency-Key": "again"}).content == first.content
    assert amy.post(path).json()["code"] == "webhook_delivery_waiting"
    run_due_tasks()
    one, two = receiver.requests
    assert one.headers["webhook-id"] == two.headers["webhook-id"]
    assert one.body == two.body
    amy.patch(f"{ENDPOINTS}{created['id']}/", {"is_enabled": False})
    before = WebhookDelivery.objects.values().get()
    assert amy.post(path).json()["code"] == "webhook_endpoint_disabled"
    assert WebhookDelivery.objects.values().get() == before
    assert amy.post(f"{DELIVERIES}{delivery.pk + 1}/redeliver/").status_code == 404


def test_old_deliveries_are_deleted(created, receiver, capsys):
    record()
    run_due_tasks()
    call_command("cleanup", "--keep-files")
    assert WebhookDelivery.objects.count() == 1
    WebhookDelivery.objects.update(ended_at=F("ended_at") - timedelta(days=30))
    call_command("cleanup", "--keep-files")
    assert WebhookDelivery.objects.count() == 0
    assert "1 webhook deliveries deleted" in capsys.readouterr().out


def test_the_metrics_tell_what_waits(settings, created, receiver):
    receiver.usual = Reply(410)
    record()
    record(object_id=2)
    run_due_tasks()
    settings.METRICS_TOKEN = "0123456789-of-the-monitoring"
    readings.forget()
    headers = {"Authorization": f"Bearer {settings.METRICS_TOKEN}"}
    text = Client().get("/metrics", headers=headers).content.decode()
    assert "shop_webhooks_waiting 1" in text
    assert "shop_webhook_endpoints_deactivated 1" in text


# -- the feed ------------------------------------------------------------------------------------


def read_all(client, limit):
    """Read the feed to its end, as other systems do."""
    found, after, has_more = [], 0, True
    while has_more:
        page = client.get(FEED, {"after": after, "limit": limit}).json()
        assert len(page["events"]) <= limit
        found += page["events"]
        after, has_more = page["next"], page["has_more"]
    return found, after


def test_the_feed_has_the_bodies_of_the_webhooks(amy, ada, tea, created, receiver):
    order = place_order(ada.user, tea)
    record("order.paid", order.pk, amount="4.50")
    record("order.paid", order.pk + 1)
    run_due_tasks()
    found, after = read_all(amy, limit=2)
    assert found == [json.loads(request.body) for request in receiver.requests]
    kinds = [(event["type"], event["data"]["sequence"]) for event in found]
    assert kinds == [("order.placed", 1), ("order.paid", 2), ("order.paid", 1)]
    assert amy.get(FEED, {"after": after}).json() == {
        "events": [],
        "next": after,
        "has_more": False,
    }


def test_internal_events_are_left_out_and_passed_over(amy):
    for number in range(1, 5):
        record("user.registered", number, object_type="order", is_internal=True)
        record("order.paid", number)
    record("user.registered", 9, object_type="order", is_internal=True)
    found, after = read_all(amy, limit=3)
    assert [event["data"]["object_id"] for event in found] == [1, 2, 3, 4]
    assert [event["data"]["sequence"] for event in found] == [1, 1, 1, 1]
    assert after == 9 == Event.objects.order_by("-position")[0].position


def test_an_event_that_is_committed_late_is_not_missed(amy):
    with transaction.atomic():
        for number in (1, 2):
            events.record("order.paid", object_type="order", object_id=number, data={})
    early, late = Event.objects.order_by("pk")
    with connection.cursor() as cursor:  # the second one is read before the first one is committed
        cursor.execute("UPDATE core_event SET position = 1 WHERE id = %s", [late.pk])
    page = amy.get(FEED).json()
    assert [event["data"]["object_id"] for event in page["events"]] == [2]
    deliveries.dispatch()
    page = amy.get(FEED, {"after": page["next"]}).json()
    assert [event["data"]["event_id"] for event in page["events"]] == [early.pk]


def test_a_position_of_a_database_that_was_replaced_is_refused(amy):
    assert amy.get(FEED, {"after": 0}).json() == {"events": [], "next": 0, "has_more": False}
    record()
    answer = amy.get(FEED, {"after": 2})
    assert (answer.status_code, answer.json()["code"]) == (409, "position_unknown")
    assert answer.json()["last"] == 1


@pytest.mark.parametrize(
    "query", [{"after": -1}, {"after": "x"}, {"after": "9" * 19}, {"limit": 0}, {"limit": 501}]
)
def test_a_wrong_position_or_limit_is_refused(amy, query):
    assert amy.get(FEED, query).status_code == 400


def test_the_number_of_statements_of_the_feed_is_constant(amy):
    for number in range(5):
        record(object_id=number % 2)
    reader = Caller(staff_with("core.view_event"))
    with query_budget(5):
        assert len(reader.get(FEED).json()["events"]) == 5
