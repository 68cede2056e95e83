"""Guests: carts that belong to whoever has their token."""

import logging
import re
from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction
from django.db.models.functions import Now

from cart.deletion import delete_old_carts
from cart.factories import fill_cart
from cart.guests import digest_of
from cart.models import Cart, CartItem, CartStatus
from catalog.factories import ProductFactory
from shop.testing.budget import LOCK, query_budget
from shop.testing.fixtures import DocumentedClient

ADD, CART = "/api/cart/add/", "/api/cart/"
UNKNOWN = "A" * 43


class Guest(DocumentedClient):
    """A client that sends the token of a cart."""

    def __init__(self, token):
        super().__init__(raise_request_exception=False)
        self.token = token
        self.credentials(HTTP_X_CART_TOKEN=token)


def open_cart(client, product, quantity=1):
    """Add to a new cart, and return a client with its token, and its id."""
    body = client.post(ADD, {"product_id": product.pk, "quantity": quantity}).json()
    return Guest(body["cart_token"]), body["cart_id"]


def test_an_addition_without_login_opens_a_cart_and_shows_its_token_once(anyone, tea):
    response = anyone.post(ADD, {"product_id": tea.pk, "quantity": 2})
    assert response.status_code == 200
    token = response.json()["cart_token"]
    assert response["Cache-Control"] == "no-store"
    assert re.fullmatch(r"[A-Za-z0-9_-]{43}", token)  # 32 bytes, which are 256 bits
    cart = Cart.objects.get(pk=response.json()["cart_id"])
    assert (cart.user, cart.status, cart.token_hash) == (None, "open", digest_of(token))
    again = Guest(token).post(ADD, {"product_id": tea.pk, "quantity": 1})
    assert again.json() == {"message": "Added to your cart.", "cart_id": cart.pk}
    assert CartItem.objects.get().quantity == 3
    assert token not in str(list(Cart.objects.values()))


@pytest.mark.parametrize("path", [ADD, CART])
@pytest.mark.parametrize("key", ["", "a b", '"a', "x" * 256])
def test_an_invalid_idempotency_key_opens_no_cart(anyone, tea, path, key):
    item = {"product_id": tea.pk, "quantity": 1}
    body = item if path == ADD else {"items": [item]}
    response = anyone.post(path, body, headers={"Idempotency-Key": key})
    assert response.status_code == 400
    assert response.json()["detail"].endswith("must be 1 to 255 visible ASCII characters.")
    assert not Cart.objects.exists()


def test_a_guest_reads_and_changes_the_cart_of_the_token_only(anyone, tea):
    pot = ProductFactory(price="2.00", stock=5)
    guest, cart_id = open_cart(anyone, tea)
    other, _ = open_cart(anyone, pot)
    assert guest.get(CART).json()["cart_id"] == cart_id
    assert [i["product_id"] for i in guest.get(CART).json()["cart_items"]] == [tea.pk]
    response = guest.patch(f"{CART}items/{tea.pk}/", {"quantity": 4})
    assert (response.status_code, response.json()["total"]) == (200, "18.00")
    assert guest.patch(f"{CART}items/{pot.pk}/", {"quantity": 4}).status_code == 404
    assert guest.delete(f"{CART}items/{pot.pk}/").status_code == 404
    assert guest.delete(f"{CART}items/{tea.pk}/").status_code == 204
    assert guest.delete(CART).status_code == 204
    assert other.get(CART).json()["total"] == "2.00"


def test_nobody_has_an_empty_cart_and_changes_none(anyone, ada, tea):
    fill_cart(ada.user, tea)
    response = anyone.get(CART)
    assert (response.status_code, response["Cache-Control"]) == (200, "no-store")
    body = response.json()
    assert (body["cart_id"], body["cart_items"], body["total"]) == (None, [], "0.00")
    path = f"{CART}items/{tea.pk}/"
    for response in (
        anyone.delete(CART),
        anyone.patch(path, {"quantity": 2}),
        anyone.delete(path),
    ):
        assert (response.status_code, response["WWW-Authenticate"]) == (401, 'Bearer realm="api"')
        assert response.json()["code"] == "not_authenticated"
    assert CartItem.objects.get().quantity == 1
    assert Cart.objects.count() == 1


@pytest.mark.parametrize("token", [UNKNOWN, "", "x", "A" * 44, "É" * 43, f"{UNKNOWN[:-1]} "])
def test_an_unknown_token_is_refused_except_for_an_addition(tea, token):
    guest = Guest(token)
    path = f"{CART}items/{tea.pk}/"
    for response in (
        guest.get(CART),
        guest.delete(CART),
        guest.patch(path, {"quantity": 2}),
        guest.delete(path),
    ):
        assert response.status_code == 401
        assert response.json()["code"] == "cart_token_invalid"
        assert response["Cache-Control"] == "no-store"
    assert not Cart.objects.exists()
    assert guest.post(ADD, {"product_id": tea.pk, "quantity": 1}).json()["cart_token"] != token


def test_a_token_is_in_no_log(anyone, tea, caplog):
    with caplog.at_level(logging.DEBUG):
        guest, _ = open_cart(anyone, tea)
        assert guest.get(CART).status_code == 200
        assert guest.get(CART, headers={"Accept": "text/html"}).status_code == 406
        assert guest.patch(CART, {"note": 1}).status_code == 400
    assert caplog.records
    assert guest.token not in caplog.text


def test_a_token_is_not_the_hash_that_the_database_has(anyone, tea):
    guest, _ = open_cart(anyone, tea)
    assert Guest(digest_of(guest.token)).get(CART).status_code == 401
    assert Guest(digest_of(guest.token)[:43]).get(CART).status_code == 401


def test_a_bad_login_is_refused_whatever_the_cart_token_is(anyone, tea):
    guest, _ = open_cart(anyone, tea)
    guest.credentials(HTTP_X_CART_TOKEN=guest.token, HTTP_AUTHORIZATION="Bearer nonsense")
    for response in (
        guest.get(CART),
        guest.post(ADD, {"product_id": tea.pk, "quantity": 1}),
        guest.delete(CART),
    ):
        assert (response.status_code, response.json()["code"]) == (401, "token_invalid")
    assert CartItem.objects.get().quantity == 1


def test_with_login_and_token_the_login_decides(anyone, ada, tea):
    guest, cart_id = open_cart(anyone, tea)
    for token in (guest.token, UNKNOWN):
        headers = {"X-Cart-Token": token}
        response = ada.post(ADD, {"product_id": tea.pk, "quantity": 1}, headers=headers)
        assert "cart_token" not in response.json()
        assert response.json()["cart_id"] != cart_id
        assert ada.get(CART, headers=headers).json()["cart_id"] == response.json()["cart_id"]
    assert CartItem.objects.get(cart_id=cart_id).quantity == 1


def test_an_addition_with_the_token_of_an_ordered_cart_opens_a_new_one(anyone, tea):
    guest, cart_id = open_cart(anyone, tea)
    Cart.objects.update(status=CartStatus.ORDERED)
    assert guest.get(CART).json()["cart_items"] == []
    assert guest.delete(CART).status_code == 204
    late = guest.patch(f"{CART}items/{tea.pk}/", {"quantity": 2})
    assert (late.status_code, late.json()["code"]) == (409, "cart_not_open")
    body = guest.post(ADD, {"product_id": tea.pk, "quantity": 1}).json()
    assert body["cart_id"] != cart_id
    assert Guest(body["cart_token"]).get(CART).json()["cart_id"] == body["cart_id"]
    assert CartItem.objects.get(cart_id=cart_id).quantity == 1


def test_a_token_expires_30_days_after_the_last_change(anyone, tea):
    guest, cart_id = open_cart(anyone, tea)
    old, recent = Now() - timedelta(days=30, minutes=1), Now() - timedelta(days=29, hours=23)
    Cart.objects.update(updated_at=old)
    CartItem.objects.update(changed_at=recent)
    assert guest.get(CART).json()["cart_id"] == cart_id
    CartItem.objects.update(changed_at=old)
    assert guest.get(CART).json()["code"] == "cart_token_invalid"
    Cart.objects.update(updated_at=recent)
    assert guest.get(CART).json()["cart_id"] == cart_id
    Cart.objects.update(updated_at=old, status=CartStatus.ORDERED)
    assert guest.get(CART).status_code == 200  # the token of an order stays valid


def test_a_key_repeats_an_addition_of_a_guest_but_does_not_store_a_token(anyone, tea):
    body, key = {"product_id": tea.pk, "quantity": 1}, {"Idempotency-Key": "add-tea"}
    first, second = (anyone.post(ADD, body, headers=key) for _ in range(2))
    assert first.json()["cart_token"] != second.json()["cart_token"]
    assert "Idempotent-Replayed" not in second
    guest = Guest(first.json()["cart_token"])
    once, twice = (guest.post(ADD, body, headers=key) for _ in range(2))
    assert (once.json(), twice["Idempotent-Replayed"]) == (twice.json(), "true")
    assert guest.get(CART).json()["cart_items"][0]["quantity"] == 2
    Cart.objects.update(status=CartStatus.ORDERED)
    assert guest.post(ADD, body, headers=key).content == twice.content
    other = guest.post(ADD, body, headers={"Idempotency-Key": "other"})
    assert "cart_token" in other.json()
    assert "cart_token" in guest.post(ADD, body, headers={"Idempotency-Key": "other"}).json()


@pytest.mark.parametrize("count", [1, 9])
def test_an_addition_of_a_guest_sends_a_fixed_number_of_statements(db, anyone, count):
    products = ProductFactory.create_batch(count)
    with query_budget(4):  # the limit of new carts, stock, cart, item
        body = anyone.post(ADD, {"product_id": products[0].pk, "quantity": 1}).json()
    items = [CartItem(cart_id=body["cart_id"], product=p, quantity=1) for p in products[1:]]
    CartItem.objects.bulk_create(items)
    guest = Guest(body["cart_token"])
    with query_budget(1 + LOCK + 2):
        assert guest.post(ADD, {"product_id": products[0].pk, "quantity": 1}).status_code == 200
    with query_budget(2):
        assert len(guest.get(CART).json()["cart_items"]) == count


def test_the_database_refuses_a_cart_of_nobody_and_a_token_of_two_carts(ada):
    cart = Cart.objects.create(token_hash="0" * 64)
    for columns in ({}, {"token_hash": cart.token_hash}):
        with pytest.raises(IntegrityError), transaction.atomic():
            Cart.objects.create(**columns)
    assert Cart.objects.count() == 1


def test_cleanup_deletes_carts_that_nobody_changes_but_no_ordered_one(anyone, ada, bob, tea):
    guest, old_guest = open_cart(anyone, tea)
    _, new_guest = open_cart(anyone, tea)
    _, ordered = open_cart(anyone, tea)
    of_ada, of_bob = fill_cart(ada.user, tea), fill_cart(bob.user, tea)
    Cart.objects.filter(pk=ordered).update(status=CartStatus.ORDERED)
    for days, carts in ((31, [old_guest, ordered, of_ada]), (181, [of_bob])):
        then = Now() - timedelta(days=days)
        Cart.objects.filter(pk__in=carts).update(updated_at=then)
        CartItem.objects.filter(cart__in=carts).update(changed_at=then)
    assert [delete_old_carts(1) for _ in range(3)] == [1, 1, 0]
    left = set(Cart.objects.values_list("pk", flat=True))
    assert left == {new_guest, ordered, of_ada}
    assert guest.get(CART).status_code == 401
    assert CartItem.objects.count() == 3
