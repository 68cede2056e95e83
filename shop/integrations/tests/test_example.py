"""The receiver of docs/webhooks.md."""

import re
import socket
import subprocess
import sys
from datetime import timedelta

from shop.integrations.models import WebhookDelivery
from shop.integrations.services import create_endpoint, rotate_secret
from shop.integrations.signing import secret_of
from shop.integrations.tests.conftest import record, run_due_tasks
from shop.testing.server import ROOT, free_port

PAGE = ROOT / "docs" / "webhooks.md"


def connects(port):
    with socket.socket() as tried:
        return tried.connect_ex(("127.0.0.1", port)) == 0


def test_the_receiver_handles_each_genuine_webhook_once(db, tmp_path):
    code = re.search(r"<!-- receiver -->\n```python\n(.*?)```", PAGE.read_text(), re.DOTALL)[1]
    (tmp_path / "receiver.py").write_text(code)
    port = free_port()
    endpoint = create_endpoint(url=f"http://127.0.0.1:{port}/", kinds=["order.paid"])
    command = [sys.executable, tmp_path / "receiver.py", str(port)]
    secrets = {"WEBHOOK_SECRETS": secret_of(endpoint.secret_ref)}
    with subprocess.Popen(command, env=secrets, stdout=subprocess.PIPE, text=True) as receiver:
        try:
            while not connects(port):
                assert receiver.poll() is None
            record("order.paid", 17, amount="19.00")
            record("order.cancelled", 18)
            run_due_tasks()
            WebhookDelivery.objects.filter(status="succeeded").restart(timedelta(days=1))
            run_due_tasks()
            assert WebhookDelivery.objects.get().status == "succeeded"
            for _ in range(2):  # then neither secret is the one that the receiver has
                rotate_secret(endpoint_id=endpoint.pk)
            record("order.paid", 19)
            run_due_tasks()
        finally:
            receiver.terminate()
        printed = receiver.stdout.read()
    assert printed == "order.paid 17\n"
    refused = WebhookDelivery.objects.get(event__object_id=19)
    assert (refused.status, refused.response_status) == ("waiting", 401)
