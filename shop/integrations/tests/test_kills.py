"""``kill -9`` of a worker at every point of sending, and several workers at the same time."""

import os
import signal
from datetime import timedelta

import pytest
from django.db import connections
from django.db.models import F
from django_tasks_db.models import DBTaskResult

from shop.core import tasks
from shop.integrations import fanout, sending
from shop.integrations.models import WebhookDelivery, WebhookEndpoint
from shop.integrations.tests.conftest import record, run_due_tasks
from shop.testing.races import at_once
from shop.testing.receiver import Reply

pytestmark = pytest.mark.django_db(transaction=True)


def start_worker(module=None, function=""):
    """Run what is due in a child process, which is killed after the function; return its id."""
    connections.close_all()
    pid = os.fork()
    if pid == 0:
        try:
            if module is not None:
                _kill_after(module, function)
            run_due_tasks()
        finally:
            os._exit(0)
    return pid


def _kill_after(module, function):
    original = getattr(module, function)

    def run(*arguments, **named):
        original(*arguments, **named)
        os.kill(os.getpid(), signal.SIGKILL)

    setattr(module, function, run)


def was_killed(pid):
    return os.waitpid(pid, 0)[1] == signal.SIGKILL


def pass_time():
    """Let two minutes pass: the limit of a task, and the claims of deliveries and endpoints."""
    ago = timedelta(minutes=2, seconds=1)
    DBTaskResult.objects.filter(status="RUNNING").update(started_at=F("started_at") - ago)
    WebhookDelivery.objects.update(next_attempt_at=F("next_attempt_at") - ago)
    WebhookEndpoint.objects.update(enqueued_until=F("enqueued_until") - ago)


@pytest.mark.filterwarnings("ignore:This process:DeprecationWarning")  # the server's thread
@pytest.mark.parametrize(
    ("module", "function", "sent"),
    [
        (fanout, "_create_some", 0),
        (sending, "_enqueue", 0),
        (sending, "_claim", 0),
        (sending, "_headers", 0),
        (sending, "_post", 1),
        (sending, "_store_success", 1),
    ],
)
def test_a_webhook_whose_worker_was_killed_is_sent(created, receiver, module, function, sent):
    """It is sent twice only if the worker dies between the response and the commit."""
    record()
    assert was_killed(start_worker(module, function))
    assert WebhookDelivery.objects.count() == 1
    assert len(receiver.requests) == sent
    pass_time()
    run_due_tasks()
    run_due_tasks()
    repeats = 2 if function == "_post" else 1
    assert len(receiver.requests) == repeats
    assert len({request.headers["webhook-id"] for request in receiver.requests}) == 1
    assert WebhookDelivery.objects.get().status == "succeeded"


@pytest.mark.filterwarnings("ignore:This process:DeprecationWarning")
def test_a_webhook_whose_worker_was_killed_while_it_waited_is_sent_again(created, receiver):
    children = []

    def kill():
        while not children:
            pass
        os.kill(children[0], signal.SIGKILL)

    receiver.replies.append(Reply(before=kill))
    record()
    children.append(start_worker())
    assert was_killed(children[0])
    assert WebhookDelivery.objects.get().status == "waiting"
    pass_time()
    run_due_tasks()
    assert len(receiver.requests) == 2
    assert WebhookDelivery.objects.get().status == "succeeded"


def test_several_workers_send_each_webhook_once(created, receiver):
    for number in range(6):
        record(object_id=number)
    at_once(*[run_due_tasks] * 4)
    run_due_tasks()
    ids = [request.headers["webhook-id"] for request in receiver.requests]
    assert len(ids) == len(set(ids)) == 6
    assert WebhookDelivery.objects.filter(status="succeeded", attempts=1).count() == 6


def test_two_tasks_of_an_endpoint_share_its_deliveries(created, receiver):
    """A queue may run a task twice, for example after the limit of one that still runs."""
    for number in range(6):
        record(object_id=number)
    tasks.enqueue_due()
    at_once(*[lambda: sending.send_due(created["id"])] * 3)
    ids = [request.headers["webhook-id"] for request in receiver.requests]
    assert len(ids) == len(set(ids)) == 6


def test_two_workers_create_a_delivery_once(created):
    record()
    at_once(*[fanout.create_deliveries] * 3)
    assert WebhookDelivery.objects.count() == 1
