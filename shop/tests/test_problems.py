"""Errors are always problem details, also outside views and with DEBUG."""

import logging

import pytest
from django.db import connection, transaction
from django.test import Client

from accounts.factories import UserFactory
from catalog.models import Product
from shop.testing.fixtures import Caller
from shop.testing.races import at_once

PROBLEM = "application/problem+json"
LIST = "/api/products/"


@pytest.fixture(params=[False, True], ids=["production", "debug"])
def debug(request, settings):
    settings.DEBUG = request.param
    return request.param


def assert_problem(answer, status, code):
    assert (answer.status_code, answer["Content-Type"]) == (status, PROBLEM)
    body = answer.json()
    assert {"type", "title", "status", "detail", "code"} <= set(body)
    assert (body["status"], body["code"]) == (status, code)
    assert answer["X-Request-ID"]
    assert ("request_id" in body) is (status == 500)
    return body


@pytest.mark.parametrize(
    "path",
    ["/api/nothing/", "/nothing", "/api/cart.json", "/api/products.json", "/api/x/../cart/"],
)
def test_an_unknown_path_is_a_404(anyone, db, debug, path):
    assert_problem(anyone.get(path), 404, "not_found")


@pytest.mark.parametrize("method", ["post", "patch", "delete"])
@pytest.mark.parametrize("path", ["/api/orders/x/cancel/", "/nothing", "/api/products/\x84/"])
def test_an_unknown_path_is_a_404_for_a_browser_too(db, debug, method, path):
    browser = Client(enforce_csrf_checks=True)
    assert_problem(getattr(browser, method)(path), 404, "not_found")


@pytest.mark.parametrize("path", ["/api", "/api/products", "/api/cart/add", "/api/orders/1/cancel"])
def test_a_path_without_its_slash_names_the_right_one(anyone, db, debug, path):
    for method in ("get", "post"):
        body = assert_problem(getattr(anyone, method)(path), 404, "not_found")
        assert f"{path}/" in body["detail"]


def test_an_unknown_host_is_a_400(anyone, db, settings):
    settings.ALLOWED_HOSTS = ["shop.example.com"]
    for host in ("evil.example.com", "a b", "shop.example.com:x", "[::1"):
        answer = anyone.get(LIST, headers={"Host": host})
        assert "Host" in assert_problem(answer, 400, "invalid")["detail"]


@pytest.mark.parametrize("path", ["/api/%00", f"{LIST}?page=%00", f"{LIST}?x=a%00b", "/admin/%00"])
def test_a_nul_is_a_400(anyone, db, debug, path):
    assert_problem(anyone.get(path), 400, "invalid")


def test_a_body_too_large_is_a_413(anyone, db, debug):
    raw = b'{"username": "' + b"x" * 262_144 + b'"}'
    answer = anyone.generic("POST", "/api/login/", raw, content_type="application/json")
    assert_problem(answer, 413, "body_too_large")


def test_a_chunked_body_is_a_411(db, debug):
    client = Client()
    extra = {"HTTP_TRANSFER_ENCODING": "chunked", "CONTENT_LENGTH": ""}
    answer = client.generic("POST", "/api/login/", "{}", "application/json", **extra)
    assert_problem(answer, 411, "length_required")


@pytest.mark.parametrize("length", ["-1", "abc", "1e3", "9" * 30])
def test_an_invalid_content_length_is_refused(db, length):
    answer = Client().generic(
        "POST", "/api/login/", "{}", "application/json", CONTENT_LENGTH=length
    )
    assert answer.status_code in {400, 413}
    assert answer["Content-Type"] == PROBLEM


@pytest.mark.parametrize("method", ["PUT", "OPTIONS", "TRACE", "FOO", "PROPFIND"])
def test_an_unknown_method_is_a_405_for_anyone(anyone, ada, debug, method):
    for caller in (anyone, ada):
        for path in (LIST, "/api/cart/", "/api/orders/", "/api/login/", "/api/users/me/"):
            answer = caller.generic(method, path)
            assert_problem(answer, 405, "method_not_allowed")
            assert method not in answer["Allow"]


@pytest.mark.parametrize("path", ["/api/", "/api/schema/", "/api/docs/", "/healthz", "/readyz"])
def test_read_only_paths_support_no_other_method(anyone, db, debug, path):
    for method in ("POST", "DELETE", "OPTIONS"):
        answer = anyone.generic(method, path)
        assert_problem(answer, 405, "method_not_allowed")
        assert answer["Allow"] == "GET, HEAD"


@pytest.mark.parametrize("path", ["/api/", "/api/schema/", "/api/docs/"])
def test_errors_of_the_index_and_the_documentation_are_problems(anyone, db, debug, path):
    assert_problem(anyone.get(path, headers={"Accept": "image/png"}), 406, "not_acceptable")
    bad = anyone.get(path, headers={"Authorization": "Bearer x"})
    assert_problem(bad, 401, "token_invalid")


def test_an_asterisk_as_path_is_a_400(anyone, db, debug):
    assert_problem(anyone.generic("OPTIONS", "/", PATH_INFO="*"), 400, "invalid")


@pytest.mark.parametrize("accept", ["text/html", "application/xml", "image/*"])
def test_an_accept_header_without_json_is_a_406(anyone, db, debug, accept):
    assert_problem(anyone.get(LIST, headers={"Accept": accept}), 406, "not_acceptable")


@pytest.mark.parametrize(
    "accept", ["*/*", "application/*", "application/json", "text/html, */*;q=0.1"]
)
def test_an_accept_header_with_json_is_answered(anyone, db, accept):
    assert anyone.get(LIST, headers={"Accept": accept}).status_code == 200


@pytest.mark.parametrize(
    "kind",
    ["text/plain", "application/xml", "application/vnd.api+json", "json", "x" * 300, "a/b;c"],
)
def test_another_content_type_is_a_415(anyone, db, debug, kind):
    answer = anyone.generic("POST", "/api/login/", "username=ada", content_type=kind)
    assert_problem(answer, 415, "unsupported_media_type")


@pytest.mark.parametrize("parameters", ["a*=''; a*1*=", "a*=rot13''%41", "a*=nothing''%41"])
def test_an_accept_header_with_malformed_parameters_is_a_406(anyone, db, debug, parameters):
    for path in (LIST, "/api/", "/api/schema/"):
        answer = anyone.get(path, headers={"Accept": f"text/plain; {parameters}"})
        assert_problem(answer, 406, "not_acceptable")


def test_missing_permissions(anyone, ada, debug):
    body = {"name": "x", "price": "1"}
    assert_problem(anyone.post(LIST, body), 401, "not_authenticated")
    assert_problem(ada.post(LIST, body), 403, "permission_denied")
    assert_problem(ada.get("/api/orders/1/"), 404, "not_found")


def test_a_validation_error_names_each_field(anyone, db):
    body = assert_problem(anyone.post("/api/users/", {"username": 7}), 400, "invalid")
    assert [(e["field"], e["code"]) for e in body["errors"]] == [
        ("username", "invalid"),
        ("email", "required"),
        ("password", "required"),
    ]
    assert all(error["detail"] for error in body["errors"])


@pytest.mark.django_db(transaction=True)
def test_a_database_error_is_not_disclosed(debug, caplog):
    client = Caller(UserFactory())
    with connection.schema_editor() as editor:
        editor.alter_db_table(Product, "catalog_product", "catalog_elsewhere")
    try:
        answer = client.post("/api/cart/add/", {"product_id": 1, "quantity": 1})
    finally:
        with connection.schema_editor() as editor:
            editor.alter_db_table(Product, "catalog_elsewhere", "catalog_product")
    # On SQLite a missing table is the same error as an unavailable database.
    assert answer.status_code == {"postgresql": 500, "sqlite": 503}[connection.vendor]
    text = answer.content.decode()
    assert "Traceback" not in text
    assert "catalog_product" not in text


def test_an_unhandled_exception_is_a_500_with_the_request_id(ada, debug, monkeypatch, caplog):
    from shop.core import health

    monkeypatch.setattr(health, "has_pending_migrations", lambda: 1 / 0)
    answer = ada.get("/readyz")
    body = assert_problem(answer, 500, "server_error")
    assert body["request_id"] == answer["X-Request-ID"]
    assert "ZeroDivisionError" not in answer.content.decode()
    traces = [record for record in caplog.records if record.exc_info]
    assert len(traces) == 1
    assert body["request_id"] in traces[0].getMessage()


@pytest.mark.django_db(transaction=True)
def test_a_lock_time_out_is_a_503_and_readers_do_not_wait(ada, bob, amy, tea):
    path = f"{LIST}{tea.pk}/stock/"

    def impatient(call):
        with connection.cursor() as cursor:
            if connection.vendor == "postgresql":
                cursor.execute("SET lock_timeout = '200ms'")
            else:
                cursor.execute("PRAGMA busy_timeout = 200")
        return call()

    with transaction.atomic():
        Product.objects.lock(tea.pk)
        blocked, reader = at_once(
            lambda: impatient(lambda: amy.post(path, {"delta": 1, "reason": "x"})),
            lambda: impatient(lambda: bob.get(f"{LIST}{tea.pk}/")),
        )
    assert_problem(blocked, 503, "unavailable")
    assert int(blocked["Retry-After"]) >= 1
    assert reader.status_code == 200
    assert Product.objects.get().stock == 10
    assert amy.post(path, {"delta": 1, "reason": "x"}).json()["stock"] == 11


@pytest.mark.parametrize(
    "mistake",
    [
        lambda c: c.get("/api/nothing/"),
        lambda c: c.get(LIST, headers={"Host": "evil.example.com"}),
        lambda c: c.get("/api/%00"),
        lambda c: c.get(LIST, headers={"Authorization": "Bearer x"}),
        lambda c: c.generic("POST", "/api/login/", b"{", content_type="application/json"),
        lambda c: c.generic("POST", "/api/login/", b"x" * 300_000, content_type="application/json"),
        lambda c: c.post("/api/login/", {"username": "nobody", "password": "x"}),
    ],
)
def test_a_client_error_logs_one_line_without_traceback(anyone, db, caplog, mistake):
    caplog.set_level(logging.WARNING)
    assert 400 <= mistake(anyone).status_code < 500
    records = [record for record in caplog.records if record.name != "shop.security"]
    assert len(records) == 1
    for record in caplog.records:
        assert record.exc_info is None
        assert "\n" not in record.getMessage()


def test_a_head_has_no_body_and_the_length_of_a_get(anyone, tea):
    head, get = anyone.head(LIST), anyone.get(LIST)
    assert (head.status_code, head.content) == (200, b"")
    assert head["Content-Length"] == get["Content-Length"] == str(len(get.content))


def test_each_response_has_a_new_request_id(anyone, db):
    given = {"X-Request-ID": "mine"}
    ids = {anyone.get(LIST, headers=given)["X-Request-ID"] for _ in range(3)}
    assert len(ids) == 3
    assert "mine" not in ids


@pytest.mark.parametrize(
    ("path", "detail"),
    [
        (
            "/api/products",
            "This path does not exist. Add a slash at the end: /api/products/",
        ),
        ("/api/nothing", "This path does not exist."),
        ("/api/nothing/", "This path does not exist."),
    ],
)
def test_a_404_recommends_a_slash_only_where_that_path_exists(anyone, db, path, detail):
    assert assert_problem(anyone.get(path), 404, "not_found")["detail"] == detail
