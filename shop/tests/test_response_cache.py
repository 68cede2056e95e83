"""The response cache: which requests it answers, and which reach Django."""

import asyncio
import json
from datetime import timedelta

import pytest
from django.core.handlers.wsgi import WSGIHandler
from django.db import connection, connections
from django.http.request import HttpHeaders
from django.utils import timezone

from catalog import revision, services
from shop.asgi import KEY_HEADERS, make_application, make_response_cache
from shop.engine import loop_query as loop
from shop.engine.loop_query import LoopQuery
from shop.engine.responses import BYPASS_HEADERS, CONDITION
from shop.tests.test_asgi import ask, scope

pytestmark = [
    pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite has no response cache"),
    pytest.mark.django_db(transaction=True),
]

LIST = b"/api/products/"
HOST = (b"host", b"testserver")
GZIP = (b"accept-encoding", b"gzip")


class Django:
    """The WSGI application, which counts its requests, each with a new connection."""

    def __init__(self):
        self.handler = WSGIHandler()
        self.requests = 0

    def __call__(self, environ, start_response):
        self.requests += 1
        response = self.handler(environ, start_response)
        body = b"".join(response)
        response.close()
        connections.close_all()
        return [body]


@pytest.fixture
def django():
    revision.clear_caches()
    return Django()


@pytest.fixture
def application(django):
    return cached(django)


def cached(wsgi):
    return make_application(wsgi, responses=make_response_cache())


def read(application, *headers, path=LIST, query=b"", method="GET"):
    """Return status, headers without the request id, body, and the request id."""
    given = headers if any(name == b"host" for name, _ in headers) else (HOST, *headers)
    start, content = ask(application, scope(*given, method=method, path=path, query=query))
    named = dict(start["headers"])
    return start["status"], named, content["body"], named.pop(b"x-request-id")


def test_a_repeated_request_does_not_reach_django(application, django, tea):
    for path in (LIST, b"%s%d/" % (LIST, tea.pk), b"/api/categories/"):
        before = django.requests
        first, second = read(application, path=path), read(application, path=path)
        assert first[:3] == second[:3]
        assert first[3] != second[3]
        assert django.requests == before + 1


def test_a_change_of_the_catalog_invalidates_the_cache(application, django, tea):
    assert b'"price":"4.50"' in read(application)[2]
    services.update_product(product_id=tea.pk, price="11.00")
    assert b'"price":"11.00"' in read(application)[2]
    assert b'"price":"11.00"' in read(application)[2]
    assert django.requests == 2


def test_a_scheduled_change_invalidates_the_cache(tea):
    soon = timezone.now() + timedelta(hours=1)
    services.update_product(product_id=tea.pk, publish_at=soon)
    shown = revision.current()
    version, number, now = revision.read_revision()
    assert revision.public_revision_at(version, number, now) == shown
    assert revision.public_revision_at(version, number, now + 3599) == shown
    assert revision.public_revision_at(version, number, now + 3601) is None
    assert revision.public_revision_at(version, number + 1, now) is None


@pytest.mark.parametrize("header", sorted(BYPASS_HEADERS))
def test_a_request_that_may_be_personal_reaches_django(application, django, tea, header):
    read(application)
    for _ in range(2):
        read(application, (header, b"0"))
    assert django.requests == 3


@pytest.mark.parametrize("name", [b"x-anything", b"if-none-match", b"origin"])
def test_a_header_over_8_kb_is_refused_on_a_cache_hit_too(application, django, tea, name):
    read(application)
    assert read(application, (name, b"a" * 8190))[0] == 200
    assert read(application, (name, b"a" * 8191))[0] == 431


def test_a_request_without_host_reaches_django(application, django, tea, settings):
    settings.ALLOWED_HOSTS = ["127.0.0.1"]
    for _ in range(2):
        start, _ = ask(application, scope(GZIP, method="GET", path=LIST))
        assert start["status"] == 200
    assert django.requests == 2


def test_a_response_with_a_long_key_is_not_cached(application, django, tea):
    for _ in range(2):
        assert read(application, (b"origin", b"a" * 2000))[0] == 200
    assert django.requests == 2


def test_a_cache_hit_with_the_right_etag_is_a_304(application, django, tea):
    _, headers, body, _ = read(application)
    has = (b"if-none-match", headers[b"etag"])
    unchanged = read(application, has)
    assert (unchanged[0], unchanged[2], django.requests) == (304, b"", 1)
    assert b"content-type" not in unchanged[1]
    services.update_product(product_id=tea.pk, price="5.50")
    changed = read(application, has)
    assert (changed[0], changed[2] == body) == (200, False)
    assert read(application, has)[:3] == changed[:3]
    assert django.requests == 2


def test_the_size_of_the_cache_is_limited(application, django, tea):
    application._responses._size = 2
    for origin in (b"a", b"b", b"c", b"b", b"c"):
        read(application, (b"origin", origin))
    assert django.requests == 3
    read(application, (b"origin", b"a"))
    assert django.requests == 4


def test_other_methods_and_errors_reach_django(application, django, tea):
    for about in (
        {"method": "HEAD"},
        {"method": "OPTIONS"},
        {"path": b"/api/products/999/"},
        {"query": b"colour=red"},
        {"query": b"search=tea"},
        {"path": b"/api/products/changes/"},
        {"path": b"/readyz"},
    ):
        before = django.requests
        assert read(application, **about)[0] == read(application, **about)[0]
        assert django.requests == before + 2, about


def test_a_cached_response_equals_that_of_django_for_each_header(application, tea, settings):
    settings.CORS_ALLOWED_ORIGINS = ["https://app.example.com"]
    settings.ALLOWED_HOSTS = ["testserver", "other.example.com"]
    etag = read(application)[1][b"etag"]
    asked = [
        [],
        [GZIP],
        [(b"accept-encoding", b"identity")],
        [(b"if-none-match", etag)],
        [(b"if-none-match", etag), GZIP],
        [(b"if-none-match", b"W/" + etag)],
        [(b"if-none-match", b'"other"')],
        [(b"if-none-match", b'"other", ' + etag)],
        [(b"if-none-match", b'"other"'), (b"if-none-match", etag)],
        [(b"if-none-match", b"*")],
        [(b"if-none-match", etag.strip(b'"'))],
        [(b"origin", b"https://app.example.com")],
        [(b"origin", b"https://evil.example.com")],
        [(b"accept", b"application/json")],
        [(b"host", b"other.example.com")],
        [(b"host", b"unknown.example.com")],
        [(b"accept", b"text/plain")],
        [(b"accept-language", b"de")],
        [(b"accept-language", b"de"), (b"if-none-match", etag)],
        [(b"accept-language", b"de"), (b"accept", b"text/plain")],
    ]
    for headers in asked:
        uncached = read(cached(Django()), *headers)
        answers = [read(application, *headers) for _ in range(3)]
        for answer in answers:
            assert (answer[0], answer[2]) == (uncached[0], uncached[2])
            assert {**answer[1], b"allow": b""} == {**uncached[1], b"allow": b""}


def test_django_reads_no_headers_but_those_of_the_cache_key(tea, monkeypatch):
    names = set()

    class Environ(dict):
        def __getitem__(self, name):
            names.add(name)
            return super().__getitem__(name)

        def get(self, name, default=None):
            names.add(name)
            return super().get(name, default)

        def __contains__(self, name):
            names.add(name)
            return super().__contains__(name)

    get = HttpHeaders.__getitem__

    def see(self, name):
        names.add(f"HTTP_{name.upper().replace('-', '_')}")
        return get(self, name)

    monkeypatch.setattr(HttpHeaders, "__getitem__", see)
    handler = WSGIHandler()

    def wsgi(environ, start_response):
        body = b"".join(handler(Environ(environ), start_response))
        connections.close_all()
        return [body]

    for _ in range(2):  # without and with caches in the process
        assert read(cached(wsgi))[0] == 200
    headers = {name[5:].lower().replace("_", "-") for name in names if name.startswith("HTTP_")}
    known = {name.decode() for name in KEY_HEADERS | BYPASS_HEADERS | {CONDITION}}
    known.add("accept-language")  # decides about errors, and about the negotiated language
    assert {"host", "accept", "if-none-match", "origin"} <= headers <= known


def test_responses_are_cached_by_the_negotiated_language(django, tea, settings):
    settings.SHOP_LANGUAGES = {"en": "English", "de": "Deutsch"}
    services.update_product(product_id=tea.pk, translations={"de": {"name": "Tee"}})
    application = cached(django)
    path = b"%s%d/" % (LIST, tea.pk)

    def name(*accepted, query=b""):
        headers = [(b"accept-language", value) for value in accepted]
        status, named, body, _ = read(application, *headers, path=path, query=query)
        assert status == 200
        return json.loads(body)["name"], named[b"content-language"], named[b"etag"]

    german = name(b"de")
    assert german[:2] == ("Tee", b"de")
    for accepted in ((b"de-AT, en;q=0.5",), (b"fr, de;q=0.1",), (b"fr", b"de")):
        assert name(*accepted) == german
    assert django.requests == 1
    english = name()
    assert english[:2] == ("Tea", b"en")
    assert english == name(b"fr") == name(b"x" * 600) == name(b"*")
    assert django.requests == 2
    assert name(b"en", query=b"lang=de") == name(b"en", query=b"lang=de") == german
    assert django.requests == 3
    # A copy in one language is no copy in another.
    conditional = (b"if-none-match", german[2])
    assert read(application, conditional, path=path)[0] == 200
    assert read(application, conditional, (b"accept-language", b"de"), path=path)[0] == 304


def test_there_are_no_cache_hits_without_the_database(application, django, tea, monkeypatch):
    monkeypatch.setattr(loop, "_PAUSE", 0)
    read(application)
    read(application)
    assert django.requests == 1
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity"
            " WHERE query LIKE '%%catalogrevision WHERE id = 1' AND pid <> pg_backend_pid()"
            " AND datname = current_database()"
        )
        assert cursor.fetchall() == [(True,)]
    assert [read(application)[0] for _ in range(3)] == [200] * 3
    assert django.requests == 2


def test_a_failure_is_followed_by_a_pause(monkeypatch):
    monkeypatch.setitem(connection.settings_dict, "PORT", "1")
    query = LoopQuery("SELECT 1")

    async def ask_twice():
        first = await query.row()
        monkeypatch.setitem(connection.settings_dict, "PORT", port)
        return first, await query.row()

    port = connection.settings_dict["PORT"]
    assert asyncio.run(ask_twice()) == (None, None)


def test_an_error_in_the_loop_does_not_block_callers(db, monkeypatch):
    monkeypatch.setattr(loop, "_PAUSE", 0)
    query = LoopQuery("SELECT 1")

    async def ask_of_a_loop_that_fails():
        running = asyncio.get_running_loop()
        with monkeypatch.context() as broken:
            broken.setattr(running, "add_reader", lambda *_: 1 / 0)
            broken.setattr(running, "add_writer", lambda *_: 1 / 0)
            first = await asyncio.wait_for(query.row(), 60)
        return first, await asyncio.wait_for(query.row(), 60)

    assert asyncio.run(ask_of_a_loop_that_fails()) == (None, (1,))


async def _until_one_waits(cursor):
    while True:
        cursor.execute("SELECT COUNT(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted")
        if cursor.fetchone()[0]:
            return
        await asyncio.sleep(0.01)


def test_a_caller_during_a_query_waits_for_the_next_query(db):
    query = LoopQuery(
        "SELECT nextval('catalog_product_id_seq') FROM (SELECT pg_advisory_xact_lock(7)) held"
    )

    async def ask_while_it_is_asked(cursor):
        first = asyncio.create_task(query.row())
        await _until_one_waits(cursor)
        others = [asyncio.create_task(query.row()) for _ in range(3)]
        await asyncio.sleep(0)
        others[0].cancel()
        cursor.execute("SELECT pg_advisory_unlock(7)")
        return await first, await others[1], await others[2]

    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(7)")
        (first,), (second,), (third,) = asyncio.run(ask_while_it_is_asked(cursor))
    assert (second, third) == (first + 1, first + 1)


def test_a_query_has_a_time_out(db, monkeypatch):
    monkeypatch.setattr(loop, "_TIMEOUT", 0.05)
    query = LoopQuery("SELECT 1 FROM (SELECT pg_advisory_xact_lock(7)) held")
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(7)")
        assert asyncio.run(query.row()) is None
        cursor.execute("SELECT pg_advisory_unlock(7)")
