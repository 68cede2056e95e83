"""Several worker processes: they return each other's writes, and they log requests."""

import json
from concurrent.futures import ThreadPoolExecutor
from uuid import uuid4

import pytest
from django.conf import settings
from django.db import connection

from cart.models import CartItem, ShippingRate
from cart.shipping.factories import create_method
from catalog.factories import ProductFactory
from shop.testing.server import send
from shop.testing.serving import faulty_server

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_client_sees_its_own_writes_in_every_worker(server, amy):
    """Four clients write, and read from two workers after each write, also cached responses."""
    products = ProductFactory.create_batch(4)
    assert len(server.shop.workers()) == 2

    def write_and_look(product):
        path, seen = f"/api/products/{product.pk}/", []
        for number in range(1, 13):
            price = f"{number}.50"
            assert server.send("PATCH", path, {"price": price}, token=amy.pair.token).status == 200
            pages = [server.send("GET", "/api/products/").json()["products"] for _ in range(2)]
            seen += [server.send("GET", path).json()["price"] == price for _ in range(2)]
            seen += [
                shown["price"] == price
                for page in pages
                for shown in page
                if shown["id"] == product.pk
            ]
        return seen

    with ThreadPoolExecutor(len(products)) as pool:
        assert list(pool.map(write_and_look, products)) == [[True] * 48] * 4


def test_a_new_shipping_rate_is_used_in_every_worker(server, ada, tea):
    """The rate is written in this process; two workers have read the configuration before."""
    create_method(prices={"DE": "1.00"})
    address = {"country": "DE", "postal_code": "10119"}
    cart = {"items": [{"product_id": tea.pk, "quantity": 1}], "shipping_address": address}
    assert server.send("PATCH", "/api/cart/", cart, token=ada.pair.token).status == 200
    for price in ("1.00", "2.00", "3.00", "4.00"):
        ShippingRate.objects.update(price=price)
        responses = [server.send("GET", "/api/cart/", token=ada.pair.token) for _ in range(8)]
        assert {response.json()["shipping_price"] for response in responses} == {price}


def test_the_log_has_each_request_and_no_secrets(tmp_path, tea):
    password, card, key = f"pw-{uuid4()}", f"demo_{uuid4().hex}", f"key-{uuid4()}"
    person = {"username": "eve", "email": "eve@example.com", "password": password}
    with faulty_server(tmp_path) as server:
        shop, url = server.shop, server.shop.url
        login = {"username": "eve", "password": password}
        registered = send(url, "POST", "/api/users/", person)
        wrong = send(url, "POST", "/api/login/", {**login, "password": password + "x"})
        pair = send(url, "POST", "/api/login/", login).json()
        token = pair["token"]
        spent = send(url, "POST", "/api/token/refresh/", {"refresh": pair["refresh"]}).json()
        add = {"product_id": tea.pk, "quantity": 1}
        refused = send(url, "POST", "/api/cart/add/?api_key=" + card, add, token=token, key=key)
        added = send(url, "POST", "/api/cart/add/", add, token=token, key=key)
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
        (refused, "POST", "/api/cart/add/", user_id, "WARNING"),
        (added, "POST", "/api/cart/add/", user_id, "INFO"),
        (paid, "POST", "/api/payments/", user_id, "INFO"),
        (stranger, "GET", "/api/cart/", None, "WARNING"),
        (wild, "GET", "/api/products/", None, "WARNING"),
    ]:
        line = by_id[answer.headers["X-Request-ID"]]
        assert (line["method"], line["path"], line["user_id"]) == (method, path, user)
        assert (line["status"], line["level"]) == (answer.status, level)
        assert line["duration_ms"] > 0
    assert by_id[wild.headers["X-Request-ID"]]["reason"].startswith(
        "Path and query must not contain a NUL"
    )
    secrets = [password, card, key, token, pair["refresh"], spent["token"], spent["refresh"]]
    secrets += [settings.SECRET_KEY, settings.JWT_SIGNING_KEY, person["email"]]
    assert [secret for secret in secrets if secret in log] == []


@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite has no connections to lose")
def test_a_connection_lost_between_two_requests_is_replaced(server, ada, tea):
    add = {"product_id": tea.pk, "quantity": 1}

    def requests():
        for _ in range(4):
            yield server.send("GET", "/api/cart/", token=ada.pair.token).status
            yield server.send("POST", "/api/cart/add/", add, token=ada.pair.token).status

    assert list(requests()) == [200] * 8
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity "
            "WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
        assert (True,) in cursor.fetchall()
    assert list(requests()) == [200] * 8
    assert CartItem.objects.get().quantity == 8
