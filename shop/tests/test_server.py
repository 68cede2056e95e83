"""A real server: raw requests, connections, middleware and shutdown.

On SQLite it is that of the plain mode, on PostgreSQL that of the fast mode.
"""

import os
import signal
import socket
import time
from contextlib import closing
from pathlib import Path

import pytest
from django.db import connection

from shop.testing.server import running_shop, send
from shop.testing.serving import url_of_the_tests_database

pytestmark = pytest.mark.django_db(transaction=True)

HOST = b"Host: 127.0.0.1\r\n"
LIST = "/api/products/"


@pytest.fixture(scope="module")
def shop(django_db_setup, django_db_blocker):
    with django_db_blocker.unblock():
        url = url_of_the_tests_database()
    with running_shop(url, HEADER_TIMEOUT="1") as shop:
        yield shop


def open_socket(shop):
    host, _, port = shop.url.removeprefix("http://").partition(":")
    return closing(socket.create_connection((host, int(port)), timeout=60))


def wait_until_closed(connected):
    """Wait for less than the default of HEADER_TIMEOUT."""
    connected.settimeout(9)
    while connected.recv(4096):
        pass


def ask(shop, head, *headers):
    """Send a request without a body; return everything until the server closes."""
    lines = [head + b" HTTP/1.1", HOST.strip(), b"Connection: close", *headers, b"", b""]
    with open_socket(shop) as connected:
        connected.sendall(b"\r\n".join(lines))
        return b"".join(iter(lambda: connected.recv(65536), b""))


@pytest.mark.parametrize(
    ("head", "headers", "status", "code"),
    [
        (b"POST /api/cart/add/", [b"Content-Length: 104857600"], 413, b"body_too_large"),
        (b"POST /api/cart/add/", [b"Transfer-Encoding: chunked"], 411, b"length_required"),
        (b"GET /api/products/", [b"X-A: " + b"a" * 8191], 431, b"header_too_large"),
        (b"GET /api/cart/", [b"Cookie: " + b"a" * 8191], 431, b"header_too_large"),
        (b"GET /api/products/?a=%00", [], 400, b"invalid"),
        (b"GET /nowhere/", [], 404, b"not_found"),
        (b"GET /api/orders/", [], 401, b"not_authenticated"),
    ],
)
def test_an_error_is_json_with_its_request_id(shop, head, headers, status, code):
    answer = ask(shop, head, *headers)
    head, _, body = answer.partition(b"\r\n\r\n")
    assert answer.startswith(b"HTTP/1.1 %d " % status)
    assert b"content-type: application/problem+json\r\n" in head.lower()
    assert b"x-request-id: " in head.lower()
    assert b'"code":"%s"' % code in body


def test_too_many_headers_are_a_431_without_html(shop):
    answer = ask(shop, b"GET /api/products/", *[b"X-%d: 1" % number for number in range(120)])
    assert answer.startswith(b"HTTP/1.1 431 ")
    assert b"<" not in answer


@pytest.mark.parametrize(
    "sent", [b"", b"GET /healthz HT", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\4\0\0\0\0\0"]
)
def test_a_connection_without_a_request_is_closed_after_the_header_time_out(shop, sent):
    with open_socket(shop) as connected:
        connected.sendall(sent)
        wait_until_closed(connected)


def test_an_idle_connection_is_closed(shop):
    with open_socket(shop) as connected:
        connected.sendall(b"GET /healthz HTTP/1.1\r\n" + HOST + b"\r\n")
        assert connected.recv(4096).startswith(b"HTTP/1.1 200 ")
        wait_until_closed(connected)


def test_another_middleware_sees_every_request(tmp_path, tea):
    counted = tmp_path / "counted"
    own = {"DJANGO_SETTINGS_MODULE": "shop.testing.counting", "COUNTED_REQUESTS": str(counted)}
    url = url_of_the_tests_database()
    with running_shop(url, workers=1, **own) as shop:
        bodies = {send(shop.url, "GET", LIST).body for _ in range(3)}
    assert counted.read_text().splitlines().count(LIST) == 3
    assert len(bodies) == 1


@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite has no response cache")
def test_the_event_loop_connects_only_with_a_response_cache(tmp_path, tea):
    counted = tmp_path / "counted"
    for changes, asks in [
        ({"SHOP_ENGINE_WITHOUT": "response_cache"}, False),
        (
            {
                "DJANGO_SETTINGS_MODULE": "shop.testing.counting",
                "COUNTED_REQUESTS": str(counted),
            },
            False,
        ),
        ({}, True),
    ]:
        with running_shop(url_of_the_tests_database(), workers=1, **changes) as shop:
            for _ in range(2):
                assert send(shop.url, "GET", LIST).status == 200
            assert (revision_connections() == 1) is asks, changes


def revision_connections():
    """Count the connections whose last statement is the one of the response cache."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT COUNT(*) FROM pg_stat_activity WHERE datname = current_database()"
            " AND query LIKE '%%catalogrevision WHERE id = 1' AND pid <> pg_backend_pid()"
        )
        return cursor.fetchone()[0]


def test_workers_end_with_the_main_process_and_release_the_port():
    with running_shop(url_of_the_tests_database()) as shop:
        workers = shop.workers()
        port = int(shop.environment["PORT"])
        os.kill(shop.process.pid, signal.SIGKILL)
        shop.process.wait()
        deadline = time.monotonic() + 60
        while any(map(runs, workers)) or not is_free(port):
            assert time.monotonic() < deadline
            time.sleep(0.05)


def runs(pid):
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def is_free(port):
    """Return whether a server would listen on the port: ``serve`` binds it in this way first."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
        return True
