"""A duplicate request does not try to insert what exists: PostgreSQL would log an error for it."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from cart.models import Cart, CartItem
from payments.models import Payment
from shop.testing.serving import place_order


@pytest.fixture
def cart_id(ada, tea):
    cart = Cart.objects.create(user=ada.user)
    CartItem.objects.create(cart=cart, product=tea, quantity=2)
    return cart.pk


def send_twice(client, path, body, key="k", second=None):
    """Send a request twice; return both responses and the inserts of the second."""
    headers = {"Idempotency-Key": key}
    first = client.post(path, body, headers=headers)
    with CaptureQueriesContext(connection) as captured:
        again = client.post(path, second or body, headers=headers)
    return first, again, [q["sql"] for q in captured if "INSERT" in q["sql"].upper()]


def assert_replayed(first, again):
    assert (again.status_code, again.content) == (first.status_code, first.content)
    assert again["Idempotent-Replayed"] == "true"


def test_a_repeated_order_inserts_nothing(ada, cart_id):
    first, again, inserts = send_twice(ada, "/api/orders/", {"cart_id": cart_id}, key='"quoted"')
    assert_replayed(first, again)
    assert (first.status_code, inserts) == (201, [])


def test_a_repeated_conflict_inserts_nothing(ada, bob, cart_id, tea):
    tea.stock = 1
    tea.save(update_fields=["stock"])
    first, again, inserts = send_twice(ada, "/api/orders/", {"cart_id": cart_id})
    assert_replayed(first, again)
    assert (first.status_code, inserts) == (409, [])


@pytest.mark.parametrize("token", ["demo_ok", "demo_declined"])
def test_a_repeated_payment_inserts_nothing(ada, tea, token, unthrottled):
    order = place_order(ada.user, tea)
    body = {"order_id": order.pk, "payment_method": "card", "payment_token": token}
    first, again, inserts = send_twice(ada, "/api/payments/", body)
    assert_replayed(first, again)
    assert (first.status_code, inserts, Payment.objects.count()) == (201, [], 1)


def test_another_body_is_refused_without_an_insert(ada, cart_id):
    other = {"cart_id": cart_id + 1}
    _, again, inserts = send_twice(ada, "/api/orders/", {"cart_id": cart_id}, second=other)
    assert (again.status_code, again.json()["code"]) == (422, "idempotency_key_reused")
    assert inserts == []


def test_the_key_of_another_user_does_not_count(ada, bob, cart_id):
    send_twice(ada, "/api/orders/", {"cart_id": cart_id})
    answer = bob.post("/api/orders/", {"cart_id": cart_id}, headers={"Idempotency-Key": "k"})
    assert (answer.status_code, answer.json()["code"]) == (404, "cart_not_found")


@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite has no ON CONFLICT here")
def test_a_repeated_registration_is_refused_without_an_error_of_the_database(
    anyone, db, unthrottled
):
    body = {"username": "eve", "email": "eve@example.com", "password": "corr3ct-horse"}
    first, again, inserts = send_twice(anyone, "/api/users/", body)
    assert (first.status_code, again.status_code) == (201, 409)
    assert again.json()["code"] == "username_taken"
    assert all("ON CONFLICT DO NOTHING" in sql for sql in inserts if "accounts_user" in sql)
