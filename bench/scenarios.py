"""What is measured: an operation a scenario, every answer of it checked."""

import random
import time
from collections.abc import Callable, Generator
from dataclasses import dataclass
from itertools import count

from bench.load import Answer, Client, expect, request

PASSWORD = "corr3ct-horse-battery"
CART_LINES = 5


@dataclass(frozen=True)
class Customer:
    """Who is logged in."""

    username: str
    token: str


@dataclass(frozen=True)
class Shelf:
    """What is for sale: the ids, and how the shop's first answers to them looked."""

    product_ids: list[int]
    page: bytes
    products: dict[int, bytes]
    etag: str


Scenario = Callable[[Shelf, Customer], Client]


def bare(shelf: Shelf, customer: Customer) -> Client:
    """A view that asks nothing."""
    ask = request("GET", "/bare/")
    while True:
        answer = expect((yield ask), 200)
        assert answer.body == b'{"ok":true}'
        yield None


def orm(shelf: Shelf, customer: Customer) -> Client:
    """A view with one ORM query."""
    while True:
        pk = random.choice(shelf.product_ids)
        answer = expect((yield request("GET", f"/orm/{pk}/")), 200)
        assert answer.body.startswith(b'{"id": %d,' % pk)
        yield None


def lean_list(shelf: Shelf, customer: Customer) -> Client:
    """A page of twenty in plain DRF."""
    while True:
        answer = expect((yield request("GET", "/lean/")), 200)
        assert answer.body.count(b'"name"') == 20
        yield None


def lean_product(shelf: Shelf, customer: Customer) -> Client:
    """One product in plain DRF."""
    while True:
        pk = random.choice(shelf.product_ids)
        answer = expect((yield request("GET", f"/lean/{pk}/")), 200)
        assert answer.body.startswith(b'{"id":%d,' % pk)
        yield None


def product_list(shelf: Shelf, customer: Customer) -> Client:
    """The first page of twenty."""
    ask = request("GET", "/api/products/")
    while True:
        answer = expect((yield ask), 200)
        assert answer.body == shelf.page
        yield None


def product_list_filtered(shelf: Shelf, customer: Customer) -> Client:
    """The cheapest that are in stock, kept as the first page is."""
    ask = request("GET", "/api/products/?in_stock=true&ordering=price")
    while True:
        answer = expect((yield ask), 200)
        assert answer.body.count(b'"has_variants":') == 20
        yield None


def product_search(shelf: Shelf, customer: Customer) -> Client:
    """Two words of a name, which no answer is kept for."""
    while True:
        number = random.randrange(len(shelf.product_ids))
        answer = expect((yield request("GET", f"/api/products/?search=product+{number}")), 200)
        assert b'"name":"Product %d"' % number in answer.body
        yield None


def product_list_made(shelf: Shelf, customer: Customer) -> Client:
    """The same for someone who is logged in."""
    ask = request("GET", "/api/products/", token=customer.token)
    while True:
        answer = expect((yield ask), 200)
        assert answer.body == shelf.page
        yield None


def product(shelf: Shelf, customer: Customer) -> Client:
    """One product of a thousand."""
    while True:
        pk = random.choice(shelf.product_ids)
        answer = expect((yield request("GET", f"/api/products/{pk}/")), 200)
        assert answer.body == shelf.products[pk]
        yield None


def walk(shelf: Shelf, customer: Customer) -> Client:
    """Every product once, in an order of its own: one operation."""
    for pk in random.sample(shelf.product_ids, len(shelf.product_ids)):
        answer = expect((yield request("GET", f"/api/products/{pk}/")), 200)
        assert answer.body == shelf.products[pk]
    yield None


def product_made(shelf: Shelf, customer: Customer) -> Client:
    """The same for someone who is logged in."""
    while True:
        pk = random.choice(shelf.product_ids)
        ask = request("GET", f"/api/products/{pk}/", token=customer.token)
        assert expect((yield ask), 200).body == shelf.products[pk]
        yield None


def list_unchanged(shelf: Shelf, customer: Customer) -> Client:
    """The first page for who has it already."""
    ask = request("GET", "/api/products/", If_None_Match=shelf.etag)
    while True:
        assert expect((yield ask), 304).body == b""
        yield None


def product_unchanged(shelf: Shelf, customer: Customer) -> Client:
    """One product for who has it already."""
    while True:
        pk = random.choice(shelf.product_ids)
        ask = request("GET", f"/api/products/{pk}/", If_None_Match=shelf.etag)
        assert expect((yield ask), 304).body == b""
        yield None


def login(shelf: Shelf, customer: Customer) -> Client:
    """A login, argon2 included."""
    yield from _login("/api/login/", customer)


def tuned_login(shelf: Shelf, customer: Customer) -> Client:
    """The same to who does the least that one can."""
    yield from _login("/tuned/login/", customer)


def _login(path: str, customer: Customer) -> Client:
    ask = request("POST", path, {"username": customer.username, "password": PASSWORD})
    while True:
        answer = expect((yield ask), 200)
        assert b'"token":' in answer.body
        yield None


def add_to_cart(shelf: Shelf, customer: Customer) -> Client:
    """One more piece of one of fifty products."""
    choice = shelf.product_ids[:50]
    while True:
        body = {"product_id": random.choice(choice), "quantity": 1}
        answer = expect((yield request("POST", "/api/cart/add/", body, token=customer.token)), 200)
        assert answer.body.startswith(b'{"message":"Added to your cart.","cart_id":')
        yield None


def view_cart(shelf: Shelf, customer: Customer) -> Client:
    """A cart of five lines."""
    ask = request("GET", "/api/cart/", token=customer.token)
    while True:
        answer = expect((yield ask), 200)
        assert answer.body.count(b'"product_id":') == CART_LINES
        yield None


def clear_cart(shelf: Shelf, customer: Customer) -> Client:
    """Begin with an empty cart."""
    expect((yield request("DELETE", "/api/cart/", token=customer.token)), 204)
    yield None


def fill_cart(shelf: Shelf, customer: Customer) -> Client:
    """Begin with a cart of five lines."""
    expect((yield request("DELETE", "/api/cart/", token=customer.token)), 204)
    for pk in shelf.product_ids[:CART_LINES]:
        body = {"product_id": pk, "quantity": 1}
        expect((yield request("POST", "/api/cart/add/", body, token=customer.token)), 200)
    yield None


_keys = count(time.time_ns())


def _add_two(
    shelf: Shelf, customer: Customer, path: str
) -> Generator[bytes | None, Answer | None, int]:
    """Add two products, and return the id of the cart."""
    for pk in random.sample(shelf.product_ids, 2):
        ask = request("POST", path, {"product_id": pk, "quantity": 1}, token=customer.token)
        cart_id: int = expect((yield ask), 200).json()["cart_id"]
    return cart_id


def checkout(shelf: Shelf, customer: Customer) -> Client:
    """Two adds, the order and its payment, as a careful client sends them: with keys."""
    while True:
        cart_id = yield from _add_two(shelf, customer, "/api/cart/add/")
        headers = {"Idempotency_Key": f"order-{next(_keys)}"}
        ask = request("POST", "/api/orders/", {"cart_id": cart_id}, token=customer.token, **headers)
        placed = expect((yield ask), 201).json()
        assert placed["status"] == "pending"
        body = {"order_id": placed["order_id"], "payment_method": "card"}
        headers = {"Idempotency_Key": f"payment-{next(_keys)}"}
        ask = request("POST", "/api/payments/", body, token=customer.token, **headers)
        assert expect((yield ask), 201).json()["status"] == "succeeded"
        yield None


def tuned_checkout(shelf: Shelf, customer: Customer) -> Client:
    """The same four requests to who does the least that one can."""
    while True:
        cart_id = yield from _add_two(shelf, customer, "/tuned/add/")
        ask = request("POST", "/tuned/order/", {"cart_id": cart_id}, token=customer.token)
        order_id = expect((yield ask), 200).json()["order_id"]
        ask = request("POST", "/tuned/payment/", {"order_id": order_id}, token=customer.token)
        assert expect((yield ask), 200).json()["payment_id"]
        yield None


YARDSTICKS: dict[str, Scenario] = {
    "bare view": bare,
    "one ORM query": orm,
    "lean DRF list": lean_list,
    "lean DRF product": lean_product,
    "tuned login": tuned_login,
    "tuned checkout": tuned_checkout,
}
SHOP: dict[str, Scenario] = {
    "product list": product_list,
    "product list, logged in": product_list_made,
    "product list, filtered": product_list_filtered,
    "product search": product_search,
    "product list, 304": list_unchanged,
    "product": product,
    "product, logged in": product_made,
    "product, 304": product_unchanged,
    "login": login,
    "add to cart": add_to_cart,
    "view cart": view_cart,
    "checkout": checkout,
}
PREPARATIONS: dict[str, Scenario] = {
    "add to cart": clear_cart,
    "view cart": fill_cart,
    "checkout": clear_cart,
    "tuned checkout": clear_cart,
}
