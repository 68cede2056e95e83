"""``kill -9`` of the worker process at every point of sending, and the queue afterwards.

A child process of the test is the worker: it runs the tasks until it is killed.
"""

import os
import signal
import warnings
from datetime import timedelta
from functools import partial
from threading import Event

import pytest
from django.db import connections
from django.db.models import F
from django_tasks_db.models import DBTaskResult

from orders.factories import place_order
from shop.core import tasks
from shop.mail import sending
from shop.mail.mails import registered
from shop.mail.models import Message
from shop.mail.tests.conftest import handle_events, run_due_tasks
from shop.testing.races import at_once

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def message(ada, tea, smtp):
    """A message that is due."""
    place_order(ada.user, tea)
    handle_events()
    return Message.objects.get()


def kill(pid=None):
    os.kill(pid or os.getpid(), signal.SIGKILL)


def start_worker(prepare=lambda: None):
    """Run the tasks that are due in a child process; return its id."""
    connections.close_all()
    with warnings.catch_warnings():  # the child does not use the thread of the mail server
        warnings.simplefilter("ignore", DeprecationWarning)
        pid = os.fork()
    if pid == 0:
        try:
            prepare()
            run_due_tasks()
        finally:
            os._exit(0)
    return pid


def was_killed(pid):
    return os.waitpid(pid, 0)[1] == signal.SIGKILL


def pass_time():
    """Let five minutes pass: the limit of a task, and the claim of a message."""
    ago = timedelta(minutes=5, seconds=1)
    DBTaskResult.objects.filter(status="RUNNING").update(started_at=F("started_at") - ago)
    Message.objects.update(
        next_attempt_at=F("next_attempt_at") - ago, enqueued_until=F("enqueued_until") - ago
    )


def after(function):
    """Kill the process after a function of ``sending``."""

    def prepare():
        original = getattr(sending, function)

        def run(*arguments):
            original(*arguments)
            kill()

        setattr(sending, function, run)

    return prepare


@pytest.mark.parametrize(("function", "attempts"), [("_enqueue", 0), ("_claim", 1), ("_email", 1)])
def test_a_message_whose_worker_was_killed_before_it_connected_is_sent_once(
    smtp, function, attempts
):
    assert was_killed(start_worker(after(function)))
    message = Message.objects.get()
    assert (message.status, message.attempts) == ("waiting", attempts)
    assert smtp.connections == 0
    pass_time()
    run_due_tasks()
    run_due_tasks()
    assert len(smtp.accepted) == 1
    assert Message.objects.get().status == "sent"


@pytest.mark.parametrize("phase", ["connect", "EHLO", "MAIL", "RCPT", "DATA"])
def test_a_message_whose_worker_was_killed_while_it_spoke_is_sent_once(smtp, phase):
    children = []
    smtp.faults[phase] = lambda: kill(_first(children))
    children.append(start_worker())
    assert was_killed(children[0])
    assert smtp.received == 0
    assert Message.objects.get().status == "waiting"
    pass_time()
    run_due_tasks()
    run_due_tasks()
    assert len(smtp.accepted) == 1


def test_a_message_is_sent_twice_only_if_the_worker_dies_after_the_acceptance(smtp):
    """The worker is stopped, the server's 250 arrives, and the worker is killed before it reads it."""
    children = []
    smtp.faults["text"] = lambda: os.kill(_first(children), signal.SIGSTOP)
    smtp.faults["accepted"] = lambda: kill(_first(children))
    children.append(start_worker())
    assert was_killed(children[0])
    assert Message.objects.get().status == "waiting"
    pass_time()
    run_due_tasks()
    run_due_tasks()
    assert len(smtp.accepted) == 2
    assert len({mail["Message-ID"] for mail in smtp.accepted}) == 1


def test_a_message_whose_worker_was_killed_after_it_stored_the_end_is_not_repeated(smtp):
    assert was_killed(start_worker(after("_store_sent")))
    assert DBTaskResult.objects.get().status == "RUNNING"
    pass_time()
    run_due_tasks()
    assert DBTaskResult.objects.get().status == "SUCCESSFUL"
    assert len(smtp.accepted) == 1


def test_a_killed_task_is_taken_up_again_after_its_limit(smtp):
    assert was_killed(start_worker(after("_claim")))
    running = DBTaskResult.objects.get()
    assert running.status == "RUNNING"
    assert tasks.take_up_killed() == 0
    pass_time()
    assert tasks.run_tasks("another", Event()) == 1
    running.refresh_from_db()
    assert (running.status, running.worker_ids) == ("SUCCESSFUL", ["test", "another"])
    assert len(smtp.accepted) == 1


def test_several_workers_send_each_message_once(smtp, ada, tea):
    for _ in range(3):
        place_order(ada.user, tea)
    handle_events()
    assert sum(at_once(*[run_due_tasks] * 4)) == 4
    assert len(smtp.accepted) == len({mail["Subject"] for mail in smtp.accepted}) == 4
    assert DBTaskResult.objects.count() == 4


def test_an_event_that_is_handled_twice_has_one_message(smtp, message):
    create = partial(sending.create_message, registered()[message.template], message.event)
    Message.objects.all().delete()
    at_once(create, create)
    create()
    assert Message.objects.count() == 1


def test_only_one_of_two_tasks_sends_a_message(smtp, message):
    """A queue may run a task twice, for example after the limit of a task that still runs."""
    smtp.faults["RCPT"] = 0.2
    at_once(*[lambda: sending.send(message.pk)] * 2)
    assert (smtp.connections, len(smtp.accepted)) == (1, 1)


def _first(children):
    while not children:
        pass
    return children[0]
