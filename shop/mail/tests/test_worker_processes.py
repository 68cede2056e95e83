"""Two processes of ``manage.py worker`` share the messages, and one of them is killed.

The queue of tasks is the database or a real Redis server.
"""

import signal
import subprocess
import sys
import time
from contextlib import ExitStack, contextmanager, suppress
from datetime import timedelta
from pathlib import Path

import pytest
from django.core.management import call_command
from django.db.models import F
from django_tasks_db.models import DBTaskResult

from orders.factories import place_order
from shop.core.models import Worker
from shop.core.queues import LIMITS
from shop.mail.models import Message
from shop.mail.tests.conftest import handle_events
from shop.mail.tests.test_kills import pass_time
from shop.testing.marks import on_one_database
from shop.testing.redis import redis_server
from shop.testing.server import ROOT, environment_for
from shop.testing.serving import url_of_the_tests_database

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(params=["database", pytest.param("redis", marks=on_one_database)])
def queue(request, tmp_path):
    """The variables of the environment for a queue."""
    with ExitStack() as stack:
        if request.param == "redis":
            yield {"TASKS_URL": stack.enter_context(redis_server(tmp_path))}
        else:
            yield {}


@contextmanager
def workers(count, **variables):
    environment = environment_for(url_of_the_tests_database(), **variables)
    command = [sys.executable, "manage.py", "worker"]
    running = [
        subprocess.Popen(command, cwd=ROOT, env=environment, stderr=subprocess.DEVNULL)
        for _ in range(count)
    ]
    try:
        yield running
    finally:
        for worker in running:
            worker.kill()
            worker.wait()


def client_of(port, running):
    """The worker that is connected to a port of this machine."""
    connected = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:]]
    sockets = {
        f"socket:[{columns[9]}]"
        for columns in connected
        if columns[2].endswith(f":{port:04X}") and columns[9] != "0"
    }
    for worker in running:
        if not sockets.isdisjoint(open_files(worker)):
            return worker
    raise LookupError("no worker is connected")


def open_files(process):
    """The names of the files and sockets that a process has open."""
    for descriptor in Path(f"/proc/{process.pid}/fd").iterdir():
        with suppress(FileNotFoundError):  # closed in the meantime
            yield str(descriptor.readlink())


def wait_until(is_true):
    deadline = time.monotonic() + 60
    while not is_true():
        assert time.monotonic() < deadline, list(Message.objects.values_list())
        time.sleep(0.05)


def test_two_workers_share_the_messages_and_one_is_killed(queue, smtp, ada, tea):
    for _ in range(5):
        place_order(ada.user, tea)
    handle_events()
    killed = []

    def kill_the_client():
        worker = client_of(smtp.port, running)
        worker.send_signal(signal.SIGKILL)
        worker.wait()
        killed.append(worker)

    smtp.faults["RCPT"] = kill_the_client
    mail = {"EMAIL_URL": f"smtp://127.0.0.1:{smtp.port}", "DEFAULT_FROM_EMAIL": "o@tea.example"}
    with workers(2, **mail, **queue) as running:
        wait_until(lambda: killed)
        (survivor,) = [worker for worker in running if worker not in killed]
        wait_until(Worker.objects.filter(name__endswith=f":{survivor.pid}").exists)
        survivor.terminate()
        assert survivor.wait(60) == 0
    assert Message.objects.waiting().exists()
    pass_time()
    with workers(1, **mail, **queue):
        wait_until(lambda: not Message.objects.waiting().exists())
    sent = {mail["Message-ID"] for mail in smtp.accepted}
    assert sent == set(Message.objects.values_list("message_id", flat=True))
    # The other thread of the killed process may not have stored that its message was accepted.
    assert len(smtp.accepted) <= 6
    assert DBTaskResult.objects.exists() is not bool(queue)


def test_messages_wait_while_redis_does_not_respond(settings, smtp, ada, tea, work, tmp_path):
    def use(url):
        settings.TASKS_URL = url
        settings.RQ, settings.RQ_QUEUES = (
            {"JOB_CLASS": "django_tasks_rq.Job"},
            {name: {"URL": url} for name in LIMITS},
        )
        settings.TASKS = {
            "default": {"BACKEND": "django_tasks_rq.RQBackend", "QUEUES": list(LIMITS)}
        }

    place_order(ada.user, tea)
    use("redis://127.0.0.1:1/0")
    with pytest.raises(ConnectionError, match="Redis"):
        work()
    message = Message.objects.get()
    assert (message.status, message.attempts, message.enqueued_until) == ("waiting", 0, None)
    with redis_server(tmp_path) as url:
        use(url)
        work()
    assert len(smtp.accepted) == 1
    assert DBTaskResult.objects.count() == 0


def test_old_tasks_and_messages_are_deleted(smtp, ada, tea, work, capsys):
    place_order(ada.user, tea)
    work()
    call_command("cleanup", "--keep-files")
    assert (DBTaskResult.objects.count(), Message.objects.count()) == (1, 1)
    DBTaskResult.objects.update(finished_at=F("finished_at") - timedelta(days=1))
    Message.objects.update(ended_at=F("ended_at") - timedelta(days=180))
    call_command("cleanup", "--keep-files")
    assert (DBTaskResult.objects.count(), Message.objects.count()) == (0, 0)
