"""The index, the schema, the documentation page, health checks, the admin and CORS."""

import os
import subprocess

import pytest
from django.db import connection
from django.test import Client

from shop.core import documents, health


def test_the_index_lists_the_resources(anyone, db):
    index = anyone.get("/api/").json()
    assert index["products"] == "http://testserver/api/products/"
    assert set(index) == {
        "login",
        "logout",
        "users",
        "products",
        "categories",
        "addresses",
        "countries",
        "shop",
        "attributes",
        "collections",
        "sales",
        "synonyms",
        "cart",
        "checkout",
        "orders",
        "payments",
        "disputes",
        "drafts",
        "webhook-endpoints",
        "webhook-deliveries",
        "events",
        "withdrawals",
        "returns",
    }


def test_the_schema_contains_the_main_operations(anyone, db):
    schema = anyone.get(
        "/api/schema/", headers={"Accept": "application/vnd.oai.openapi+json"}
    ).json()
    assert schema["openapi"].startswith("3.1")
    operations = {(m, p) for p, methods in schema["paths"].items() for m in methods}
    assert operations >= {
        ("post", "/api/login/"),
        ("post", "/api/logout/"),
        ("post", "/api/users/"),
        ("get", "/api/users/{id}/"),
        ("get", "/api/products/"),
        ("get", "/api/products/{id}/"),
        ("post", "/api/cart/add/"),
        ("get", "/api/cart/"),
        ("post", "/api/orders/"),
        ("get", "/api/orders/{id}/"),
        ("post", "/api/payments/"),
    }


def test_the_schema_is_rendered_once_a_process(anyone, db):
    documents._render.cache_clear()
    for _ in range(3):
        assert anyone.get("/api/schema/").status_code == 200
    for query in ("?version=%0a", "?version=2", "?lang=x"):
        assert anyone.get(f"/api/schema/{query}").status_code == 400
    assert documents._render.cache_info().misses == 1


def test_the_documentation_page_uses_local_files_only(anyone, db):
    page = anyone.get("/api/docs/", headers={"Accept": "text/html"})
    assert (page.status_code, page["Content-Type"]) == (200, "text/html; charset=utf-8")
    assert "/static/drf_spectacular_sidecar/swagger-ui-dist/" in page.content.decode()
    assert "cdn" not in page.content.decode()


def test_health_checks_accept_any_host_and_are_not_redirected(db, settings):
    settings.SECURE_SSL_REDIRECT = True
    for path in ("/healthz", "/readyz"):
        answer = Client().get(path, headers={"Host": "10.1.2.3"})
        assert answer.status_code == 200
    assert Client().get("/api/products/").status_code == 301


def test_the_shop_is_not_ready_without_migrations(db):
    health._check_migrated.cache_clear()
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM django_migrations WHERE app = 'payments'")
    answer = Client().get("/readyz")
    assert (answer.status_code, answer["Retry-After"]) == (503, "5")
    assert "migrate" in answer.json()["detail"]
    assert Client().get("/healthz").status_code == 200


@pytest.mark.skipif(connection.vendor != "sqlite", reason="PostgreSQL has its own server")
def test_a_file_on_a_read_only_disk_is_not_ready(db, tmp_path, monkeypatch):
    """On a mount, because root may write to any file."""
    (tmp_path / "db.sqlite3").touch()
    monkeypatch.setitem(connection.settings_dict, "NAME", str(tmp_path / "db.sqlite3"))
    assert Client().get("/readyz").status_code == 200
    bind = ["mount", "--bind", "-o", "ro", str(tmp_path), str(tmp_path)]
    if os.geteuid() != 0 or subprocess.run(bind, check=False, capture_output=True).returncode:
        pytest.skip("only root may mount a folder")
    try:
        answer = Client().get("/readyz")
    finally:
        subprocess.run(["umount", "--lazy", str(tmp_path)], check=True)
    assert (answer.status_code, answer["Retry-After"]) == (503, "5")
    assert answer.json()["detail"] == "the database accepts no writes"


@pytest.mark.parametrize("path", ["/admin", "/admin/"])
def test_the_admin_asks_for_a_login(db, path):
    answer = Client().get(path, follow=True)
    assert answer.status_code == 200
    assert "Log in" in answer.content.decode()


def test_allowed_origins_may_call_the_api(anyone, db, settings):
    settings.CORS_ALLOWED_ORIGINS = ["https://app.example.com"]
    headers = {
        "Origin": "https://app.example.com",
        "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": "authorization, idempotency-key",
    }
    answer = anyone.options("/api/orders/", headers=headers)
    assert answer.status_code == 200
    assert answer["Access-Control-Allow-Origin"] == "https://app.example.com"
    assert "idempotency-key" in answer["Access-Control-Allow-Headers"]
    foreign = anyone.options(
        "/api/orders/", headers=headers | {"Origin": "https://evil.example.com"}
    )
    assert "Access-Control-Allow-Origin" not in foreign


@pytest.mark.parametrize("path", ["/api/products/", "/api/cart/", "/api/nowhere/"])
def test_responses_vary_by_origin_also_without_one(anyone, db, path):
    plain, named = anyone.get(path), anyone.get(path, headers={"Origin": "https://a.example.com"})
    for answer in (plain, named):
        assert "origin" in [name.strip().lower() for name in answer["Vary"].split(",")]
    assert "Vary" not in anyone.get("/healthz")
