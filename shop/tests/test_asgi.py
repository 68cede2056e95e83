"""The ASGI application: requests and responses as bytes."""

import asyncio
import json
import random
import socket
from contextlib import ExitStack, suppress
from http.client import HTTPConnection
from itertools import count
from queue import Empty, SimpleQueue
from threading import Event, Thread

import pytest
from django.conf import settings

from catalog.models import ProductImage
from catalog.tests.uploads import picture
from shop.asgi import client_address, make_application, make_scheduler
from shop.engine.server.application import THREADS, RefusedError
from shop.testing.clock import LoopClock
from shop.testing.server import send


def scope(*headers, method="POST", path=b"/echo/", query=b""):
    return {
        "type": "http",
        "http_version": "1.1",
        "method": method,
        "scheme": "http",
        "raw_path": path,
        "query_string": query,
        "headers": list(headers),
        "client": ("127.0.0.2", 5),
        "server": ("127.0.0.1", 8000),
    }


def events(*events):
    """Return a ``receive`` that returns these events and then waits for ever."""
    left = list(events)

    async def receive():
        if left:
            return left.pop(0)
        return await asyncio.Event().wait()

    return receive


def part(body, more=False):
    return {"type": "http.request", "body": body, "more_body": more}


def ask(application, about, *parts):
    sent = []

    async def keep(event):
        sent.append(event)

    asyncio.run(application(about, events(*parts), keep))
    return sent


def recorder(seen):
    def wsgi(environ, start_response):
        seen.update(environ, body=environ["wsgi.input"].read())
        start_response("201 Created", [("Location", "/x/")])
        return [b"a", b"b"]

    return wsgi


def test_parts_of_a_body_and_of_a_response_are_joined():
    seen = {}
    length = (b"content-length", b"5")
    sent = ask(
        make_application(recorder(seen)), scope(length), part(b"hel", more=True), part(b"lo")
    )
    assert seen["body"] == b"hello"
    assert sent == [
        {"type": "http.response.start", "status": 201, "headers": [(b"location", b"/x/")]},
        {"type": "http.response.body", "body": b"ab"},
    ]


def test_the_environ_follows_pep_3333():
    seen = {}
    headers = [
        (b"x-a", b"1"),
        (b"x-a", b"2"),
        (b"idempotency-key", b"\xe9"),
        (b"x_forwarded_for", b"9.9.9.9"),
        (b"content-type", b"text/plain"),
    ]
    about = scope(*headers, method="GET", path=b"/a%20b/%E2%82%AC/%FF", query=b"q=%20\xe9")
    ask(make_application(recorder(seen)), about)
    assert seen["PATH_INFO"] == "/a b/\xe2\x82\xac/\xff"
    assert (seen["QUERY_STRING"], seen["REMOTE_ADDR"]) == ("q=%20\xe9", "127.0.0.2")
    assert (seen["HTTP_X_A"], seen["HTTP_IDEMPOTENCY_KEY"]) == ("1,2", "\xe9")
    assert seen["CONTENT_TYPE"] == "text/plain"
    assert "HTTP_X_FORWARDED_FOR" not in seen


def test_a_body_that_does_not_arrive_is_a_408_and_uses_no_thread():
    seen = {}
    application = make_application(recorder(seen), body_timeout=0.05)
    start, body = ask(application, scope((b"content-length", b"5")), part(b"hel", more=True))
    assert (start["status"], seen) == (408, {})
    assert b'"code":"request_timeout"' in body["body"]


def test_an_error_before_django_has_a_request_id_and_a_log_line(caplog):
    application = make_application(recorder({}), body_timeout=0.05)
    start, _ = ask(application, scope((b"content-length", b"5")), part(b"hel", more=True))
    headers = dict(start["headers"])
    assert len(headers[b"x-request-id"]) == 32
    [line] = caplog.records
    assert (line.name, line.levelname) == ("shop.requests", "WARNING")
    assert line.facts == {"user_id": None, "method": "POST", "path": "/echo/", "status": 408}


def test_a_client_that_disconnects_while_sending_gets_no_response():
    seen = {}
    left = {"type": "http.disconnect"}
    length = (b"content-length", b"5")
    assert ask(make_application(recorder(seen)), scope(length), part(b"h", more=True), left) == []
    assert seen == {}


def test_a_body_that_is_too_large_is_not_read():
    seen = {}
    length = settings.DATA_UPLOAD_MAX_MEMORY_SIZE + 1
    ask(
        make_application(recorder(seen)),
        scope((b"content-length", b"%d" % length)),
        part(b"x" * length),
    )
    assert (seen["body"], seen["CONTENT_LENGTH"]) == (b"", str(length))


UPLOAD = b"/api/products/7/images/"
FORM = (b"content-type", b"multipart/form-data; boundary=x")


def announcing(length, *headers):
    return (b"content-length", b"%d" % length), *headers


def amy(about):
    """The staff user who sends every upload of these tests."""
    return "user 1"


def test_an_upload_is_stored_on_disk():
    seen, length = {}, 3_000_000

    def wsgi(environ, start_response):
        seen["is_a_file"] = environ["wsgi.input"].fileno() > 0
        return recorder(seen)(environ, start_response)

    about = scope(*announcing(length, FORM), path=UPLOAD)
    parts = [part(b"p" * 1_000_000, more=n < 2) for n in range(3)]
    start, _ = ask(make_application(wsgi, uploader=amy), about, *parts)
    assert (start["status"], seen["is_a_file"]) == (201, True)
    assert seen["body"] == b"p" * length
    assert seen["wsgi.input"].closed


@pytest.mark.parametrize(
    ("path", "kind", "length"),
    [
        (UPLOAD, FORM, 100 * 1024 * 1024),
        (UPLOAD, FORM, 10**30),
        (UPLOAD, (b"content-type", b"application/json"), 3_000_000),
        (b"/api/products/7/stock/", FORM, 3_000_000),
        (b"/api/products/7/images/8/", FORM, 3_000_000),
        (b"/admin/catalog/category/add/", FORM, 3_000_000),
    ],
)
def test_a_large_body_is_read_for_uploads_only(path, kind, length):
    seen = {}
    about = scope(*announcing(length, kind), path=path)
    ask(make_application(recorder(seen), uploader=amy), about, part(b"x" * 3_000_000))
    assert seen["body"] == b""


def test_an_upload_has_its_own_time_out():
    application = make_application(recorder({}), uploader=amy, body_timeout=30, upload_timeout=0.05)
    about = scope(*announcing(3_000_000, FORM), path=UPLOAD)
    start, _ = ask(application, about, part(b"x", more=True))
    assert start["status"] == 408
    start, _ = ask(application, scope((b"content-length", b"5")), part(b"hello"))
    assert start["status"] == 201


def test_more_than_eight_uploads_at_once_are_a_503():
    async def crowd():
        names = (f"user {n // 2}" for n in count())
        application = make_application(recorder({}), uploader=lambda _: next(names))
        sent, full, release = [], asyncio.Event(), asyncio.Event()

        async def keep(event):
            sent.append(event.get("status"))
            if sent.count(503) == 2:
                full.set()

        async def slow():
            await release.wait()
            return part(b"x" * 300_000)

        about = scope(*announcing(300_000, FORM), path=UPLOAD)
        asks = [asyncio.create_task(application(about, slow, keep)) for _ in range(10)]
        await asyncio.wait_for(full.wait(), 60)
        await application(scope(method="GET"), events(), keep)
        release.set()
        await asyncio.gather(*asks)
        await application(about, slow, keep)
        return [status for status in sent if status]

    assert asyncio.run(crowd()) == [503, 503] + [201] * 10


def test_a_full_disk_is_a_503(monkeypatch):
    def full():
        raise OSError("no space left on device")

    monkeypatch.setattr("shop.engine.server.application.TemporaryFile", full)
    about = scope(*announcing(3_000_000, FORM), path=UPLOAD)
    start, _ = ask(make_application(recorder({}), uploader=amy), about, part(b"x" * 3_000_000))
    assert start["status"] == 503


def test_a_503_without_a_thread_does_not_last(monkeypatch):
    def refuse(_):
        raise RuntimeError("can't start new thread")

    application = make_application(recorder({}))
    with monkeypatch.context() as patch:
        patch.setattr(Thread, "start", refuse)
        sent = ask(application, scope(method="GET"))
    assert sent[0]["status"] == 503
    assert json.loads(sent[1]["body"])["code"] == "unavailable"
    assert ask(application, scope(method="GET"))[0]["status"] == 201


def test_four_threads_run_at_once_without_those_that_wait():
    entered, release = SimpleQueue(), Event()

    def slow(environ, start_response):
        entered.put(None)
        release.wait(60)
        start_response("204 No Content", [])
        return []

    async def crowd():
        clock, application = LoopClock(), make_application(slow, threads=make_scheduler())

        async def keep(event):
            pass

        asks = [
            asyncio.create_task(application(scope(method="GET"), events(), keep)) for _ in range(6)
        ]
        await clock.forward(0.05)
        for _ in range(4):
            entered.get(timeout=60)
        with pytest.raises(Empty):
            entered.get(timeout=0.1)
        await clock.forward(0.1)
        for _ in range(2):
            entered.get(timeout=60)
        release.set()
        await asyncio.gather(*asks)

    asyncio.run(crowd())


def test_requests_beyond_the_queue_are_a_503():
    release = Event()

    def slow(environ, start_response):
        release.wait(60)
        start_response("204 No Content", [])
        return []

    async def crowd():
        application = make_application(slow, requests_per_address=0)
        sent, refused = [], asyncio.Event()

        async def keep(event):
            sent.append(event.get("status"))
            if sent.count(503) == 3:
                refused.set()

        places = THREADS + 128
        asks = [
            asyncio.create_task(application(scope(method="GET"), events(), keep))
            for _ in range(places + 3)
        ]
        await asyncio.wait_for(refused.wait(), 60)
        release.set()
        await asyncio.gather(*asks)
        return [status for status in sent if status]

    assert sorted(asyncio.run(crowd())) == [204] * (THREADS + 128) + [503] * 3


def test_requests_of_one_address_at_once_are_limited():
    release = Event()

    def slow(environ, start_response):
        release.wait(60)
        start_response("204 No Content", [])
        return []

    async def crowd():
        application, sent, refused = make_application(slow, requests_per_address=3), [], []

        async def keep(event):
            sent.append(event.get("status"))

        async def refuse(event):
            refused.append(event.get("status"))

        def ask(address, keep):
            about = {**scope(method="GET"), "client": (address, 5)}
            return asyncio.create_task(application(about, events(), keep))

        asks = [ask("192.0.2.1", keep) for _ in range(3)]
        await asyncio.sleep(0)
        await ask("192.0.2.1", refuse)
        asks.append(ask("192.0.2.2", keep))
        release.set()
        await asyncio.gather(*asks)
        await ask("192.0.2.1", keep)
        return [status for status in refused + sent if status]

    assert asyncio.run(crowd()) == [429] + [204] * 5


@pytest.mark.parametrize(
    ("proxies", "forwarded", "address"),
    [
        (0, "192.0.2.9", "127.0.0.2"),
        (1, "203.0.113.1, 192.0.2.9", "192.0.2.9"),
        (2, "203.0.113.1, 192.0.2.9", "203.0.113.1"),
        (2, "192.0.2.9", "192.0.2.9"),
        (1, "2001:db8::1", "2001:db8::/64"),
    ],
)
def test_the_address_of_a_client_is_found_behind_proxies(settings, proxies, forwarded, address):
    settings.NUM_PROXIES = proxies
    about = scope((b"x-forwarded-for", forwarded.encode()))
    assert client_address(about) == address


def post_picture(url, path, token, content):
    """Upload an image; return the status."""
    body = (
        b'--x\r\nContent-Disposition: form-data; name="image"; filename="pot.png"\r\n'
        b"Content-Type: image/png\r\n\r\n" + content + b"\r\n--x--\r\n"
    )
    headers = {
        "Authorization": f"Bearer {token}",
        "Content-Type": "multipart/form-data; boundary=x",
    }
    connection = HTTPConnection(url.removeprefix("http://"), timeout=30)
    try:
        connection.connect()
        with suppress(BrokenPipeError, ConnectionResetError):  # the server responded early
            connection.request("POST", path, body, headers)
        return connection.getresponse().status
    finally:
        connection.close()


def test_a_caller_has_two_uploads_at_once():
    async def crowd():
        names = iter(["ann", "ann", "ann", "bea"])
        application = make_application(recorder({}), uploader=lambda _: next(names))
        sent, release, refused = [], asyncio.Event(), asyncio.Event()

        async def keep(event):
            if "status" in event:
                sent.append(event["status"])
                refused.set()

        async def slow():
            await release.wait()
            return part(b"x" * 300_000)

        about = scope(*announcing(300_000, FORM), path=UPLOAD)
        asks = [asyncio.create_task(application(about, slow, keep)) for _ in range(4)]
        await asyncio.wait_for(refused.wait(), 60)
        release.set()
        await asyncio.gather(*asks)
        return sent

    assert asyncio.run(crowd()) == [429, 201, 201, 201]


def test_an_unknown_caller_takes_no_slot_for_an_upload():
    seen = {}

    def refuse(about):
        raise RefusedError(401)

    application = make_application(recorder(seen), uploader=refuse)
    start, body = ask(application, scope(*announcing(3_000_000, FORM), path=UPLOAD))
    assert (start["status"], dict(start["headers"])[b"www-authenticate"]) == (
        401,
        b'Bearer realm="api"',
    )
    assert json.loads(body["body"])["code"] == "not_authenticated"
    assert not seen


@pytest.mark.django_db(transaction=True)
def test_slow_uploads_of_strangers_do_not_block_those_of_staff(server, amy, ada, tea):
    """Each of them announces a large body and sends nothing more."""
    path = f"/api/products/{tea.pk}/images/"
    head = (
        f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 3000000\r\n"
        "Content-Type: multipart/form-data; boundary=x\r\n"
    )
    host, port = server.shop.url.removeprefix("http://").split(":")
    heads = [(head, 401)] * 30 + [(f"{head}Authorization: Bearer {ada.pair.token}\r\n", 403)] * 10
    with ExitStack() as stack:
        for text, status in heads:
            stranger = stack.enter_context(socket.create_connection((host, int(port)), 60))
            stranger.sendall(text.encode() + b"\r\n")
            assert stranger.recv(100).startswith(b"HTTP/1.1 %d " % status)
        assert (
            post_picture(
                server.shop.url, path, amy.pair.token, picture(size=(400, 300), compress_level=0)
            )
            == 201
        )


@pytest.mark.django_db(transaction=True)
def test_a_real_server_answers_unusual_requests(server, ada, amy, tea):
    url, token = server.shop.url, ada.pair.token
    assert send(url, "HEAD", "/api/products/").body == b""
    assert send(url, "GET", "/api/products/%E2%82%AC/").status == 404
    assert send(url, "GET", "/%FF/").status == 404
    add = {"product_id": tea.pk, "quantity": 1}
    refused = send(url, "POST", "/api/cart/add/", add, token=token, key="\xe9")
    assert (refused.status, refused.json()["errors"][0]["field"]) == (400, "Idempotency-Key")
    large = send(url, "POST", "/api/cart/add/", {**add, "x": "x" * 300_000}, token=token)
    assert (large.status, large.json()["code"]) == (413, "body_too_large")
    assert send(url, "POST", "/api/cart/add/", add, token=token).status == 200
    path = f"/api/products/{tea.pk}/images/"
    assert post_picture(url, path, amy.pair.token, picture(size=(900, 900), color="red")) == 201
    assert post_picture(url, path, amy.pair.token, random.randbytes(9_000_000)) == 400
    assert send(url, "GET", f"/media/{ProductImage.objects.get().large.name}").status == 200
    host, port = url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=60) as line:
        line.sendall(
            b"POST %s HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 104857600\r\n"
            b"Content-Type: multipart/form-data; boundary=x\r\n\r\n" % path.encode()
        )
        assert line.recv(4096).startswith(b"HTTP/1.1 413 ")
    with socket.create_connection((host, int(port)), timeout=60) as line:
        line.sendall(
            b"POST /api/cart/add/ HTTP/1.1\r\nHost: 127.0.0.1\r\nTransfer-Encoding: chunked\r\n"
            b"Content-Type: application/json\r\n\r\n2\r\n{}\r\n0\r\n\r\n"
        )
        assert line.recv(4096).startswith(b"HTTP/1.1 411 ")
