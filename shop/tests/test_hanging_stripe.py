"""While Stripe hangs, a real server holds no locks and responds to other requests at once."""

import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from http.client import HTTPConnection, HTTPException

import pytest
from django.core.management import call_command
from django.db import connection
from django.db.models import F

from accounts.factories import UserFactory
from accounts.tokens import open_session
from catalog.factories import ProductFactory
from orders.models import Order
from orders.states import OrderStatus
from payments.factories import pay
from payments.models import Payment, ProviderEvent
from payments.tests.fake_stripe.client import INTENTS, sign
from shop.core.models import ScheduledJob
from shop.testing.server import ROOT, environment_for
from shop.testing.serving import faulty_server, place_order, url_of_the_tests_database

pytestmark = pytest.mark.django_db(transaction=True)

HANGING = 3
"""Fewer than the slots of one worker."""
SECONDS = 300.0
"""Far longer than the eight seconds for which the shop waits."""


@pytest.fixture(scope="module")
def stripe_server(_fake_stripe, django_db_setup, django_db_blocker, tmp_path_factory):
    folder = tmp_path_factory.mktemp("stripe")
    with (
        django_db_blocker.unblock(),
        faulty_server(folder, **_fake_stripe.environment()) as server,
    ):
        yield server


@pytest.fixture
def known_stripe(fake_stripe, settings):
    """The fake Stripe, also in the settings of this process."""
    settings.STRIPE_SECRET_KEY = fake_stripe.key
    settings.STRIPE_WEBHOOK_SECRETS = [fake_stripe.webhook_secret]
    settings.STRIPE_API_BASE = fake_stripe.url
    settings.PAYMENT_METHODS = [*settings.PAYMENT_METHODS, "stripe"]
    return fake_stripe


def pay_at(server, order, caller, payment_token=""):
    """Pay, without the database: the threads of a pool would keep their connections."""
    body = {"order_id": order.pk, "payment_method": "stripe"}
    body |= {"payment_token": payment_token} if payment_token else {}
    return server.send("POST", "/api/payments/", body, token=caller, key=str(order.pk))


def assert_nothing_is_locked():
    """On PostgreSQL there is no other transaction; on SQLite others can write."""
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(
                "SELECT query FROM pg_stat_activity WHERE datname = current_database() "
                "AND pid <> pg_backend_pid() AND xact_start IS NOT NULL"
            )
            assert cursor.fetchall() == []
        else:
            cursor.execute("PRAGMA busy_timeout = 0")
            cursor.execute("BEGIN IMMEDIATE")
            cursor.execute("ROLLBACK")
            cursor.execute("PRAGMA busy_timeout = 10000")


def test_no_lock_is_held_while_stripe_hangs(stripe_server, known_stripe, ada):
    """Other requests read and write, also the rows of the payments that wait."""
    plenty = ProductFactory(stock=100)
    orders = [place_order(UserFactory(), plenty) for _ in range(HANGING)]
    known_stripe.fail("hang", INTENTS, times=None, seconds=SECONDS)
    callers = [open_session(order.user).token for order in orders]
    with ThreadPoolExecutor(HANGING) as pool:
        paying = [
            pool.submit(pay_at, stripe_server, *pair) for pair in zip(orders, callers, strict=True)
        ]
        known_stripe.wait_for_requests(HANGING, "/v1/payment_intents")
        assert_nothing_is_locked()
        _shop_as(stripe_server, ada.pair.token, plenty)
        _shop_as(stripe_server, callers[0], plenty)
        cancel = ("POST", f"/api/orders/{orders[0].pk}/cancel/")
        assert stripe_server.send(*cancel, token=callers[0]).status == 200
        assert not any(payment.done() for payment in paying), "Stripe hangs all the while"
        known_stripe.clear_faults()
        assert {payment.result().status for payment in paying} == {201}
    call_command("settle_payments")
    statuses = list(Payment.objects.order_by("pk").values_list("status", flat=True))
    assert sorted(statuses) == ["cancelled", "requires_action", "requires_action"]
    call_command("audit")


def _shop_as(server, token, product):
    add = {"product_id": product.pk, "quantity": 1}
    assert server.send("GET", "/api/products/", token=token).status == 200
    added = server.send("POST", "/api/cart/add/", add, token=token)
    assert added.status == 200
    order = {"cart_id": added.json()["cart_id"]}
    assert server.send("POST", "/api/orders/", order, token=token).status == 201


def test_no_lock_is_held_while_a_refund_hangs(stripe_server, known_stripe, ada, amy, tea):
    order = place_order(ada.user, tea)
    payment_id = pay_at(stripe_server, order, ada.pair.token, "pm_card_visa").json()["payment_id"]
    path = f"/api/payments/{payment_id}/refunds/"
    known_stripe.fail("hang", "/v1/refunds*", times=None, seconds=SECONDS)
    staff, owner = amy.pair.token, ada.pair.token
    with ThreadPoolExecutor(1) as pool:
        refunding = pool.submit(
            stripe_server.send, "POST", path, {"amount": "1.00"}, token=staff, key="r"
        )
        known_stripe.wait_for_requests(1, "/v1/refunds")
        assert_nothing_is_locked()
        shown = stripe_server.send("GET", path, token=owner).json()["refunds"]
        assert [(each["amount"], each["status"]) for each in shown] == [("1.00", "pending")]
        _shop_as(stripe_server, owner, tea)
        assert not refunding.done(), "Stripe hangs all the while"
        known_stripe.clear_faults()
        refunding.result()
    call_command("settle_payments")
    payment = Payment.objects.get(pk=payment_id)
    assert [each["refunded"] for each in known_stripe.ledger()] == [100]
    assert (str(payment.amount_refunded), payment.status) == ("1.00", "succeeded")
    call_command("audit")


def post_event(server, event):
    """Send a webhook as Stripe does; return the status of the response."""
    body, signature = sign(event)
    headers = {"Content-Type": "application/json", "Stripe-Signature": signature}
    connection = HTTPConnection(server.shop.url.removeprefix("http://"), timeout=30)
    try:
        connection.request("POST", "/api/webhooks/stripe/", body, headers)
        return connection.getresponse().status
    finally:
        connection.close()


def post_event_until_answered(server, event):
    deadline = time.monotonic() + 60
    while True:
        try:
            return post_event(server, event)
        except (OSError, HTTPException):
            assert time.monotonic() < deadline, server.shop.log.read_text()
            time.sleep(0.05)


def test_a_worker_killed_inside_a_webhook_applies_the_event_when_it_comes_again(
    stripe_server, known_stripe, ada, tea
):
    payment = pay(place_order(ada.user, tea), method="stripe")
    known_stripe.pay(payment.client_secret)
    event = known_stripe.events("payment_intent.succeeded")[0]
    stripe_server.arm("event.fetched")
    with pytest.raises((OSError, HTTPException)):
        post_event(stripe_server, event)
    assert not stripe_server.is_armed("event.fetched")
    assert (Payment.objects.get().status, ProviderEvent.objects.count()) == ("requires_action", 0)

    assert post_event_until_answered(stripe_server, event) == 200
    assert (Payment.objects.get().status, ProviderEvent.objects.count()) == ("succeeded", 1)
    call_command("audit")


def test_orders_expire_while_stripe_hangs_for_every_open_payment(known_stripe, tmp_path, tea):
    """Jobs do not wait for each other: settling thirty payments would take four minutes."""
    for _ in range(30):
        pay(place_order(UserFactory(), ProductFactory(stock=1)), method="stripe")
    late = place_order(UserFactory(), tea)
    Order.objects.filter(pk=late.pk).update(created_at=F("created_at") - timedelta(hours=1))
    known_stripe.fail("hang", "*", times=None, seconds=300)
    url = url_of_the_tests_database()
    environment = environment_for(
        url, MEDIA_ROOT=str(tmp_path / "media"), **known_stripe.environment()
    )
    worker = subprocess.Popen(
        [sys.executable, "manage.py", "worker"],
        cwd=ROOT,
        env=environment,
        stderr=subprocess.DEVNULL,
    )
    try:
        deadline = time.monotonic() + 60
        settling = ScheduledJob.objects.filter(name="settle_payments", finished_at=None)
        cancelled = Order.objects.filter(pk=late.pk, status=OrderStatus.CANCELLED)
        # The jobs begin in any order.
        while not (cancelled.exists() and settling.filter(claimed_until__isnull=False).exists()):
            assert time.monotonic() < deadline, "the order has not expired"
            time.sleep(0.05)
        assert Payment.objects.open().count() == 30
        worker.terminate()
        assert worker.wait(timeout=60) == 0, "it ends after the call of the present payment"
    finally:
        worker.kill()
        worker.wait()
        known_stripe.clear_faults()
    assert ScheduledJob.objects.get(name="settle_payments").claimed_until is None
