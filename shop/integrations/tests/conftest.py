"""Fixtures: a server that receives webhooks, an endpoint for it, and the worker."""

from ipaddress import ip_network
from threading import Event as Flag

import pytest
from django.db import transaction

from shop.core import deliveries, events, tasks
from shop.core.models import Event
from shop.integrations import sending
from shop.testing.receiver import receiving


@pytest.fixture(autouse=True)
def _webhooks(monkeypatch, settings):
    """The worker sends webhooks, and nothing else. One address of this machine is allowed."""
    monkeypatch.setattr(events, "_registered", {})
    monkeypatch.setattr(tasks, "_due", {})
    tasks.register_due("webhooks", sending.enqueue_due)
    settings.OUTBOUND_SCHEMES = ("http", "https")
    settings.OUTBOUND_PRIVATE_NETWORKS = (ip_network("127.0.0.1/32"),)


@pytest.fixture
def receiver():
    with receiving() as server:
        yield server


@pytest.fixture
def created(amy, receiver):
    """The response to the creation of an endpoint, with its secret."""
    body = {"url": f"{receiver.url}/hooks", "description": "Accounting"}
    answer = amy.post("/api/webhook-endpoints/", body)
    assert answer.status_code == 201, answer.content
    return answer.json()


def record(kind="order.paid", object_id=1, *, object_type="order", is_internal=False, **data):
    """Record an event, and return it after it got its position."""
    with transaction.atomic():
        events.record(
            kind, object_type=object_type, object_id=object_id, data=data, is_internal=is_internal
        )
    while deliveries.dispatch():
        pass
    return Event.objects.order_by("pk").last()


def run_due_tasks():
    tasks.enqueue_due()
    return tasks.run_tasks("test", Flag())
