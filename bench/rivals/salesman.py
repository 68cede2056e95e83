"""The scenarios of ``bench.scenarios`` for Salesman."""

import random

from bench.load import Client, expect, request
from bench.rivals.server import PRODUCTS
from bench.scenarios import CART_ITEMS


def product_list(token: str) -> Client:
    """The first page of twenty."""
    ask = request("GET", "/api/products/")
    while True:
        answer = expect((yield ask), 200)
        assert answer.body.count(b'"name":') == 20
        yield None


def product(token: str) -> Client:
    """One product of a thousand."""
    while True:
        pk = random.randint(1, PRODUCTS)
        answer = expect((yield request("GET", f"/api/products/{pk}/")), 200)
        assert answer.body.startswith(b'{"id":%d,"name":"Product %d",' % (pk, pk - 1))
        yield None


def add_to_cart(token: str) -> Client:
    """One more unit of one of fifty products."""
    while True:
        pk = random.randint(1, 50)
        answer = expect((yield _add(token, pk)), 201)
        assert b'"product_id":%d,' % pk in answer.body
        yield None


def view_cart(token: str) -> Client:
    """A cart of five items."""
    ask = request("GET", "/api/basket/", **_headers(token))
    while True:
        answer = expect((yield ask), 200)
        assert answer.body.count(b'"product_id":') == CART_ITEMS
        yield None


def checkout(token: str) -> Client:
    """Two adds, and one request that creates and pays an order."""
    order = {
        "email": "customer@example.com",
        "shipping_address": "Street 1",
        "billing_address": "Street 1",
        "payment_method": "instant",
    }
    ask = request("POST", "/api/checkout/", order, **_headers(token))
    while True:
        for pk in random.sample(range(1, PRODUCTS + 1), 2):
            expect((yield _add(token, pk)), 201)
        answer = expect((yield ask), 201)
        assert answer.body.startswith(b'{"order":"')
        yield None


def clear_cart(token: str) -> Client:
    """Prepare an empty cart."""
    expect((yield request("POST", "/api/basket/clear/", {}, **_headers(token))), 200)
    yield None


def fill_cart(token: str) -> Client:
    """Prepare a cart of five items."""
    expect((yield request("POST", "/api/basket/clear/", {}, **_headers(token))), 200)
    for pk in range(1, CART_ITEMS + 1):
        expect((yield _add(token, pk)), 201)
    yield None


def _add(token: str, pk: int) -> bytes:
    body = {"product_type": "salesman_shop.Product", "product_id": pk, "quantity": 1}
    return request("POST", "/api/basket/", body, **_headers(token))


def _headers(token: str) -> dict[str, str]:
    return {"Authorization": f"Token {token}"}
