"""POST /api/cart/merge/, and logging in with X-Cart-Token."""

import pytest
from django.db import OperationalError, connection

from accounts.factories import PASSWORD, UserFactory
from cart.factories import fill_cart
from cart.models import Cart, CartItem, CartStatus
from cart.tests.test_guests import UNKNOWN, Guest, open_cart
from catalog.factories import ProductFactory
from catalog.models import Product

CART, MERGE = "/api/cart/", "/api/cart/merge/"


def merge(caller, guest, **headers):
    return caller.post(MERGE, headers={"X-Cart-Token": guest.token, **headers})


def quantities(body):
    return {item["product_id"]: item["quantity"] for item in body["cart_items"]}


def test_the_larger_quantity_counts_and_empty_members_are_filled(ada, anyone, tea):
    cup, pot, jug = ProductFactory(), ProductFactory(), ProductFactory()
    guest, guest_cart = open_cart(anyone, tea, 5)
    guest.post("/api/cart/add/", {"product_id": cup.pk, "quantity": 1})
    guest.post("/api/cart/add/", {"product_id": pot.pk, "quantity": 2})
    guest.patch(CART, {"note": "guest", "email": "g@example.com", "consents": {"terms": True}})
    cart_id = fill_cart(ada.user, tea, cup, jug, quantity=3)
    ada.patch(CART, {"note": "mine"})
    response = merge(ada, guest)
    assert (response.status_code, response["Cache-Control"]) == (200, "no-store")
    body = response.json()
    assert quantities(body) == {tea.pk: 5, cup.pk: 3, jug.pk: 3, pot.pk: 2}
    assert (body["cart_id"], body["note"], body["email"]) == (cart_id, "mine", "g@example.com")
    assert (body["consents"], body["problems"]) == ({"terms": True}, [])
    assert body == ada.get(CART).json()
    merged = Cart.objects.get(pk=guest_cart)
    assert (merged.status, merged.user, merged.items.count()) == ("merged", ada.user, 0)


def test_the_token_dies_but_the_same_user_may_repeat_it(ada, bob, anyone, tea):
    guest, _ = open_cart(anyone, tea, 2)
    first = merge(ada, guest).json()
    assert guest.get(CART).json()["code"] == "cart_token_invalid"
    assert ada.patch(f"{CART}items/{tea.pk}/", {"quantity": 1}).status_code == 200
    again = merge(ada, guest)
    assert (again.status_code, again.json()["cart_id"]) == (200, first["cart_id"])
    assert quantities(again.json()) == {tea.pk: 1}
    response = merge(bob, guest)
    assert (response.status_code, response.json()["code"]) == (401, "cart_token_invalid")
    assert bob.get(CART).json()["cart_id"] is None
    new = guest.post("/api/cart/add/", {"product_id": tea.pk, "quantity": 1}).json()
    assert new["cart_token"] != guest.token


def test_a_merge_needs_a_login_and_a_known_token(ada, anyone, tea):
    guest, _ = open_cart(anyone, tea)
    assert guest.post(MERGE).json()["code"] == "not_authenticated"
    assert anyone.post(MERGE).status_code == 401
    assert merge(ada, Guest(UNKNOWN)).json()["code"] == "cart_token_invalid"
    assert ada.post(MERGE).json()["code"] == "cart_token_invalid"
    assert Cart.objects.get().status == "open"


def test_an_ordered_cart_is_not_merged(ada, anyone, tea):
    guest, cart_id = open_cart(anyone, tea)
    Cart.objects.update(status=CartStatus.ORDERED)
    assert merge(ada, guest).json()["cart_items"] == []
    cart = Cart.objects.get(pk=cart_id)
    assert (cart.status, cart.user) == ("ordered", None)
    assert guest.get(CART).status_code == 200


def test_what_was_reduced_is_a_problem_that_does_not_block(ada, anyone, tea):
    gone = ProductFactory(stock=1)
    guest, _ = open_cart(anyone, tea, 8)
    guest.post("/api/cart/add/", {"product_id": gone.pk, "quantity": 1})
    fill_cart(ada.user, tea, quantity=3)
    Product.objects.filter(pk=tea.pk).update(stock=4)
    Product.objects.filter(pk=gone.pk).update(stock=0)
    body = merge(ada, guest).json()
    assert quantities(body) == {tea.pk: 4, gone.pk: 1}
    found = [(p["code"], p["product_id"], p["available"], p["blocking"]) for p in body["problems"]]
    assert found == [("out_of_stock", tea.pk, 4, False), ("out_of_stock", gone.pk, 0, True)]


def test_a_merge_does_not_exceed_the_limit_of_items(ada, anyone):
    own = ProductFactory.create_batch(99)
    cart_id = fill_cart(ada.user, own[0])
    CartItem.objects.bulk_create(CartItem(cart_id=cart_id, product=p, quantity=1) for p in own[1:])
    two = ProductFactory.create_batch(2)
    guest, _ = open_cart(anyone, two[0])
    guest.post("/api/cart/add/", {"product_id": two[1].pk, "quantity": 1})
    body = merge(ada, guest).json()
    assert len(body["cart_items"]) == 100
    assert two[0].pk in quantities(body)
    assert [(p["code"], p["limit"]) for p in body["problems"]] == [("cart_full", 100)]


@pytest.mark.parametrize("way", ["login", "registration"])
def test_signing_in_with_a_token_merges(anyone, tea, way):
    guest, _ = open_cart(anyone, tea, 2)
    if way == "login":
        UserFactory(username="eve")
        body = {"username": "eve", "password": PASSWORD}
        response = guest.post("/api/login/", body)
    else:
        body = {"username": "eve", "email": "eve@example.com", "password": "corr3ct-horse"}
        response = guest.post("/api/users/", body | {"login": True})
    token = response.json()["token"]
    guest.credentials(HTTP_AUTHORIZATION=f"Bearer {token}")
    assert quantities(guest.get(CART).json()) == {tea.pk: 2}
    assert Guest(guest.token).get(CART).status_code == 401


def fail_to_update_carts(execute, sql, params, many, context):
    if sql.startswith('UPDATE "cart_cart"'):
        raise OperationalError("the lock was not granted in time")
    return execute(sql, params, many, context)


@pytest.mark.parametrize("failure", ["unknown token", "database"])
def test_a_merge_that_fails_costs_no_login(anyone, tea, failure):
    UserFactory(username="eve")
    guest, cart_id = open_cart(anyone, tea)
    body = {"username": "eve", "password": PASSWORD}
    if failure == "database":
        with connection.execute_wrapper(fail_to_update_carts):
            response = guest.post("/api/login/", body)
    else:
        response = Guest(UNKNOWN).post("/api/login/", body)
    assert response.status_code == 200
    guest.credentials(HTTP_AUTHORIZATION=f"Bearer {response.json()['token']}")
    assert guest.get(CART).json()["cart_id"] is None
    assert (Cart.objects.get(pk=cart_id).status, CartItem.objects.count()) == ("open", 1)
