"""Parallel requests that change one cart."""

from concurrent.futures import ThreadPoolExecutor
from functools import partial

import pytest
from django.db import connection, transaction

from accounts.factories import UserFactory
from accounts.models import User
from cart.factories import fill_cart
from cart.models import Cart, CartItem
from catalog.factories import ProductFactory
from shop.testing.assertions import assert_audit_passes, statuses
from shop.testing.fixtures import Caller
from shop.testing.races import at_once, times, until_blocked

pytestmark = pytest.mark.django_db(transaction=True)


def add(caller, product, quantity=1):
    body = {"product_id": product.pk, "quantity": quantity}
    return caller.post("/api/cart/add/", body)


def test_units_added_in_parallel_are_all_counted(ada):
    product = ProductFactory()
    fill_cart(ada.user, product)
    assert statuses(times(10, partial(add, ada, product))) == {200: 10}
    assert CartItem.objects.get().quantity == 11
    assert_audit_passes()


@pytest.mark.parametrize("attempt", range(4))
def test_parallel_first_additions_open_one_cart(attempt):
    caller, product = Caller(UserFactory()), ProductFactory()
    assert statuses(times(8, partial(add, caller, product))) == {200: 8}
    assert Cart.objects.count() == 1
    assert CartItem.objects.get().quantity == 8
    assert_audit_passes()


def test_parallel_additions_do_not_exceed_the_quantity_limit(ada):
    product = ProductFactory(stock=5000)
    responses = times(6, partial(add, ada, product, 300))
    assert statuses(responses) == {200: 3, 409: 3}
    assert {a.json()["code"] for a in responses if a.status_code == 409} == {"quantity_limit"}
    assert CartItem.objects.get().quantity == 900
    assert_audit_passes()


def test_parallel_additions_do_not_exceed_the_limit_of_items(ada):
    fill_cart(ada.user, *ProductFactory.create_batch(97))
    calls = [partial(add, ada, product) for product in ProductFactory.create_batch(6)]
    responses = at_once(*calls)
    assert statuses(responses) == {200: 3, 409: 3}
    assert {a.json()["code"] for a in responses if a.status_code == 409} == {"cart_full"}
    assert CartItem.objects.count() == 100
    assert_audit_passes()


@pytest.mark.parametrize("attempt", range(4))
def test_a_cart_that_is_cleared_during_additions_stays_one_cart(ada, tea, attempt):
    cart_id = fill_cart(ada.user, tea, quantity=5)
    calls = [partial(ada.delete, "/api/cart/")] + [partial(add, ada, tea)] * 3
    assert statuses(at_once(*calls)) == {204: 1, 200: 3}
    assert Cart.objects.get().pk == cart_id
    assert sum(CartItem.objects.values_list("quantity", flat=True)) in {0, 1, 2, 3}
    assert_audit_passes()


def test_an_item_that_is_removed_during_additions_keeps_later_units_only(ada, tea):
    fill_cart(ada.user, tea, quantity=5)
    path = f"/api/cart/items/{tea.pk}/"
    responses = at_once(partial(ada.delete, path), partial(add, ada, tea), partial(add, ada, tea))
    assert statuses(responses) == {204: 1, 200: 2}
    assert sum(CartItem.objects.values_list("quantity", flat=True)) in {0, 1, 2}
    assert_audit_passes()


def test_parallel_requests_with_one_idempotency_key_add_once(ada, tea):
    body = {"product_id": tea.pk, "quantity": 2}
    headers = {"Idempotency-Key": "add-tea"}
    responses = times(8, lambda: ada.post("/api/cart/add/", body, headers=headers))
    assert statuses(responses) == {200: 8}
    assert sum("Idempotent-Replayed" not in response for response in responses) == 1
    assert CartItem.objects.get().quantity == 2


WRITERS = {
    "add": ("post", "/api/cart/add/", {"product_id": "{pot}", "quantity": 1}, 200, [1, 6]),
    "set": ("patch", "/api/cart/items/{pot}/", {"quantity": 2}, 200, [1, 2]),
    "remove": ("delete", "/api/cart/items/{pot}/", None, 204, [1]),
    "clear": ("delete", "/api/cart/", None, 204, []),
    "order": ("post", "/api/orders/", {"cart_id": "{cart}"}, 201, [1, 5]),
}


@pytest.mark.parametrize("writer", WRITERS)
def test_every_writer_waits_for_the_lock_of_the_user_and_reads_what_was_committed(ada, tea, writer):
    pot = ProductFactory(price="2.00", stock=10)
    cart_id = fill_cart(ada.user, tea)
    method, path, body, status, quantities = WRITERS[writer]
    ids = {"pot": pot.pk, "cart": cart_id}
    if body is not None:
        body = {k: int(v.format(**ids)) if isinstance(v, str) else v for k, v in body.items()}
    call = partial(getattr(ada, method), path.format(**ids), body)
    with ThreadPoolExecutor(1) as pool:
        with transaction.atomic():
            User.objects.select_for_update(no_key=True).get(pk=ada.user.pk)
            request = pool.submit(at_once, call)
            until_blocked(1)
            assert not request.done()
            CartItem.objects.create(cart_id=cart_id, product=pot, quantity=5)
        (response,) = request.result()
    assert response.status_code == status
    items = CartItem.objects.order_by("pk")
    assert list(items.values_list("quantity", flat=True)) == quantities
    assert writer != "order" or response.json()["total"] == "14.50"


@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite has one lock for all rows")
@pytest.mark.parametrize("writer", ["set", "remove", "clear"])
def test_a_writer_of_a_cart_holds_its_user_until_it_is_done(ada, tea, writer):
    pot = ProductFactory(stock=10)
    fill_cart(ada.user, pot)
    method, path, body, status, _ = WRITERS[writer]
    call = partial(getattr(ada, method), path.format(pot=pot.pk), body)
    with ThreadPoolExecutor(2) as pool:
        with transaction.atomic():
            list(CartItem.objects.select_for_update())
            writing = pool.submit(at_once, call)
            until_blocked(1)  # by the item
            adding = pool.submit(at_once, partial(add, ada, tea, 3))
            until_blocked(2)  # by the user, whom the first writer has locked
        (changed,), (added,) = writing.result(), adding.result()
    assert (changed.status_code, added.status_code) == (status, 200)
    quantities = {"set": [2, 3]}.get(writer, [3])
    assert list(CartItem.objects.order_by("pk").values_list("quantity", flat=True)) == quantities
    assert_audit_passes()
