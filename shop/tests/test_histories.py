"""The revision of the catalog after a failover and after a restore: nothing old is served."""

import re
import subprocess
from contextlib import ExitStack, contextmanager

import pytest
from django.core.management import call_command
from django.db import connection

from catalog import revision
from catalog.models import CatalogRevision
from shop.testing.postgres import own_postgres, programs
from shop.testing.server import (
    connect,
    dsn_of,
    fresh_database,
    running_shop,
    send,
    wait_until_ready,
)
from shop.testing.serving import url_of_the_tests_database
from shop.testing.standby import address_of, standby_of
from shop.testing.storm import staff

LIST, CHANGES = "/api/products/", "/api/products/changes/"
needs_postgresql = pytest.mark.skipif(
    connection.vendor != "postgresql", reason="SQLite has no failover"
)


class Client:
    """An app that remembers what it reads, and a member of staff who changes a price.

    Both use one server process, so that its caches decide.
    """

    def __init__(self, shop):
        staff.create_account(shop)
        self.url, self.etags, self.cursor = shop.url, {}, ""
        login = {"username": staff.NAME, "password": staff.PASSWORD}
        self.token = send(self.url, "POST", "/api/login/", login).json()["token"]
        body = {"name": "Tea", "price": "1.00", "stock": 5}
        product = send(self.url, "POST", LIST, body, token=self.token).json()
        self.path = f"{LIST}{product['id']}/"

    def set_price(self, price):
        """Change the price, and read it twice, the second time from the cache."""
        answer = send(self.url, "PATCH", self.path, {"price": price}, token=self.token)
        assert answer.status == 200, answer.body
        for path in (LIST, self.path) * 2:
            answer = send(self.url, "GET", path)
            self.etags[path] = answer.headers["ETag"]
        assert answer.json()["price"] == price
        self.cursor = send(self.url, "GET", CHANGES).json()["cursor"]


def number_of(database):
    with connect(database) as direct, direct.cursor() as cursor:
        cursor.execute("SELECT number FROM catalog_catalogrevision")
        return cursor.fetchone()[0]


def run(program, *arguments, text=None):
    done = subprocess.run(
        [programs() / program, *arguments], input=text, check=True, capture_output=True
    )
    return done.stdout


def copy_tables_of_the_tests_database(database):
    """Create the tables of the shop in another server, which takes longer by migrations."""
    source = dsn_of(url_of_the_tests_database())
    tables = run("pg_dump", "-d", source, "--schema-only")
    applied = run("pg_dump", "-d", source, "--data-only", "-t", "django_migrations")
    options = ["-d", dsn_of(database), "-v", "ON_ERROR_STOP=1", "-q"]
    run("psql", *options, text=tables + applied)


@contextmanager
def restored(tmp_path):
    """Yield the URL of a database, a function that dumps it, and one that restores the dump."""
    with own_postgres() as postgres, fresh_database(postgres.url) as database:
        options = ["-d", dsn_of(database)]
        dump = tmp_path / "dump"
        yield (
            database,
            lambda: run("pg_dump", *options, "-Fc", "-f", dump),
            lambda: run("pg_restore", *options, "--clean", "--if-exists", dump),
        )


@contextmanager
def failed_over(tmp_path):
    """Yield the same for a server that is copied, and one that is lost and replaced by the copy."""
    with ExitStack() as stack:
        postgres = stack.enter_context(own_postgres())
        address = stack.enter_context(address_of(postgres))
        standbys = []

        def fail_over():
            postgres.server.cleanup()
            address.point_to(standbys[0].folder)
            standbys[0].promote()

        yield (
            address.url_of(postgres.url),
            lambda: standbys.append(stack.enter_context(standby_of(postgres))),
            fail_over,
        )


@needs_postgresql
@pytest.mark.django_db
@pytest.mark.parametrize("loses_changes", [restored, failed_over])
def test_nothing_old_is_served_after_changes_were_lost(tmp_path, loses_changes):
    with loses_changes(tmp_path) as (database, save, lose):
        copy_tables_of_the_tests_database(database)
        with running_shop(database, workers=1) as shop:
            client = Client(shop)
            client.set_price("1.00")
            save()
            client.set_price("2.00")
            etags, cursor, lost = client.etags.copy(), client.cursor, number_of(database)
            lose()
            wait_until_ready(shop)
            assert send(shop.url, "GET", client.path).json()["price"] == "1.00"
            client.set_price("3.00")
            assert number_of(database) == lost
            for path, etag in etags.items():
                assert send(shop.url, "GET", path, if_none_match=etag).status == 200, path
                now = send(shop.url, "GET", path, if_none_match=client.etags[path])
                assert now.status == 304, path
            feed = send(shop.url, "GET", f"{CHANGES}?since={cursor}")
            assert (feed.status, feed.json()["code"]) == (409, "cursor_outdated")


@needs_postgresql
@pytest.mark.django_db(transaction=True)
def test_a_cursor_is_valid_after_a_restart_of_postgresql(tmp_path):
    with own_postgres() as postgres, fresh_database(postgres.url) as database:
        copy_tables_of_the_tests_database(database)
        with running_shop(database, workers=1) as shop:
            client = Client(shop)
            client.set_price("2.00")
            postgres.restart("fast")
            wait_until_ready(shop)
            feed = send(shop.url, "GET", f"{CHANGES}?since={client.cursor}")
            assert (feed.status, feed.json()["products"]) == (200, [])
            again = send(shop.url, "GET", client.path, if_none_match=client.etags[client.path])
            assert again.status == 200


@needs_postgresql
@pytest.mark.django_db(transaction=True)
def test_a_user_without_access_to_the_history_can_read_the_changes(anyone, tea, monkeypatch):
    monkeypatch.setattr(revision, "_without_history", [])
    with connection.cursor() as cursor:
        cursor.execute("CREATE ROLE plain; GRANT plain TO CURRENT_USER")
        cursor.execute("REVOKE EXECUTE ON FUNCTION pg_control_system() FROM PUBLIC")
        cursor.execute("GRANT ALL ON ALL TABLES IN SCHEMA public TO plain; SET ROLE plain")
        try:
            cursors = [anyone.get(CHANGES).json()["cursor"] for _ in range(2)]
            feed = anyone.get(CHANGES, {"since": cursors[0]})
        finally:
            cursor.execute("RESET ROLE; GRANT EXECUTE ON FUNCTION pg_control_system() TO PUBLIC")
            cursor.execute("DROP OWNED BY plain; DROP ROLE plain")
    assert cursors[0].split(".")[:2] == cursors[1].split(".")[:2]
    assert (feed.status_code, feed.json()["products"]) == (200, [])


@needs_postgresql
@pytest.mark.django_db(transaction=True)
def test_a_restore_of_the_data_alone_changes_every_etag(anyone, tea):
    path = f"{LIST}{tea.pk}/"
    etag = anyone.get(path)["ETag"]
    row = CatalogRevision.objects.get()
    CatalogRevision.objects.all().delete()
    row.save(force_insert=True)
    assert anyone.get(path, headers={"If-None-Match": etag}).status_code == 200


@pytest.mark.django_db
def test_a_renewed_revision_makes_etags_and_cursors_outdated(anyone, tea):
    path = f"{LIST}{tea.pk}/"
    etag, cursor = anyone.get(path)["ETag"], anyone.get(CHANGES).json()["cursor"]
    assert anyone.get(path, headers={"If-None-Match": etag}).status_code == 304
    call_command("renew_catalog_revision")
    assert anyone.get(path, headers={"If-None-Match": etag}).status_code == 200
    assert anyone.get(CHANGES, {"since": cursor}).json()["code"] == "cursor_outdated"


def test_a_revision_does_not_tell_about_the_server(anyone, tea):
    etag = anyone.get(f"{LIST}{tea.pk}/")["ETag"]
    assert re.fullmatch(r'"[0-9a-f]{16}-[0-9]+(-[0-9.]+)?"', etag)
