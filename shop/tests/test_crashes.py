"""A real server that is killed, held up and starved, on the test's own database."""

import json
import os
import subprocess
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import timedelta
from http.client import HTTPException
from pathlib import Path
from uuid import uuid4

import pytest
from django.conf import settings
from django.core.management import call_command
from django.db import connection, transaction
from django.db.models import F

from accounts.factories import UserFactory
from accounts.tokens import open_session
from cart.models import Cart, CartItem, CartStatus
from catalog.models import Product
from orders import services
from orders.models import Order
from orders.states import OrderStatus
from payments.models import DemoCharge, Payment, PaymentStatus
from shop.core.models import IdempotencyKey
from shop.testing.server import Answer, Shop, environment_for, manage, running_shop, send

pytestmark = pytest.mark.django_db(transaction=True)

on_postgresql = pytest.mark.skipif(
    connection.vendor != "postgresql", reason="SQLite locks the whole file, not a row"
)
on_sqlite = pytest.mark.skipif(
    connection.vendor != "sqlite", reason="the disk of a PostgreSQL server is its own affair"
)


@dataclass
class Faulty:
    """A server whose fault points can be armed."""

    shop: Shop
    faults: Path

    def arm(self, point: str, seconds: str = "") -> None:
        """Let the next to pass the point die; or let each that passes wait."""
        (self.faults / point).write_text(seconds)

    def is_armed(self, point: str) -> bool:
        """Return whether nobody has died there yet."""
        return (self.faults / point).exists()

    def disarm(self, point: str) -> None:
        """Let everyone pass."""
        (self.faults / point).unlink()

    def send(self, method: str, path: str, body=None, *, token, key="") -> Answer:
        """Send a request."""
        return send(self.shop.url, method, path, body, token=token, key=key)

    def send_until_answered(self, method, path, body, *, token, key) -> Answer:
        """Send a request again, with its key, until someone answers: workers come back."""
        deadline = time.monotonic() + 20
        while True:
            try:
                return self.send(method, path, body, token=token, key=key)
            except (OSError, HTTPException):
                assert time.monotonic() < deadline, self.shop.log.read_text()
                time.sleep(0.05)


def serve(tmp_path, *, workers=2, database=None):
    """Serve the test's database, or another, with its own secrets."""
    (tmp_path / "faults").mkdir()
    return running_shop(
        database or url_of_the_tests_database(),
        workers=workers,
        DJANGO_SETTINGS_MODULE="shop.testing.faulty",
        FAULTS=str(tmp_path / "faults"),
        SECRET_KEY=settings.SECRET_KEY,
        JWT_SIGNING_KEY=settings.JWT_SIGNING_KEY,
    )


def url_of_the_tests_database():
    """Return the URL that settings turn into this very database."""
    name = connection.settings_dict["NAME"]
    if connection.vendor == "sqlite":
        return f"sqlite:///{name}"
    return f"{os.environ['DATABASE_URL'].rpartition('/')[0]}/{name}"


@pytest.fixture(scope="module")
def _server(django_db_setup, django_db_blocker, tmp_path_factory):
    folder = tmp_path_factory.mktemp("server")
    with django_db_blocker.unblock(), serve(folder) as shop:
        yield Faulty(shop, folder / "faults")


@pytest.fixture
def server(_server):
    """The server, nothing armed."""
    yield _server
    for point in _server.faults.iterdir():
        point.unlink()


def token_of(user):
    return open_session(user).token


@pytest.fixture
def cart(ada, tea):
    """Ada's cart, with two pieces of tea."""
    cart = Cart.objects.create(user=ada.user)
    CartItem.objects.create(cart=cart, product=tea, quantity=2)
    return cart


def place_order(user, product):
    """Return a pending order of one piece."""
    cart = Cart.objects.create(user=user)
    CartItem.objects.create(cart=cart, product=product, quantity=1)
    return services.place_order(user=user, cart_id=cart.pk)


@pytest.mark.parametrize(
    "point",
    ["key.claimed", "order.cart_claimed", "order.written", "order.stock_taken", "answer.committed"],
)
def test_a_worker_killed_inside_checkout_leaves_one_order(server, ada, tea, cart, point):
    server.arm(point)
    request = ("POST", "/api/orders/", {"cart_id": cart.pk})
    with pytest.raises((OSError, HTTPException)):
        server.send(*request, token=ada.pair.token, key="order")
    assert not server.is_armed(point)

    answer = server.send_until_answered(*request, token=ada.pair.token, key="order")
    assert answer.status == 201
    order = Order.objects.get()
    assert answer.json()["order_id"] == order.pk
    assert ("Idempotent-Replayed" in answer.headers) == (point == "answer.committed")
    assert Product.objects.get().stock == 8
    assert Cart.objects.get().status == CartStatus.ORDERED
    assert server.send(*request, token=ada.pair.token, key="order").body == answer.body
    call_command("audit")


@pytest.mark.parametrize(
    ("point", "stands", "ends", "charges"),
    [
        ("key.claimed", PaymentStatus.SUCCEEDED, PaymentStatus.SUCCEEDED, ["succeeded"]),
        ("payment.begun", PaymentStatus.PENDING, PaymentStatus.CANCELLED, ["cancelled"]),
        ("payment.charged", PaymentStatus.PENDING, PaymentStatus.SUCCEEDED, ["succeeded"]),
        ("payment.settled", PaymentStatus.SUCCEEDED, PaymentStatus.SUCCEEDED, ["succeeded"]),
    ],
)
def test_a_worker_killed_inside_payment_charges_once(
    server, ada, tea, point, stands, ends, charges
):
    order = place_order(ada.user, tea)
    server.arm(point)
    request = ("POST", "/api/payments/", {"order_id": order.pk, "payment_method": "card"})
    with pytest.raises((OSError, HTTPException)):
        server.send(*request, token=ada.pair.token, key="pay")
    assert not server.is_armed(point)

    answer = server.send_until_answered(*request, token=ada.pair.token, key="pay")
    payment = Payment.objects.get()
    assert (answer.status, answer.json()["payment_id"]) == (201, payment.pk)
    assert answer.json()["status"] == payment.status == stands
    Payment.objects.update(created_at=F("created_at") - timedelta(minutes=1))
    call_command("settle_payments")
    assert Payment.objects.get().status == ends
    assert list(DemoCharge.objects.values_list("status", flat=True)) == charges
    paid = ends == PaymentStatus.SUCCEEDED
    assert Order.objects.get().status == (OrderStatus.PAID if paid else OrderStatus.PENDING)

    again = server.send(*request, token=ada.pair.token, key="pay-another-time")
    assert (again.status, again.json().get("status")) == (
        (409, 409) if paid else (201, "succeeded")
    )
    assert DemoCharge.objects.filter(status="succeeded").count() == 1
    call_command("audit")


def test_a_gateway_that_hangs_holds_nobody_else_up(server, ada, tea):
    """Ten pay at once and the gateway is silent; thirty requests of others go by meanwhile."""
    buyers = UserFactory.create_batch(10)
    orders = [place_order(buyer, tea) for buyer in buyers]
    server.arm("gateway.silent", "3")

    tokens = [token_of(buyer) for buyer in buyers]

    def pay(order, token):
        body = {"order_id": order.pk, "payment_method": "card", "payment_token": "demo_timeout"}
        return server.send("POST", "/api/payments/", body, token=token, key="k")

    with ThreadPoolExecutor(len(orders)) as pool:
        paying = [pool.submit(pay, *pair) for pair in zip(orders, tokens, strict=True)]
        deadline = time.monotonic() + 10
        while DemoCharge.objects.count() < 4 and time.monotonic() < deadline:
            time.sleep(0.02)
        for _ in range(30):
            assert server.send("GET", "/api/cart/", token=ada.pair.token).status == 200
        hanging = sum(not payment.done() for payment in paying)
        answers = [payment.result() for payment in paying]
    assert hanging >= 4
    busy = [answer for answer in answers if answer.status == 503]
    assert {answer.json()["code"] for answer in busy} <= {"gateway_busy"}
    assert all(answer.headers["Retry-After"] for answer in busy)
    pending = [answer for answer in answers if answer.status == 201]
    assert {answer.json()["status"] for answer in pending} == {"pending"}
    begun = [model.objects.count() for model in (Payment, DemoCharge, IdempotencyKey)]
    assert begun == [len(pending)] * 3
    assert len(pending) + len(busy) == 10

    server.disarm("gateway.silent")
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
def test_a_held_row_lock_costs_its_own_requests_alone(server, ada, bob, tea, cart):
    add = ("POST", "/api/cart/add/", {"product_id": tea.pk, "quantity": 1})
    with ThreadPoolExecutor(6) as pool:
        with transaction.atomic():
            Cart.objects.select_for_update(no_key=True).get(pk=cart.pk)
            waiting = [
                pool.submit(server.send, *add, token=ada.pair.token, key=str(number))
                for number in range(6)
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


def test_a_stop_ends_what_is_under_way(tmp_path, ada, tea, cart):
    with serve(tmp_path) as shop:
        server = Faulty(shop, tmp_path / "faults")
        server.arm("order.written", "1.5")
        with ThreadPoolExecutor(1) as pool:
            body = {"cart_id": cart.pk}
            ordering = pool.submit(
                server.send, "POST", "/api/orders/", body, token=ada.pair.token, key="k"
            )
            time.sleep(0.7)
            assert not ordering.done()
            assert shop.stop() == 0
            answer = ordering.result()
    assert (answer.status, answer.json()["order_id"]) == (201, Order.objects.get().pk)
    call_command("audit")


@on_sqlite
def test_a_full_disk_refuses_writes_reads_on_and_recovers(tmp_path):
    """A small disk of its own; the server is not restarted when there is room again."""
    disk = tmp_path / "disk"
    disk.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=16m", "tmpfs", str(disk)]
    if os.geteuid() != 0 or subprocess.run(mount, check=False, capture_output=True).returncode:
        pytest.skip("only root may mount a small disk")
    try:
        database = f"sqlite:///{disk}/db.sqlite3"
        manage(environment_for(database), "migrate", "--verbosity", "0")
        manage(environment_for(database), "seed_demo")
        with serve(tmp_path, database=database) as shop:
            _fill_up_and_make_room(shop, disk / "filler")
        manage(environment_for(database), "audit")
    finally:
        subprocess.run(["umount", "--lazy", str(disk)], check=True)


def _fill_up_and_make_room(shop, filler):
    person = {"username": "ada", "email": "ada@example.com", "password": "corr3ct-horse"}
    assert send(shop.url, "POST", "/api/users/", person).status == 201
    token = send(shop.url, "POST", "/api/login/", person).json()["token"]
    add = ("POST", "/api/cart/add/", {"product_id": 1, "quantity": 1})
    assert send(shop.url, *add, token=token).status == 200
    with pytest.raises(OSError, match="No space left"), filler.open("wb") as file:
        while True:
            file.write(b"x" * 4096)
            file.flush()
    # The write-ahead log has some room of its own left from before; then none.
    refused = [send(shop.url, *add, token=token) for _ in range(400)]
    assert refused[-1].status == 503
    assert refused[-1].json()["code"] == "unavailable"
    assert int(refused[-1].headers["Retry-After"]) >= 1
    added = 1 + sum(answer.status == 200 for answer in refused)
    assert {answer.status for answer in refused} <= {200, 503}
    cart = send(shop.url, "GET", "/api/cart/", token=token)
    assert (cart.status, cart.json()["cart_items"][0]["quantity"]) == (200, added)
    assert send(shop.url, "GET", "/api/products/").status == 200
    filler.unlink()
    assert send(shop.url, *add, token=token).status == 200
    cart = send(shop.url, "GET", "/api/cart/", token=token)
    assert cart.json()["cart_items"][0]["quantity"] == added + 1


def test_the_log_tells_of_each_request_and_of_no_secret(tmp_path, tea):
    password, card, key = f"pw-{uuid4()}", f"demo_{uuid4().hex}", f"key-{uuid4()}"
    person = {"username": "eve", "email": "eve@example.com", "password": password}
    with serve(tmp_path) as shop:
        url = shop.url
        registered = send(url, "POST", "/api/users/", person)
        wrong = send(url, "POST", "/api/login/", {**person, "password": password + "x"})
        pair = send(url, "POST", "/api/login/", person).json()
        token = pair["token"]
        spent = send(url, "POST", "/api/token/refresh/", {"refresh": pair["refresh"]}).json()
        add = {"product_id": tea.pk, "quantity": 1}
        added = send(url, "POST", "/api/cart/add/?api_key=" + card, add, token=token, key=key)
        order = send(
            url, "POST", "/api/orders/", {"cart_id": added.json()["cart_id"]}, token=token
        ).json()
        pay = {"order_id": order["order_id"], "payment_method": "card", "payment_token": card}
        paid = send(url, "POST", "/api/payments/", pay, token=token)
        stranger = send(url, "GET", "/api/cart/", token=token + "x")
        wild = send(url, "GET", "/api/products/?page=%00")
        assert shop.stop() == 0
        log = shop.log.read_text()
    lines = [json.loads(line) for line in log.splitlines() if line.startswith("{")]
    by_id = {line["request_id"]: line for line in lines if "request_id" in line}
    user_id = registered.json()["id"]
    for answer, method, path, user, level in [
        (registered, "POST", "/api/users/", None, "INFO"),
        (wrong, "POST", "/api/login/", None, "WARNING"),
        (added, "POST", "/api/cart/add/", user_id, "INFO"),
        (paid, "POST", "/api/payments/", user_id, "INFO"),
        (stranger, "GET", "/api/cart/", None, "WARNING"),
        (wild, "GET", "/api/products/", None, "WARNING"),
    ]:
        line = by_id[answer.headers["X-Request-ID"]]
        assert (line["method"], line["path"], line["user_id"]) == (method, path, user)
        assert (line["status"], line["level"]) == (answer.status, level)
        assert line["duration_ms"] > 0
    assert by_id[wild.headers["X-Request-ID"]]["reason"].startswith("Path and query hold no NUL")
    secrets = [password, card, key, token, pair["refresh"], spent["token"], spent["refresh"]]
    secrets += [settings.SECRET_KEY, settings.JWT_SIGNING_KEY, person["email"]]
    assert [secret for secret in secrets if secret in log] == []
