"""Parallel requests of guests, and of users who take over a guest's cart."""

from concurrent.futures import ThreadPoolExecutor
from functools import partial

import pytest
from django.db import connection, transaction

from accounts.factories import UserFactory
from cart.models import Cart, CartItem
from cart.tests.test_guests import Guest, open_cart
from catalog.factories import ProductFactory
from orders.models import Order, OrderItem
from shop.testing.assertions import assert_audit_passes, statuses
from shop.testing.fixtures import Caller, DocumentedClient
from shop.testing.races import at_once, until_blocked

pytestmark = pytest.mark.django_db(transaction=True)

CART, ADD, MERGE, ORDERS = "/api/cart/", "/api/cart/add/", "/api/cart/merge/", "/api/orders/"


@pytest.fixture
def guest_cart(tea):
    """A guest with a cart that can be ordered, and its id."""
    guest, cart_id = open_cart(DocumentedClient(raise_request_exception=False), tea)
    assert guest.patch(CART, {"email": "guest@example.com"}).json()["can_order"]
    return guest, cart_id


def add(caller, product, quantity=1):
    return caller.post(ADD, {"product_id": product.pk, "quantity": quantity})


def order(caller, cart_id):
    return caller.post(ORDERS, {"cart_id": cart_id})


def merge(caller, guest):
    return caller.post(MERGE, headers={"X-Cart-Token": guest.token})


def units(items):
    return sum(items.values_list("quantity", flat=True))


@pytest.mark.parametrize("attempt", range(4))
def test_a_cart_is_merged_or_ordered_and_no_unit_is_lost_or_doubled(guest_cart, tea, attempt):
    guest, cart_id = guest_cart
    user = Caller(UserFactory())
    merged, added, ordered = at_once(
        partial(merge, user, guest), partial(add, guest, tea), partial(order, guest, cart_id)
    )
    status = Cart.objects.get(pk=cart_id).status
    assert status == ("ordered" if ordered.status_code == 201 else "merged")
    assert (merged.status_code, added.status_code) == (200, 200)
    bought = units(OrderItem.objects)
    assert bought == (0 if status == "merged" else units(CartItem.objects.filter(cart=cart_id)))
    assert units(CartItem.objects.exclude(cart__status="ordered")) + bought == 2
    assert_audit_passes()


@pytest.mark.parametrize("attempt", range(4))
def test_one_of_two_users_gets_the_cart_of_a_token(guest_cart, attempt):
    guest, _ = guest_cart
    users = [Caller(UserFactory()) for _ in range(2)]
    calls = [partial(merge, user, guest) for user in (*users, users[0])]
    first, other, again = at_once(*calls)
    assert {first.status_code, again.status_code} <= {200, 401}
    assert (first.status_code, again.status_code) in {(200, 200), (401, 401)}
    assert {first.status_code, other.status_code} == {200, 401}
    assert units(CartItem.objects) == 1
    assert Cart.objects.filter(status="open").count() == 1


@pytest.mark.parametrize("attempt", range(4))
def test_a_change_is_in_the_order_or_refused(guest_cart, attempt):
    guest, cart_id = guest_cart
    changed, ordered = at_once(
        partial(guest.patch, CART, {"note": "late"}), partial(order, guest, cart_id)
    )
    assert ordered.status_code == 201
    assert changed.status_code in {200, 409}
    assert Order.objects.get().note == ("late" if changed.status_code == 200 else "")


@pytest.mark.parametrize("attempt", range(4))
def test_parallel_first_requests_of_a_user_open_one_cart(tea, attempt):
    user = Caller(UserFactory())
    items = {"items": [{"product_id": tea.pk, "quantity": 1}]}
    calls = [partial(add, user, tea), partial(user.post, CART, items)] * 3
    found = statuses(at_once(*calls))
    assert found in ({200: 6}, {200: 5, 201: 1})
    assert Cart.objects.get().user == user.user
    assert_audit_passes()


WRITERS = {
    "add": ("post", ADD, {"product_id": "{pot}", "quantity": 1}, [1, 6]),
    "set": ("patch", f"{CART}items/{{pot}}/", {"quantity": 2}, [1, 2]),
    "remove": ("delete", f"{CART}items/{{pot}}/", None, [1]),
    "clear": ("delete", CART, None, []),
    "change": ("patch", CART, {"note": "x"}, [1, 5]),
    "order": ("post", ORDERS, {"cart_id": "{cart}"}, [1, 5]),
}


def request_of(caller, writer, **ids):
    method, path, body, _ = WRITERS[writer]
    if body is not None:
        body = {
            name: int(value.format(**ids)) if str(value).startswith("{") else value
            for name, value in body.items()
        }
    return partial(getattr(caller, method), path.format(**ids), body)


@pytest.mark.parametrize("writer", WRITERS)
def test_every_writer_of_a_guest_waits_for_the_lock_of_the_cart(guest_cart, writer):
    guest, cart_id = guest_cart
    pot = ProductFactory(stock=10)
    call = request_of(guest, writer, pot=pot.pk, cart=cart_id)
    with ThreadPoolExecutor(1) as pool:
        with transaction.atomic():
            Cart.objects.select_for_update(no_key=True).get(pk=cart_id)
            request = pool.submit(at_once, call)
            until_blocked(1)
            assert not request.done()
            CartItem.objects.create(cart_id=cart_id, product=pot, quantity=5)
        (response,) = request.result()
    assert response.status_code in {200, 201, 204}
    items = CartItem.objects.filter(cart=cart_id).order_by("pk")
    assert list(items.values_list("quantity", flat=True)) == WRITERS[writer][3]
    assert writer != "order" or units(OrderItem.objects) == 6


@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite has one lock for all rows")
@pytest.mark.parametrize("writer", ["add", "set", "remove", "clear", "change", "order", "merge"])
def test_every_writer_of_a_user_also_locks_the_cart(guest_cart, writer):
    guest, _ = guest_cart
    user, pot = Caller(UserFactory()), ProductFactory(stock=10)
    cart_id = add(user, pot, 5).json()["cart_id"]
    call = (
        partial(merge, user, guest)
        if writer == "merge"
        else request_of(user, writer, pot=pot.pk, cart=cart_id)
    )
    with ThreadPoolExecutor(1) as pool:
        with transaction.atomic():
            Cart.objects.select_for_update(no_key=True).get(pk=cart_id)
            request = pool.submit(at_once, call)
            until_blocked(1)
            assert not request.done()
        (response,) = request.result()
    assert response.status_code in {200, 201, 204}


def test_a_token_that_was_merged_meanwhile_opens_a_new_cart(guest_cart, tea):
    guest, cart_id = guest_cart
    user = Caller(UserFactory())
    with ThreadPoolExecutor(1) as pool:
        with transaction.atomic():
            Cart.objects.select_for_update(no_key=True).get(pk=cart_id)
            request = pool.submit(at_once, partial(add, guest, tea))
            until_blocked(1)
            Cart.objects.filter(pk=cart_id).update(status="merged", user=user.user)
        (response,) = request.result()
    assert Guest(response.json()["cart_token"]).get(CART).json()["cart_id"] != cart_id
    assert CartItem.objects.get(cart=cart_id).quantity == 1
