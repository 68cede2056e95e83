"""Two servers behind pgbouncer in transaction mode, with six connections to PostgreSQL."""

from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager

import pytest
from django.conf import settings
from django.db import connection

from accounts.factories import UserFactory
from accounts.tokens import open_session
from catalog.factories import ProductFactory
from catalog.models import Product
from orders.models import Order
from payments.models import Payment
from shop.testing.assertions import assert_audit_passes
from shop.testing.pooler import running_pooler
from shop.testing.server import connect, running_shop, send
from shop.testing.serving import url_of_the_tests_database

pytestmark = [
    pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite has no pooler"),
    pytest.mark.django_db(transaction=True),
]

ADD = "/api/cart/add/"
BUYERS, STOCK = 12, 5

MODES = {
    "a pooler is named": {"DATABASE_POOLER": "true", "SHOP_ENGINE": "fast"},
    "a pooler is named, statements are not prepared": {
        "DATABASE_POOLER": "true",
        "PREPARE_STATEMENTS": "false",
        "SHOP_ENGINE": "fast",
    },
    "a pooler is found": {"SHOP_ENGINE": "fast"},
    "the plain engine": {"DATABASE_POOLER": "true", "SHOP_ENGINE": "plain"},
}


@contextmanager
def two_shops(pooled, **environment):
    """Run two servers with two workers each, on one database."""
    secrets = {
        "SECRET_KEY": settings.SECRET_KEY,
        "JWT_SIGNING_KEY": settings.JWT_SIGNING_KEY,
    }
    with ExitStack() as stack:
        yield [
            stack.enter_context(running_shop(pooled, **secrets, **environment)) for _ in range(2)
        ]


@contextmanager
def database_time_outs():
    """Set the time-outs that the plain engine needs behind a pooler, on this database."""
    name = connection.settings_dict["NAME"]
    with connection.cursor() as cursor:
        for setting, value in settings.DATABASE_TIMEOUTS.items():
            cursor.execute(f"ALTER DATABASE \"{name}\" SET {setting} = '{value}'")
    yield
    with connection.cursor() as cursor:
        cursor.execute(f'ALTER DATABASE "{name}" RESET ALL')


@pytest.fixture(scope="module", params=MODES, ids=str)
def shops(request, django_db_setup, django_db_blocker):
    """Two servers behind a pooler, for each of MODES."""
    database = url_of_the_tests_database()
    with ExitStack() as stack:
        stack.enter_context(django_db_blocker.unblock())
        if "plain" in request.param:
            stack.enter_context(database_time_outs())
        accepts_options = request.param == "a pooler is found"
        pooled = stack.enter_context(running_pooler(database, accepts_options=accepts_options))
        yield stack.enter_context(two_shops(pooled, **MODES[request.param]))


def buy(shops, number, token, product_id):
    """Add, order and pay, the last two on both servers at once. Return the statuses."""
    add = {"product_id": product_id, "quantity": 1}
    added = send(shops[number % 2].url, "POST", ADD, add, token=token)
    statuses = [added.status]
    if added.status != 200:
        return statuses
    order = twice(shops, "/api/orders/", added.json(), token, f"o{number}")
    statuses += [answer.status for answer in order]
    placed = next((answer for answer in order if answer.status == 201), None)
    if placed is not None:
        body = {"order_id": placed.json()["order_id"], "payment_method": "card"}
        statuses += [
            answer.status for answer in twice(shops, "/api/payments/", body, token, f"p{number}")
        ]
    return statuses


def twice(shops, path, body, token, key):
    body = {name: value for name, value in body.items() if name != "message"}
    with ThreadPoolExecutor(2) as pool:
        sent = [
            pool.submit(send, shop.url, "POST", path, body, token=token, key=key) for shop in shops
        ]
        return [answer.result() for answer in sent]


def test_races_and_duplicate_requests_behind_a_pooler(shops):
    product = ProductFactory(stock=STOCK)
    tokens = [open_session(user).token for user in UserFactory.create_batch(BUYERS)]
    with ThreadPoolExecutor(BUYERS) as pool:
        sold = list(pool.map(lambda pair: buy(shops, *pair, product.pk), enumerate(tokens)))
    seen = {status for statuses in sold for status in statuses}
    log = shops[0].log.read_text() + shops[1].log.read_text()
    assert seen <= {200, 201, 409}, log
    assert sum(201 in statuses for statuses in sold) == STOCK
    assert Product.objects.get().stock == 0
    assert (Order.objects.count(), Payment.objects.count()) == (STOCK, STOCK)
    assert_audit_passes()


def test_the_lock_time_out_applies_behind_a_pooler(shops, ada, tea):
    direct = connect(url_of_the_tests_database())
    with direct.cursor() as cursor:
        cursor.execute("SELECT 1 FROM accounts_user WHERE id = %s FOR UPDATE", [ada.user.pk])
    add = {"product_id": tea.pk, "quantity": 1}
    with ThreadPoolExecutor(2) as pool:
        sent = [
            pool.submit(send, shop.url, "POST", ADD, add, token=ada.pair.token, timeout=9)
            for shop in shops
        ]
        answers = [answer.result() for answer in sent]
    direct.close()
    assert [answer.status for answer in answers] == [503, 503]
    assert send(shops[0].url, "POST", ADD, add, token=ada.pair.token).status == 200


def test_commands_do_not_change_settings_of_pooled_connections(shops):
    assert "audit: " in shops[0].manage("audit")
    pooled = connect(shops[0].environment["DATABASE_URL"])
    pooled.autocommit = True
    with pooled.cursor() as cursor:
        found = set()
        for _ in range(20):
            cursor.execute("SHOW statement_timeout")
            found.add(cursor.fetchone()[0])
    pooled.close()
    is_plain = shops[0].environment.get("SHOP_ENGINE") == "plain"
    assert found == {"10s" if is_plain else "0"}
