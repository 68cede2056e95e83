"""What parallel requests do to one cart, on a real database."""

from concurrent.futures import ThreadPoolExecutor
from functools import partial

import pytest
from django.db import connection, transaction

from accounts.factories import UserFactory
from accounts.models import User
from cart.factories import fill_cart
from cart.models import Cart, CartItem
from catalog.factories import ProductFactory
from shop.testing.books import assert_books_balance, statuses
from shop.testing.fixtures import Caller
from shop.testing.races import at_once, times, until_blocked

pytestmark = pytest.mark.django_db(transaction=True)


def add(caller, product, quantity=1):
    body = {"product_id": product.pk, "quantity": quantity}
    return caller.post("/api/cart/add/", body)


def test_pieces_added_at_once_all_count(ada):
    product = ProductFactory()
    fill_cart(ada.user, product)
    assert statuses(times(10, partial(add, ada, product))) == {200: 10}
    assert CartItem.objects.get().quantity == 11
    assert_books_balance()


@pytest.mark.parametrize("attempt", range(4))
def test_the_first_additions_of_a_user_open_one_cart(attempt):
    caller, product = Caller(UserFactory()), ProductFactory()
    assert statuses(times(8, partial(add, caller, product))) == {200: 8}
    assert Cart.objects.count() == 1
    assert CartItem.objects.get().quantity == 8
    assert_books_balance()


def test_a_line_never_passes_its_limit(ada):
    product = ProductFactory(stock=5000)
    answers = times(6, partial(add, ada, product, 300))
    assert statuses(answers) == {200: 3, 409: 3}
    assert {a.json()["code"] for a in answers if a.status_code == 409} == {"quantity_limit"}
    assert CartItem.objects.get().quantity == 900
    assert_books_balance()


def test_a_cart_never_passes_its_hundred_lines(ada):
    fill_cart(ada.user, *ProductFactory.create_batch(97))
    calls = [partial(add, ada, product) for product in ProductFactory.create_batch(6)]
    answers = at_once(*calls)
    assert statuses(answers) == {200: 3, 409: 3}
    assert {a.json()["code"] for a in answers if a.status_code == 409} == {"cart_full"}
    assert CartItem.objects.count() == 100
    assert_books_balance()


@pytest.mark.parametrize("attempt", range(4))
def test_a_cart_cleared_while_it_fills_is_still_one_cart(ada, tea, attempt):
    cart_id = fill_cart(ada.user, tea, quantity=5)
    calls = [partial(ada.delete, "/api/cart/")] + [partial(add, ada, tea)] * 3
    assert statuses(at_once(*calls)) == {204: 1, 200: 3}
    assert Cart.objects.get().pk == cart_id
    assert sum(CartItem.objects.values_list("quantity", flat=True)) in {0, 1, 2, 3}
    assert_books_balance()


def test_a_line_taken_out_while_it_grows_leaves_whole_pieces(ada, tea):
    fill_cart(ada.user, tea, quantity=5)
    path = f"/api/cart/items/{tea.pk}/"
    answers = at_once(partial(ada.delete, path), partial(add, ada, tea), partial(add, ada, tea))
    assert statuses(answers) == {204: 1, 200: 2}
    assert sum(CartItem.objects.values_list("quantity", flat=True)) in {0, 1, 2}
    assert_books_balance()


def test_one_key_adds_once_however_often_it_is_sent(ada, tea):
    body = {"product_id": tea.pk, "quantity": 2}
    headers = {"Idempotency-Key": "add-tea"}
    answers = times(8, lambda: ada.post("/api/cart/add/", body, headers=headers))
    assert statuses(answers) == {200: 8}
    assert sum("Idempotent-Replayed" not in answer for answer in answers) == 1
    assert CartItem.objects.get().quantity == 2


WRITES = {
    "add": ("post", "/api/cart/add/", {"product_id": "{pot}", "quantity": 1}, 200, [1, 6]),
    "set": ("patch", "/api/cart/items/{pot}/", {"quantity": 2}, 200, [1, 2]),
    "remove": ("delete", "/api/cart/items/{pot}/", None, 204, [1]),
    "clear": ("delete", "/api/cart/", None, 204, []),
    "order": ("post", "/api/orders/", {"cart_id": "{cart}"}, 201, [1, 5]),
}


@pytest.mark.parametrize("write", WRITES)
def test_every_writer_of_a_cart_waits_for_its_user_and_sees_what_came_before(ada, tea, write):
    pot = ProductFactory(price="2.00", stock=10)
    cart_id = fill_cart(ada.user, tea)
    method, path, body, status, quantities = WRITES[write]
    names = {"pot": pot.pk, "cart": cart_id}
    if body is not None:
        body = {k: int(v.format(**names)) if isinstance(v, str) else v for k, v in body.items()}
    call = partial(getattr(ada, method), path.format(**names), body)
    with ThreadPoolExecutor(1) as pool:
        with transaction.atomic():
            User.objects.select_for_update(no_key=True).get(pk=ada.user.pk)
            writing = pool.submit(at_once, call)
            until_blocked(1)
            assert not writing.done()
            CartItem.objects.create(cart_id=cart_id, product=pot, quantity=5)
        (answer,) = writing.result()
    assert answer.status_code == status
    lines = CartItem.objects.order_by("pk")
    assert list(lines.values_list("quantity", flat=True)) == quantities
    assert write != "order" or answer.json()["total"] == "14.50"


@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite has one lock for all rows")
@pytest.mark.parametrize("write", ["set", "remove", "clear"])
def test_a_writer_of_a_cart_holds_its_user_until_it_is_done(ada, tea, write):
    pot = ProductFactory(stock=10)
    fill_cart(ada.user, pot)
    method, path, body, status, _ = WRITES[write]
    call = partial(getattr(ada, method), path.format(pot=pot.pk), body)
    with ThreadPoolExecutor(2) as pool:
        with transaction.atomic():
            list(CartItem.objects.select_for_update())
            writing = pool.submit(at_once, call)
            until_blocked(1)  # by the item
            adding = pool.submit(at_once, partial(add, ada, tea, 3))
            until_blocked(2)  # by the user, whom the first writer has locked
        (written,), (added,) = writing.result(), adding.result()
    assert (written.status_code, added.status_code) == (status, 200)
    quantities = {"set": [2, 3]}.get(write, [3])
    assert list(CartItem.objects.order_by("pk").values_list("quantity", flat=True)) == quantities
    assert_books_balance()
