"""Fixtures: the customers ada and bob, amy of the staff, anonymous clients, and products."""

import os
from collections.abc import Iterator
from itertools import count
from pathlib import Path
from typing import Any

import environ
import pytest
from django.conf import settings
from django.db import connection, connections, transaction
from django.test import Client, TransactionTestCase
from django.test.utils import override_settings
from pytest_django import DjangoDbBlocker
from rest_framework.test import APIClient

from accounts.factories import StaffFactory, UserFactory
from accounts.models import User
from accounts.tokens import open_session
from catalog import revision
from catalog.factories import ProductFactory, ShirtFactory
from catalog.models import Product
from shop.core import conversions
from shop.testing.clock import DatabaseClock
from shop.testing.contract import assert_documented
from shop.testing.databases import migrated_database, start_migrating
from shop.testing.emptying import empty_tables


def pytest_configure(config: pytest.Config) -> None:
    """Migrate in the main process of ``-n`` while its workers, which would wait, collect tests."""
    is_main = not hasattr(config, "workerinput")
    if is_main and config.getoption("numprocesses", default=None):
        start_migrating(os.environ["DATABASE_URL"])


class DocumentedClient(APIClient):
    """An API client that compares each response with the OpenAPI document."""

    def request(self, **environ: Any) -> Any:
        """Return the response. Fails if the document does not describe it."""
        response = super().request(**environ)
        asked = response.request
        assert_documented(
            asked["REQUEST_METHOD"], asked["PATH_INFO"], asked.get("QUERY_STRING", ""), response
        )
        return response


class Caller(DocumentedClient):
    """A client that is logged in as ``user``, with a real token."""

    def __init__(self, user: User) -> None:
        super().__init__(raise_request_exception=False)
        self.user = user
        self.pair = open_session(user)
        self.credentials(HTTP_AUTHORIZATION=f"Bearer {self.pair.token}")


@pytest.fixture
def anyone() -> APIClient:
    """An anonymous API client."""
    return DocumentedClient(raise_request_exception=False)


@pytest.fixture
def ada(db: None) -> Caller:
    """A customer."""
    return Caller(UserFactory(username="ada"))


@pytest.fixture
def bob(db: None) -> Caller:
    """Another customer."""
    return Caller(UserFactory(username="bob"))


@pytest.fixture
def amy(db: None) -> Caller:
    """A member of staff."""
    return Caller(StaffFactory(username="amy"))


@pytest.fixture
def tea(db: None) -> Product:
    """A product: price 4.50, 10 in stock."""
    return ProductFactory(name="Tea", price="4.50", stock=10)


@pytest.fixture
def shirt(db: None) -> Product:
    """A product with variants: S / Red (5 in stock) and M / Red (3), 20.00; M / Blue (0), 18.00."""
    return ShirtFactory()


@pytest.fixture
def the_clock(db: None) -> Iterator[DatabaseClock]:
    """The clock of the database, which sales and publication dates depend on."""
    clock = DatabaseClock()
    yield clock
    clock.stop()


@pytest.fixture(scope="session")
def django_db_setup(
    django_test_environment: None, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[None]:
    """Use a database of this process that is migrated already. Replaces that of pytest-django."""
    default = settings.DATABASES["default"]
    server = os.environ["DATABASE_URL"]
    with migrated_database(server, tmp_path_factory.mktemp("database")) as url:
        name = environ.Env.db_url_config(url)["NAME"]
        default["NAME"] = connection.settings_dict["NAME"] = name
        yield
        connections.close_all()


@pytest.fixture(scope="module")
def module_db(
    request: pytest.FixtureRequest, django_db_setup: None, django_db_blocker: DjangoDbBlocker
) -> Iterator[None]:
    """Let fixtures of a module create rows once, which all of its tests read.

    Every test of the module that uses the database has to request them, so that their order does
    not matter. The rows are in a transaction that is rolled back after the module. Each test undoes
    its own changes, so it may change the rows; objects of Python that it changes it has to load
    itself.
    """
    for item in request.session.items:
        marker = item.get_closest_marker("django_db")
        if item.path == request.path and marker and marker.kwargs.get("transaction"):
            pytest.fail(f"{item.nodeid} would empty the tables, with the rows of the module")
    block = transaction.atomic()
    block._from_testcase = True  # type: ignore[attr-defined]
    with django_db_blocker.unblock(), block:
        yield
        transaction.set_rollback(True)


@pytest.fixture(scope="session", autouse=True)
def _empty_tables_quickly() -> Iterator[None]:
    """Replace what Django does after a test with transactions."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(TransactionTestCase, "_fixture_teardown", empty_tables)
        yield


@pytest.fixture(scope="session", autouse=True)
def _own_conversions(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Let processes of tests not wait for each other's conversions of files."""
    file = tmp_path_factory.mktemp("conversions") / "lock"
    file.touch()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(conversions, "LOCKED_FILE", str(file))
        yield


@pytest.fixture(autouse=True)
def _empty_caches() -> None:
    """Empty the caches of the catalog before each test."""
    revision.clear_caches()


@pytest.fixture(scope="session")
def _media_folders(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The names of folders. ``tmp_path`` reads those of all tests before to find another one."""
    folder = tmp_path_factory.mktemp("media")
    return (folder / str(number) for number in count())


@pytest.fixture(autouse=True)
def media(_media_folders: Iterator[Path]) -> Iterator[Path]:
    """The folder of the uploads of this test, which does not exist yet."""
    folder = next(_media_folders)
    with override_settings(MEDIA_ROOT=str(folder)):
        yield folder


@pytest.fixture
def unthrottled() -> Iterator[None]:
    """Disable rate limits."""
    with override_settings(THROTTLE=False):
        yield


@pytest.fixture
def admin_browser(amy: Caller) -> Client:
    """A test client of Django, logged in to the admin as amy."""
    browser = Client(raise_request_exception=False)
    browser.force_login(amy.user)
    return browser
