"""CORS: browser apps of allowed origins get its headers on every response."""

import os
import subprocess
import sys

import pytest

from catalog.factories import ProductFactory
from shop.asgi import error_response
from shop.core.cors_middleware import cors_headers
from shop.testing.marks import on_one_database

pytestmark = on_one_database

APP, EVIL = "https://app.example.com", "https://evil.example.com"
SENT = [
    *("accept", "authorization", "content-type", "idempotency-key", "if-none-match"),
    *("baggage", "sentry-trace", "traceparent", "tracestate", "x-cart-token", "x-request-id"),
]
EXPOSED = {"ETag", "Idempotent-Replayed", "Link", "Location", "Retry-After", "X-Request-ID"}


@pytest.fixture(autouse=True)
def allowed_origins(settings):
    settings.CORS_ALLOWED_ORIGINS = [APP]


def assert_shared_with_the_app(headers):
    headers = {name.lower(): value for name, value in dict(headers).items()}
    assert headers["access-control-allow-origin"] == APP
    assert set(headers["access-control-expose-headers"].split(", ")) == EXPOSED
    assert "origin" in headers["vary"].lower()


def preflight(client, header, path="/api/orders/"):
    """Return whether a browser may send the header."""
    headers = {
        "Origin": APP,
        "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": header,
    }
    answer = client.options(path, headers=headers)
    assert (answer.status_code, answer["Access-Control-Allow-Origin"]) == (200, APP)
    return header in answer["Access-Control-Allow-Headers"].split(", ")


@pytest.mark.parametrize("header", SENT)
def test_a_header_of_the_api_or_of_tracing_is_allowed(anyone, db, header):
    assert preflight(anyone, header)


def test_another_header_is_allowed_by_the_setting(anyone, db, settings):
    assert not preflight(anyone, "x-app-version")
    settings.CORS_ALLOW_HEADERS = [*settings.CORS_ALLOW_HEADERS, "x-app-version"]
    assert preflight(anyone, "x-app-version")


def load_settings(value):
    code = "from shop.settings import CORS_ALLOW_HEADERS as names; print(names[12:])"
    environment = {**os.environ, "DEBUG": "true", "CORS_ALLOW_HEADERS": value}
    return subprocess.run(
        [sys.executable, "-c", code], env=environment, check=False, capture_output=True, text=True
    )


def test_the_setting_adds_headers():
    assert load_settings("X-App-Version,x-b").stdout == "['x-app-version', 'x-b']\n"


@pytest.mark.parametrize("value", ["x app", "x:y", "ä", "a/b"])
def test_a_setting_that_is_no_header_name_stops_the_start(value):
    done = load_settings(value)
    assert done.returncode == 1
    assert "CORS_ALLOW_HEADERS must be names of headers" in done.stderr


REFUSED = {
    "404 of a path": (404, {"path": "/api/nowhere/"}),
    "401": (401, {"path": "/api/orders/"}),
    "405": (405, {"path": "/api/login/"}),
    "406": (406, {"path": "/api/products/", "headers": {"Accept": "text/plain"}}),
    "bad host": (400, {"path": "/api/products/", "headers": {"Host": "evil.example.com"}}),
    "NUL": (400, {"path": "/api/products/?a=%00"}),
    "411": (411, {"path": "/api/login/", "headers": {"Transfer-Encoding": "chunked"}}),
    "413": (413, {"path": "/api/login/", "headers": {"Content-Length": "300000"}}),
    "431": (431, {"path": "/api/products/", "headers": {"X-Long": "x" * 9_000}}),
}


@pytest.mark.parametrize("name", REFUSED)
def test_every_error_has_the_headers(anyone, db, name):
    status, request = REFUSED[name]
    headers = {"Origin": APP, **request.get("headers", {})}
    answer = anyone.get(request["path"], headers=headers)
    assert answer.status_code == status
    assert_shared_with_the_app(answer.headers)
    foreign = anyone.get(request["path"], headers={**headers, "Origin": EVIL})
    assert foreign.status_code == status
    assert "Access-Control-Allow-Origin" not in foreign


def test_a_server_error_has_the_headers(anyone, db, monkeypatch):
    def fail(self, request):
        raise RuntimeError

    monkeypatch.setattr("accounts.views.LoginViewSet.create", fail)
    answer = anyone.post("/api/login/", {}, headers={"Origin": APP})
    assert answer.status_code == 500
    assert_shared_with_the_app(answer.headers)


@pytest.mark.parametrize("status", [408, 429, 503])
def test_a_response_of_the_server_itself_has_the_headers(status):
    def scope(origin):
        headers = [(b"host", b"testserver"), (b"origin", origin.encode())]
        return {"method": "POST", "raw_path": b"/api/orders/", "headers": headers}

    response = error_response(scope(APP), status)
    assert response.status == status
    assert_shared_with_the_app({k.decode(): v.decode() for k, v in response.headers})
    foreign = dict(error_response(scope(EVIL), status).headers)
    assert b"access-control-allow-origin" not in foreign


def test_cached_responses_have_the_headers_of_their_own_request(anyone, db):
    ProductFactory()
    for path in ("/api/products/", "/api/attributes/"):
        for _ in range(2):
            assert_shared_with_the_app(anyone.get(path, headers={"Origin": APP}).headers)
            other = anyone.get(path, headers={"Origin": EVIL})
            assert "Access-Control-Allow-Origin" not in other
            assert "origin" in other["Vary"].lower()


def test_media_files_have_the_headers(anyone, db, media):
    name = f"products/ab/ab{'0' * 30}-large.webp"
    (media / name).parent.mkdir(parents=True)
    (media / name).write_bytes(b"RIFF")
    answer = anyone.get(f"/media/{name}", headers={"Origin": APP})
    assert (answer.status_code, answer.content) == (200, b"RIFF")
    assert_shared_with_the_app(answer.headers)
    missing = anyone.get(f"/media/{name.replace('large', 'small')}", headers={"Origin": APP})
    assert missing.status_code == 404
    assert_shared_with_the_app(missing.headers)


@pytest.mark.parametrize("path", ["/admin/login/", "/healthz", "/"])
def test_other_pages_have_none(anyone, db, path):
    assert "Access-Control-Allow-Origin" not in anyone.get(path, headers={"Origin": APP})


@pytest.mark.parametrize("origin", ["http://[", "null", "", "\x00", "é", f"{APP}.evil"])
def test_a_malformed_origin_gets_none(origin):
    names = {name.lower() for name in cors_headers("/api/cart/", origin)}
    assert "access-control-allow-origin" not in names
