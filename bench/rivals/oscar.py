"""The scenarios of ``bench.scenarios`` for Oscar.

They are cheaper than those of the other shops: the list has titles only, the product has no stock,
the basket has the total and a link to its lines, and the order has no payment (cash on delivery).
"""

import random

from bench.load import Client, expect, request
from bench.rivals.server import PRODUCTS
from bench.scenarios import CART_ITEMS

_HERE = "http://127.0.0.1/api"
_ADDRESS = {
    "country": f"{_HERE}/countries/NL/",
    "first_name": "A",
    "last_name": "Customer",
    "line1": "Street 1",
    "line4": "Amsterdam",
    "postcode": "1000 AA",
}


def product_list(token: str) -> Client:
    """The first page of twenty."""
    ask = request("GET", "/api/products/")
    while True:
        answer = expect((yield ask), 200)
        assert answer.body.count(b'"title":') == 20
        yield None


def product(token: str) -> Client:
    """One product of a thousand."""
    while True:
        pk = random.randint(1, PRODUCTS)
        answer = expect((yield request("GET", f"/api/products/{pk}/")), 200)
        assert b'"id":%d,' % pk in answer.body
        assert b'"title":"Product %d"' % (pk - 1) in answer.body
        yield None


def add_to_cart(token: str) -> Client:
    """One more unit of one of fifty products."""
    while True:
        answer = expect((yield _add(token, random.randint(1, 50))), 200)
        assert b'"status":"Open"' in answer.body
        yield None


def view_cart(token: str) -> Client:
    """A cart of five items, with its total."""
    ask = request("GET", "/api/basket/", **_headers(token))
    total = sum(pk + 0.5 for pk in range(1, CART_ITEMS + 1))
    while True:
        answer = expect((yield ask), 200)
        assert b'"total_incl_tax":"%.2f"' % total in answer.body
        yield None


def checkout(token: str) -> Client:
    """Two adds and the order."""
    while True:
        # Sorted, because Oscar locks stock in this order, and a deadlock is a 500.
        yield from _order(token, *sorted(random.sample(range(1, PRODUCTS + 1), 2)))
        yield None


def clear_cart(token: str) -> Client:
    """Prepare an empty cart by ordering the current one; the API cannot empty a cart."""
    yield from _order(token)
    yield None


def fill_cart(token: str) -> Client:
    """Prepare a cart of five items."""
    yield from _order(token)
    for pk in range(1, CART_ITEMS + 1):
        expect((yield _add(token, pk)), 200)
    yield None


def _order(token: str, *products: int) -> Client:
    for pk in products or (1,):
        basket = expect((yield _add(token, pk)), 200).json()["url"]
    body = {"basket": basket, "shipping_address": _ADDRESS}
    answer = expect((yield request("POST", "/api/checkout/", body, **_headers(token))), 200)
    assert b'"status":"Pending"' in answer.body


def _add(token: str, pk: int) -> bytes:
    body = {"url": f"{_HERE}/products/{pk}/", "quantity": 1}
    return request("POST", "/api/basket/add-product/", body, **_headers(token))


def _headers(token: str) -> dict[str, str]:
    return {"Authorization": f"Token {token}"}
