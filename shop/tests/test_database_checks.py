"""``manage.py check --database default``: poolers, their time-outs, and a database that is away."""

from contextlib import ExitStack

import pytest
from django.conf import settings
from django.db import connection

from shop.testing.pooler import running_pooler
from shop.testing.server import environment_for, free_port
from shop.testing.serving import url_of_the_tests_database
from shop.testing.starting import manage, runner
from shop.tests.test_pooler import database_time_outs

behind_a_pooler = pytest.mark.skipif(
    connection.vendor != "postgresql", reason="SQLite has no pooler"
)
pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(scope="module")
def check():
    """A function that returns exit code and output of the checks of a database."""
    with runner() as run:

        def checks(database_url, **environment):
            command = manage("check", "--database", "default", "--tag", "database")
            done = run(command, environment_for(database_url, **environment))
            return done.returncode, done.stdout + done.stderr

        yield checks


@behind_a_pooler
@pytest.mark.parametrize(
    ("accepts_options", "environment", "error"),
    [
        (True, {}, "(shop.E001) DATABASE_URL is that of a connection pooler."),
        (False, {}, "(shop.E002) A connection pooler refuses the options of DATABASE_URL."),
        (
            False,
            {"DATABASE_POOLER": "true", "SHOP_ENGINE": "plain"},
            "(shop.E003) Statements have no time-outs behind the connection pooler.",
        ),
    ],
)
def test_what_is_wrong_behind_a_pooler_is_an_error(check, accepts_options, environment, error):
    database = url_of_the_tests_database()
    with running_pooler(database, accepts_options=accepts_options) as pooled:
        code, output = check(pooled, **environment)
    assert (code, output.count("(shop.E")) == (1, 1)
    assert error in output


@behind_a_pooler
@pytest.mark.parametrize("engine", ["plain", "fast"])
def test_a_pooler_that_is_named_and_has_time_outs_is_fine(check, engine):
    with ExitStack() as stack:
        if engine == "plain":  # the fast engine sends them with each transaction
            stack.enter_context(database_time_outs())
        pooled = stack.enter_context(running_pooler(url_of_the_tests_database()))
        code, output = check(pooled, DATABASE_POOLER="true", SHOP_ENGINE=engine)
    assert (code, "System check identified no issues" in output) == (0, True), output


@behind_a_pooler
def test_the_hint_names_each_time_out_that_is_missing(check):
    with running_pooler(url_of_the_tests_database()) as pooled:
        _, output = check(pooled, DATABASE_POOLER="true", SHOP_ENGINE="plain")
    for name, value in settings.DATABASE_TIMEOUTS.items():
        assert f"SET {name} = '{value}';" in output


def test_an_outage_is_not_an_error_of_the_settings(check):
    code, output = check(f"postgres://shop@127.0.0.1:{free_port()}/shop")
    assert (code, "System check identified no issues" in output) == (0, True), output
