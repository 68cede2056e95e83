"""A purchase in the logs: followed by one id across proxy, server, worker and gateway."""

import json
import subprocess
import sys

import pytest

from payments.models import Payment
from payments.tests.fake_stripe.client import INTENTS
from shop.core.models import Event
from shop.testing.marks import on_one_database
from shop.testing.server import ROOT, send
from shop.testing.serving import faulty_server

pytestmark = pytest.mark.django_db(transaction=True)

TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"
APP = """
import logging

from django.apps import AppConfig


class MailConfig(AppConfig):
    name = "mail_extension"

    def ready(self):
        from shop.core import events

        events.register("order.paid", lambda event: logging.info("mail sent"), name="mail")
"""


@pytest.fixture
def mail(tmp_path):
    folder = tmp_path / "mail_extension"
    folder.mkdir()
    (folder / "__init__.py").touch()
    (folder / "apps.py").write_text(APP)
    return {"EXTRA_APPS": "mail_extension", "PYTHONPATH": str(tmp_path)}


def lines_of(text):
    return [json.loads(line) for line in text.splitlines() if line.startswith("{")]


def run_worker(shop):
    """Run a worker once; return its log."""
    command = [sys.executable, str(ROOT / "manage.py"), "worker", "--once"]
    done = subprocess.run(
        command, env=shop.environment, cwd=ROOT, check=True, capture_output=True, text=True
    )
    for line in done.stderr.splitlines():
        json.loads(line)  # nothing but JSON
    return lines_of(done.stderr)


@on_one_database
def test_one_id_follows_a_purchase(tmp_path, fake_stripe, mail, ada, tea):
    """The gateway drops the connection, so that the worker settles the payment."""
    token, client = ada.pair.token, {"X_Forwarded_For": "203.0.113.9"}
    environment = {**fake_stripe.environment(), **mail, "NUM_PROXIES": "1", "WEB_CONCURRENCY": "1"}
    with faulty_server(tmp_path, **environment) as server:
        shop = server.shop
        run_worker(shop)  # from now on the handler receives events

        def post(path, body, **more):
            return send(shop.url, "POST", path, body, token=token, **client, **more)

        cart_id = post("/api/cart/add/", {"product_id": tea.pk, "quantity": 2}).json()["cart_id"]
        placed = post("/api/orders/", {"cart_id": cart_id}, key="o", X_Request_ID="proxy-order")
        order_id = placed.json()["order_id"]
        pay = {"order_id": order_id, "payment_method": "stripe", "payment_token": "pm_card_visa"}
        trace = {"traceparent": f"00-{TRACE}-00f067aa0ba902b7-01", "tracestate": "vendor=1"}
        fake_stripe.fail("drop_after", f"{INTENTS}/confirm", times=None)
        paid = post("/api/payments/", pay, key="p", X_Request_ID="proxy-pay", **trace)
        payment_id = paid.json()["payment_id"]
        assert paid.headers["X-Request-ID"] == "proxy-pay"
        assert paid.json()["status"] == "pending"
        fake_stripe.clear_faults()
        in_request = fake_stripe.requests()
        worker = run_worker(shop)
        again = post("/api/payments/", pay, key="p", X_Request_ID="proxy-again")
        assert again.json()["status"] == "succeeded"
        assert shop.stop() == 0
        server_log = lines_of(shop.log.read_text())

    access = [line for line in server_log if line["logger"] == "shop.requests"]
    ids = {"order_id": order_id, "user_id": ada.user.pk, "client": "203.0.113.9"}
    [order_line] = [line for line in access if line.get("request_id") == "proxy-order"]
    assert order_line.items() >= {**ids, "route": "/api/orders/", "status": 201}.items()
    [pay_line] = [line for line in access if line.get("request_id") == "proxy-pay"]
    ids["payment_id"] = payment_id
    assert pay_line.items() >= {**ids, "trace_id": TRACE, "status": 201}.items()
    [again_line] = [line for line in access if line.get("request_id") == "proxy-again"]
    assert again_line.items() >= {**ids, "status": 201}.items()

    assert {each["trace"]["x-request-id"] for each in in_request} == {"proxy-pay"}
    assert {each["trace"]["traceparent"].split("-")[1] for each in in_request} == {TRACE}
    assert {each["trace"]["tracestate"] for each in in_request} == {"vendor=1"}
    assert Payment.objects.get().request_id == "proxy-pay"
    assert Event.objects.get(kind="order.paid").request_id == "proxy-pay"

    followed = [line for line in worker if line.get("request_id") == "proxy-pay"]
    assert {line["order_id"] for line in followed} == {order_id}
    assert {line["logger"] for line in followed} == {"shop.payments", "shop.events", "root"}
    [mail_line] = [line for line in followed if line["message"] == "mail sent"]
    assert (mail_line["handler"], mail_line["event"]) == ("mail", "order.paid")
    assert {line["job"] for line in worker if line["logger"] == "shop.jobs"} == {
        *("settle_payments", "expire_orders", "rank_products", "cleanup", "cleanup_files"),
        *("complete_catalog", "index_products", "relate_products"),
        "update_collections",
    }
