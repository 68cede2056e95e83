"""Webhooks to a real server, which also fails, delays, redirects and drops connections."""

import json
import socket
from base64 import b64decode
from dataclasses import replace
from datetime import timedelta
from math import ceil

import pytest
from django.db.models import F
from django.utils import timezone
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

from orders.factories import place_order
from shop.core import tasks
from shop.core.models import Event
from shop.integrations import sending, services
from shop.integrations.models import WebhookDelivery, WebhookEndpoint
from shop.integrations.signing import signature_of
from shop.integrations.tests.conftest import record, run_due_tasks
from shop.testing.marks import on_one_database
from shop.testing.receiver import DROP, Reply, receiving

pytestmark = pytest.mark.django_db


def pass_time(span=timedelta(hours=7)):
    """Let time pass for deliveries and endpoints, but not for their end."""
    WebhookDelivery.objects.update(next_attempt_at=F("next_attempt_at") - span)
    WebhookEndpoint.objects.update(
        paused_until=F("paused_until") - span, enqueued_until=F("enqueued_until") - span
    )


def seconds_until(time):
    return (time - timezone.now()).total_seconds()


def test_a_purchase_is_sent_once_and_signed(ada, tea, created, receiver):
    order = place_order(ada.user, tea, quantity=2)
    record("order.paid", order.pk, amount="9.00")
    run_due_tasks()
    run_due_tasks()
    placed, paid = receiver.requests
    assert (placed.method, placed.path) == ("POST", "/hooks")
    assert placed.headers["content-type"] == "application/json"
    event = Event.objects.get(kind="order.paid")
    assert paid.headers["webhook-id"] == f"event_{event.pk}"
    assert json.loads(paid.body) == {
        "type": "order.paid",
        "timestamp": event.created_at.strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
        "data": {
            "amount": "9.00",
            "event_id": event.pk,
            "position": event.position,
            "object_type": "order",
            "object_id": order.pk,
            "sequence": 2,
        },
    }
    assert json.loads(placed.body)["data"]["sequence"] == 1
    for request in receiver.requests:
        assert Webhook(created["secret"]).verify(request.body, request.headers)
    with pytest.raises(WebhookVerificationError):
        Webhook(created["secret"]).verify(paid.body + b" ", paid.headers)
    for delivery in WebhookDelivery.objects.all():
        assert (delivery.status, delivery.attempts, delivery.response_status) == (
            *("succeeded", 1),
            204,
        )
        assert delivery.ended_at is not None
    assert ada.user.email not in str([request.body for request in receiver.requests])


@on_one_database
def test_the_signature_of_the_example_that_the_libraries_of_the_specification_test():
    key = b64decode("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
    signature = signature_of(
        key, "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, b'{"test": 2432232314}'
    )
    assert signature == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


SLOW = Reply(200, body=b"x", pause=3)
FAILURES = [
    (
        Reply(500, body=b"out \x00of order"),
        500,
        "out �of order",
        "The endpoint responded with 500.",
    ),
    (Reply(404), 404, "", "The endpoint responded with 404."),
    (DROP, None, "", "The connection failed: RemoteDisconnected."),
    (SLOW, None, "", "There was no complete response in time."),
    (Reply(302, {"Location": "/"}), 302, "", "302: redirections are not followed."),
    (
        Reply(307, {"Location": "http://169.254.169.254/"}),
        *(307, "", "307: redirections are not followed."),
    ),
]


@pytest.mark.parametrize(("reply", "status", "excerpt", "error"), FAILURES)
def test_a_webhook_that_is_not_accepted_is_sent_later(
    monkeypatch, created, receiver, reply, status, excerpt, error
):
    usual = sending.LIMITS
    seconds = 1 if reply == SLOW else usual.seconds
    monkeypatch.setattr(sending, "LIMITS", replace(usual, seconds=seconds))
    event = record()
    receiver.replies.append(reply)
    run_due_tasks()
    monkeypatch.setattr(sending, "LIMITS", usual)
    delivery, endpoint = WebhookDelivery.objects.get(), WebhookEndpoint.objects.get()
    assert (delivery.status, delivery.attempts, delivery.ended_at) == ("waiting", 1, None)
    assert (delivery.response_status, delivery.response_excerpt) == (status, excerpt)
    assert delivery.last_error == error
    assert delivery.duration_ms is not None
    assert 5 < seconds_until(delivery.next_attempt_at) <= 10
    assert (endpoint.failures_in_a_row, endpoint.is_enabled) == (1, True)
    run_due_tasks()
    assert len(receiver.requests) == 1
    pass_time()
    run_due_tasks()
    first, second = receiver.requests
    assert second.headers["webhook-id"] == first.headers["webhook-id"] == f"event_{event.pk}"
    assert second.body == first.body
    assert Webhook(created["secret"]).verify(second.body, second.headers)
    delivery.refresh_from_db()
    endpoint.refresh_from_db()
    assert (delivery.status, delivery.attempts, delivery.last_error) == ("succeeded", 2, "")
    assert (endpoint.failures_in_a_row, endpoint.failing_since, endpoint.paused_until) == (
        *(0, None),
        None,
    )


def test_the_delays_grow_for_three_days(created, receiver):
    receiver.usual = Reply(503)
    record()
    delays, pauses = [], []
    for _ in range(14):
        run_due_tasks()
        delivery, endpoint = WebhookDelivery.objects.get(), WebhookEndpoint.objects.get()
        delays.append(5 * ceil(seconds_until(delivery.next_attempt_at) / 5))
        pauses.append(5 * ceil(seconds_until(endpoint.paused_until) / 5))
        pass_time()
    assert delays == [10, 20, 40, 80, 160, 320, 640, 1280, 2560, 5120, 10240, 20480, 21600, 21600]
    assert pauses == [5, 10, 20, 40, 80, 160, 320, 640, *[900] * 6]
    assert timedelta(days=2.9) < delivery.valid_until - delivery.created_at < timedelta(days=3.1)
    WebhookDelivery.objects.update(valid_until=timezone.now() - timedelta(seconds=1))
    run_due_tasks()
    delivery.refresh_from_db()
    assert (delivery.status, delivery.last_error) == ("failed", "The endpoint responded with 503.")
    assert len(receiver.requests) == delivery.attempts == 14


def test_an_endpoint_that_is_busy_is_left_alone_for_as_long_as_it_asks(created, receiver):
    receiver.replies.append(Reply(429, {"Retry-After": "120"}))
    record()
    record(object_id=2)
    run_due_tasks()
    assert len(receiver.requests) == 1
    endpoint = WebhookEndpoint.objects.get()
    assert 110 < seconds_until(endpoint.paused_until) <= 120
    receiver.replies.append(Reply(503, {"Retry-After": "9" * 8}))
    pass_time(timedelta(seconds=121))
    run_due_tasks()
    assert len(receiver.requests) == 2
    endpoint.refresh_from_db()
    assert 3590 < seconds_until(endpoint.paused_until) <= 3600


def test_an_endpoint_that_is_down_gets_one_request_at_a_time(created, receiver):
    receiver.usual = Reply(500)
    for number in range(3):
        record(object_id=number)
    run_due_tasks()
    assert len(receiver.requests) == 1
    pass_time(timedelta(seconds=6))
    run_due_tasks()
    assert len(receiver.requests) == 2
    receiver.usual = Reply()
    pass_time()
    run_due_tasks()
    assert len(receiver.requests) == 5
    assert set(WebhookDelivery.objects.values_list("status", flat=True)) == {"succeeded"}


def test_gone_deactivates_the_endpoint_at_once(created, receiver):
    receiver.replies.append(Reply(410, body=b"bye"))
    record()
    record(object_id=2)
    run_due_tasks()
    pass_time()
    run_due_tasks()
    assert len(receiver.requests) == 1
    endpoint = WebhookEndpoint.objects.get()
    assert (endpoint.is_enabled, endpoint.deactivation) == (False, "gone")
    assert endpoint.deactivated_at is not None
    first, second = WebhookDelivery.objects.order_by("pk")
    assert (first.status, first.response_status) == ("failed", 410)
    assert (second.status, second.attempts) == ("waiting", 0)
    event = Event.objects.get(kind="webhook_endpoint.deactivated")
    assert (event.object_id, event.data) == (endpoint.pk, {"reason": "gone"})


def test_lasting_failure_deactivates_the_endpoint(created, receiver, caplog):
    receiver.usual = Reply(500)
    record()
    run_due_tasks()
    WebhookEndpoint.objects.update(failing_since=timezone.now() - timedelta(days=2, hours=23))
    pass_time()
    run_due_tasks()
    assert WebhookEndpoint.objects.get().is_enabled
    WebhookEndpoint.objects.update(failing_since=timezone.now() - timedelta(days=3, seconds=1))
    pass_time()
    run_due_tasks()
    endpoint = WebhookEndpoint.objects.get()
    assert (endpoint.is_enabled, endpoint.deactivation) == (False, "failing")
    assert f"webhook endpoint {endpoint.pk} was deactivated: it has failed for days" in caplog.text
    assert Event.objects.get(kind="webhook_endpoint.deactivated").data == {"reason": "failing"}
    sending.deactivate(endpoint.pk, sending.Deactivation.GONE)
    assert Event.objects.filter(kind="webhook_endpoint.deactivated").count() == 1


def test_an_endpoint_gets_what_it_subscribed_to_since_it_exists(receiver, created):
    services.update_endpoint(endpoint_id=created["id"], kinds=["order.refunded", "order.paid"])
    record("order.paid", 1)
    record("order.cancelled", 2)
    record("user.registered", 3, object_type="user", is_internal=True)
    record("order.refunded", 4)
    later = services.create_endpoint(url=f"{receiver.url}/later")
    record("order.cancelled", 5)
    run_due_tasks()
    sent = [(r.path, json.loads(r.body)["data"]["object_id"]) for r in receiver.requests]
    assert sent == [("/hooks", 1), ("/hooks", 4), ("/later", 5)]
    services.update_endpoint(endpoint_id=later.pk, is_enabled=False)
    record("order.cancelled", 6)
    run_due_tasks()
    services.update_endpoint(endpoint_id=later.pk, is_enabled=True)
    record("order.cancelled", 7)
    run_due_tasks()
    assert [json.loads(r.body)["data"]["object_id"] for r in receiver.requests[3:]] == [7]


def test_both_secrets_are_valid_while_they_are_rotated(amy, created, receiver):
    path = f"/api/webhook-endpoints/{created['id']}/rotate-secret/"
    rotated = amy.post(path).json()
    assert rotated["secret"] not in (None, created["secret"])
    record()
    run_due_tasks()
    WebhookEndpoint.objects.update(former_secret_until=timezone.now() - timedelta(seconds=1))
    record()
    run_due_tasks()
    both, one = receiver.requests
    for secret in (created["secret"], rotated["secret"]):
        assert Webhook(secret).verify(both.body, both.headers)
    assert Webhook(rotated["secret"]).verify(one.body, one.headers)
    with pytest.raises(WebhookVerificationError):
        Webhook(created["secret"]).verify(one.body, one.headers)


def test_secrets_survive_a_new_secret_key_with_its_fallback(settings, created, receiver):
    former = settings.SECRET_KEY
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = "another-" * 8, [former]
    record()
    run_due_tasks()
    (sent,) = receiver.requests
    assert Webhook(created["secret"]).verify(sent.body, sent.headers)
    settings.SECRET_KEY_FALLBACKS = []
    record()
    run_due_tasks()
    assert len(receiver.requests) == 1
    lost = WebhookDelivery.objects.get(status="waiting")
    assert lost.last_error.endswith("the secret is lost. Rotate the secret.")


def test_the_database_does_not_contain_the_secret(created):
    stored = str(list(WebhookEndpoint.objects.values_list()))
    assert created["secret"].removeprefix("whsec_") not in stored


def test_a_resolver_that_leads_to_a_private_address_later(monkeypatch, created, receiver):
    """The host had a public address when the endpoint was created."""
    WebhookEndpoint.objects.update(url="http://shop.example/hooks")
    real = socket.getaddrinfo

    def resolve(host, *rest, **names):
        return real("127.0.0.2" if host == "shop.example" else host, *rest, **names)

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    record()
    run_due_tasks()
    assert WebhookDelivery.objects.get().last_error == "The host has an address that is not public."
    assert receiver.requests == []


def test_a_redirection_to_a_private_server_does_not_reach_it(created, receiver):
    with receiving("127.0.0.2") as inner:
        receiver.usual = Reply(308, {"Location": inner.url})
        record()
        run_due_tasks()
        assert (len(receiver.requests), inner.requests) == (1, [])


def test_a_worker_that_stops_sends_no_further_webhook(created, receiver):
    class AfterTheFirst:
        def is_set(self):
            return bool(receiver.requests)

    record("order.paid", 1)
    record("order.paid", 2)
    tasks.enqueue_due()
    assert tasks.run_tasks("test", AfterTheFirst()) == 1
    assert len(receiver.requests) == 1
    run_due_tasks()
    assert len(receiver.requests) == 2
