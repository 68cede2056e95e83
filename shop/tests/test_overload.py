"""A real server with slow gateways, held locks, stop signals and a full disk."""

import os
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from itertools import islice

import pytest
from django.core.management import call_command
from django.db import connection, transaction

from accounts.factories import UserFactory
from accounts.models import User
from accounts.tokens import open_session
from cart.models import CartItem
from catalog.factories import ProductFactory
from orders.models import Order
from orders.states import OrderStatus
from payments.models import DemoCharge, Payment, PaymentStatus
from shop.core.models import IdempotencyKey
from shop.testing.server import ROOT, environment_for, free_port, manage, send
from shop.testing.serving import faulty_server, place_order, url_of_the_tests_database

pytestmark = pytest.mark.django_db(transaction=True)

on_postgresql = pytest.mark.skipif(
    connection.vendor != "postgresql", reason="SQLite locks the whole file, not a row"
)
on_sqlite = pytest.mark.skipif(
    connection.vendor != "sqlite", reason="PostgreSQL has its own server"
)


def token_of(user):
    return open_session(user).token


def test_a_gateway_that_hangs_does_not_block_other_requests(server, ada):
    """More payments than threads run at the same time as thirty other requests."""
    plenty = ProductFactory(stock=100)
    buyers = UserFactory.create_batch(24)
    orders = [place_order(buyer, plenty) for buyer in buyers]
    server.arm("gateway.silent", "60")
    tokens = [token_of(buyer) for buyer in buyers]

    def pay(order, token):
        body = {"order_id": order.pk, "payment_method": "card", "payment_token": "demo_timeout"}
        return server.send("POST", "/api/payments/", body, token=token, key="k")

    with ThreadPoolExecutor(len(orders)) as pool:
        paying = [pool.submit(pay, *pair) for pair in zip(orders, tokens, strict=True)]
        deadline = time.monotonic() + 60
        while DemoCharge.objects.count() < 4:
            assert time.monotonic() < deadline, "fewer than four payments reached the gateway"
            time.sleep(0.02)
        for _ in range(30):
            assert server.send("GET", "/api/cart/", token=ada.pair.token).status == 200
        early = [payment.result().status for payment in paying if payment.done()]
        server.disarm("gateway.silent")
        answers = [payment.result() for payment in paying]
    assert set(early) <= {503}
    busy = [answer for answer in answers if answer.status == 503]
    assert {answer.json()["code"] for answer in busy} <= {"gateway_busy"}
    assert all(answer.headers["Retry-After"] for answer in busy)
    pending = [answer for answer in answers if answer.status == 201]
    assert {answer.json()["status"] for answer in pending} == {"pending"}
    begun = [model.objects.count() for model in (Payment, DemoCharge, IdempotencyKey)]
    assert begun == [len(pending)] * 3
    assert len(pending) + len(busy) == 24
    assert len(pending) >= 4

    call_command("settle_payments")
    assert set(Payment.objects.values_list("status", flat=True)) == {PaymentStatus.SUCCEEDED}
    unpaid = Order.objects.filter(status=OrderStatus.PENDING)
    assert unpaid.count() == len(busy)
    for order in unpaid:
        body = {"order_id": order.pk, "payment_method": "card"}
        answer = server.send("POST", "/api/payments/", body, token=token_of(order.user), key="k")
        assert (answer.status, answer.json()["status"]) == (201, "succeeded")
    call_command("audit")


@on_postgresql
def test_a_row_lock_blocks_only_the_requests_that_need_it(server, ada, bob, tea, cart):
    """Nine requests wait: more than a worker runs at once, fewer than it has threads."""
    add = ("POST", "/api/cart/add/", {"product_id": tea.pk, "quantity": 1})
    with ThreadPoolExecutor(9) as pool:
        with transaction.atomic():
            User.objects.select_for_update(no_key=True).get(pk=ada.user.pk)
            waiting = [
                pool.submit(server.send, *add, token=ada.pair.token, key=str(number))
                for number in range(9)
            ]
            others = [server.send(*add, token=bob.pair.token).status for _ in range(5)]
            assert not any(request.done() for request in waiting)
            answers = [request.result() for request in waiting]
        assert others == [200] * 5
    assert {answer.status for answer in answers} == {503}
    assert {answer.headers["Retry-After"] for answer in answers} == {"5"}
    assert server.send("GET", "/api/cart/", token=ada.pair.token).json()["total"] == "9.00"
    assert server.send(*add, token=ada.pair.token, key="1").status == 200
    assert CartItem.objects.get(cart=cart).quantity == 3


def test_a_stop_waits_for_running_requests(tmp_path, ada, tea, cart):
    """The signal is repeated, for example by a shell and by a service manager."""
    with faulty_server(tmp_path) as server:
        server.arm("order.written", "60")
        with ThreadPoolExecutor(1) as pool:
            body = {"cart_id": cart.pk}
            ordering = pool.submit(
                server.send, "POST", "/api/orders/", body, token=ada.pair.token, key="k"
            )
            server.wait_until_reached("order.written")
            for _ in range(50_000):
                server.shop.process.send_signal(signal.SIGTERM)
            assert not ordering.done()
            server.disarm("order.written")
            assert server.shop.process.wait(60) == 0
            answer = ordering.result()
    assert (answer.status, answer.json()["order_id"]) == (201, Order.objects.get().pk)
    call_command("audit")


_SLOW_TO_BEGIN = """
import time
from granian.server import mp

def begin_slowly(*_):
    print("a worker begins", flush=True)
    time.sleep(300)

mp.configure_logging = begin_slowly
from django.core.management import execute_from_command_line
execute_from_command_line(["manage.py", "serve"])
"""


def test_before_a_stop_the_server_is_not_ready_and_still_serves(tmp_path, ada, tea, cart):
    with faulty_server(tmp_path, DRAIN_SECONDS="300") as server:
        server.arm("order.written", "60")
        with ThreadPoolExecutor(1) as pool:
            order = ("POST", "/api/orders/", {"cart_id": cart.pk})
            placing = pool.submit(send, server.shop.url, *order, token=ada.pair.token)
            server.wait_until_reached("order.written")
            server.shop.process.send_signal(signal.SIGTERM)
            deadline = time.monotonic() + 60
            while (answer := server.send("GET", "/readyz")).status == 200:
                assert time.monotonic() < deadline, "the server still says that it is ready"
            assert (answer.status, answer.headers["Retry-After"]) == (503, "5")
            assert answer.json()["detail"] == "the server is about to stop"
            assert server.send("GET", "/healthz").status == 200
            assert server.send("GET", "/api/products/").status == 200
            assert server.shop.process.poll() is None
            server.disarm("order.written")
            assert placing.result().status == 201
        server.shop.process.send_signal(signal.SIGINT)  # ends the pause
        assert server.shop.process.wait(60) == 0
        with pytest.raises(ConnectionError):
            server.send("GET", "/healthz")


@on_postgresql
def test_a_read_only_database_is_not_ready(server):
    name = connection.ops.quote_name(connection.settings_dict["NAME"])

    def set_read_only(value):
        with connection.cursor() as cursor:
            cursor.execute(f"ALTER DATABASE {name} SET default_transaction_read_only = {value}")
            cursor.execute(
                "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity "
                "WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )

    assert server.send("GET", "/readyz").status == 200
    # The first read inserts the row of the revision, which the tests delete.
    assert server.send("GET", "/api/products/").status == 200
    set_read_only("on")
    try:
        answer = server.send("GET", "/readyz")
        assert (answer.status, answer.json()["detail"]) == (503, "the database accepts no writes")
        assert server.send("GET", "/api/products/").status == 200
    finally:
        set_read_only("off")
    assert server.send("GET", "/readyz").status == 200


def test_a_stop_ends_workers_that_are_starting():
    port, url = str(free_port()), url_of_the_tests_database()
    environment = environment_for(
        url, PORT=port, WEB_CONCURRENCY="2", DJANGO_SETTINGS_MODULE="shop.settings"
    )
    server = subprocess.Popen(
        [sys.executable, "-c", _SLOW_TO_BEGIN],
        env=environment,
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    with server:
        begun = (line for line in server.stdout if "a worker begins" in line)
        assert len([*islice(begun, 2)]) == 2
        server.terminate()
        assert server.wait(60) == 0


@on_sqlite
def test_a_full_disk_refuses_writes_only_until_there_is_space(tmp_path):
    """On a small disk. The server is not restarted."""
    disk = tmp_path / "disk"
    disk.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=16m", "tmpfs", str(disk)]
    if os.geteuid() != 0 or subprocess.run(mount, check=False, capture_output=True).returncode:
        pytest.skip("only root may mount a small disk")
    try:
        database = f"sqlite:///{disk}/db.sqlite3"
        tea = ProductFactory(stock=999)
        with connection.cursor() as cursor:
            cursor.execute("VACUUM INTO %s", [str(disk / "db.sqlite3")])
        with faulty_server(tmp_path, database=database) as server:
            _fill_up_and_make_room(server.shop, disk / "filler", tea)
        manage(environment_for(database), "audit")
    finally:
        subprocess.run(["umount", "--lazy", str(disk)], check=True)


def _fill_up_and_make_room(shop, filler, tea):
    person = {"username": "ada", "email": "ada@example.com", "password": "corr3ct-horse"}
    assert send(shop.url, "POST", "/api/users/", person).status == 201
    login = {name: person[name] for name in ("username", "password")}
    token = send(shop.url, "POST", "/api/login/", login).json()["token"]
    add = ("POST", "/api/cart/add/", {"product_id": tea.pk, "quantity": 1})
    assert send(shop.url, *add, token=token).status == 200
    with pytest.raises(OSError, match="No space left"), filler.open("wb") as file:
        while True:
            file.write(b"x" * 4096)
            file.flush()
    # The write-ahead log has some free space at first.
    refused = []
    while not refused or refused[-1].status == 200:
        refused.append(send(shop.url, *add, token=token))
        assert len(refused) < 400
    assert refused[-1].status == 503
    assert refused[-1].json()["code"] == "unavailable"
    assert int(refused[-1].headers["Retry-After"]) >= 1
    assert send(shop.url, "GET", "/readyz").status == 503
    added = 1 + sum(answer.status == 200 for answer in refused)
    assert {answer.status for answer in refused} <= {200, 503}
    cart = send(shop.url, "GET", "/api/cart/", token=token)
    assert (cart.status, cart.json()["cart_items"][0]["quantity"]) == (200, added)
    assert send(shop.url, "GET", "/api/products/").status == 200
    filler.unlink()
    assert send(shop.url, "GET", "/readyz").status == 200
    assert send(shop.url, *add, token=token).status == 200
    cart = send(shop.url, "GET", "/api/cart/", token=token)
    assert cart.json()["cart_items"][0]["quantity"] == added + 1
