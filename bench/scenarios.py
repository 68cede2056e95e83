"""The scenarios: each repeats one operation, and checks every response."""

import random
import time
from collections.abc import Callable, Generator
from dataclasses import dataclass
from itertools import count

from bench.load import Answer, Client, expect, request

PASSWORD = "corr3ct-horse-battery"
CART_ITEMS = 5


@dataclass(frozen=True)
class Customer:
    """A customer who is logged in."""

    username: str
    token: str


@dataclass(frozen=True)
class Catalog:
    """The products, and the responses that the scenarios expect for them."""

    product_ids: list[int]
    page: bytes
    products: dict[int, bytes]
    etag: str


Scenario = Callable[[Catalog, Customer], Client]


def bare(catalog: Catalog, customer: Customer) -> Client:
    """A view without a query."""
    ask = request("GET", "/bare/")
    while True:
        answer = expect((yield ask), 200)
        assert answer.body == b'{"ok":true}'
        yield None


def orm(catalog: Catalog, customer: Customer) -> Client:
    """A view with one ORM query."""
    while True:
        pk = random.choice(catalog.product_ids)
        answer = expect((yield request("GET", f"/orm/{pk}/")), 200)
        assert answer.body.startswith(b'{"id": %d,' % pk)
        yield None


def lean_list(catalog: Catalog, customer: Customer) -> Client:
    """A page of twenty in plain DRF."""
    while True:
        answer = expect((yield request("GET", "/lean/")), 200)
        assert answer.body.count(b'"name"') == 20
        yield None


def lean_product(catalog: Catalog, customer: Customer) -> Client:
    """One product in plain DRF."""
    while True:
        pk = random.choice(catalog.product_ids)
        answer = expect((yield request("GET", f"/lean/{pk}/")), 200)
        assert answer.body.startswith(b'{"id":%d,' % pk)
        yield None


def product_list(catalog: Catalog, customer: Customer) -> Client:
    """The first page of twenty."""
    ask = request("GET", "/api/products/")
    while True:
        answer = expect((yield ask), 200)
        assert answer.body == catalog.page
        yield None


def product_list_filtered(catalog: Catalog, customer: Customer) -> Client:
    """The cheapest products in stock, which are cached as the first page is."""
    ask = request("GET", "/api/products/?in_stock=true&ordering=price")
    while True:
        answer = expect((yield ask), 200)
        assert answer.body.count(b'"has_variants":') == 20
        yield None


def product_search(catalog: Catalog, customer: Customer) -> Client:
    """A search for two words of a name, which is not cached."""
    while True:
        number = random.randrange(len(catalog.product_ids))
        answer = expect((yield request("GET", f"/api/products/?search=product+{number}")), 200)
        assert b'"name":"Product %d"' % number in answer.body
        yield None


def product_list_logged_in(catalog: Catalog, customer: Customer) -> Client:
    """The same for a customer who is logged in."""
    ask = request("GET", "/api/products/", token=customer.token)
    while True:
        answer = expect((yield ask), 200)
        assert answer.body == catalog.page
        yield None


def product(catalog: Catalog, customer: Customer) -> Client:
    """One product of a thousand."""
    while True:
        pk = random.choice(catalog.product_ids)
        answer = expect((yield request("GET", f"/api/products/{pk}/")), 200)
        assert answer.body == catalog.products[pk]
        yield None


def walk(catalog: Catalog, customer: Customer) -> Client:
    """Every product once, in random order, as one operation."""
    for pk in random.sample(catalog.product_ids, len(catalog.product_ids)):
        answer = expect((yield request("GET", f"/api/products/{pk}/")), 200)
        assert answer.body == catalog.products[pk]
    yield None


def product_logged_in(catalog: Catalog, customer: Customer) -> Client:
    """The same for a customer who is logged in."""
    while True:
        pk = random.choice(catalog.product_ids)
        ask = request("GET", f"/api/products/{pk}/", token=customer.token)
        assert expect((yield ask), 200).body == catalog.products[pk]
        yield None


def list_unchanged(catalog: Catalog, customer: Customer) -> Client:
    """The first page for a client that has it already."""
    ask = request("GET", "/api/products/", If_None_Match=catalog.etag)
    while True:
        assert expect((yield ask), 304).body == b""
        yield None


def product_unchanged(catalog: Catalog, customer: Customer) -> Client:
    """One product for a client that has it already."""
    while True:
        pk = random.choice(catalog.product_ids)
        ask = request("GET", f"/api/products/{pk}/", If_None_Match=catalog.etag)
        assert expect((yield ask), 304).body == b""
        yield None


def login(catalog: Catalog, customer: Customer) -> Client:
    """A login, with argon2."""
    yield from _login("/api/login/", customer)


def tuned_login(catalog: Catalog, customer: Customer) -> Client:
    """The same with the tuned view."""
    yield from _login("/tuned/login/", customer)


def _login(path: str, customer: Customer) -> Client:
    ask = request("POST", path, {"username": customer.username, "password": PASSWORD})
    while True:
        answer = expect((yield ask), 200)
        assert b'"token":' in answer.body
        yield None


def add_to_cart(catalog: Catalog, customer: Customer) -> Client:
    """One more unit of one of fifty products."""
    product_ids = catalog.product_ids[:50]
    while True:
        body = {"product_id": random.choice(product_ids), "quantity": 1}
        answer = expect((yield request("POST", "/api/cart/add/", body, token=customer.token)), 200)
        assert answer.body.startswith(b'{"message":"Added to your cart.","cart_id":')
        yield None


def view_cart(catalog: Catalog, customer: Customer) -> Client:
    """A cart of five items."""
    ask = request("GET", "/api/cart/", token=customer.token)
    while True:
        answer = expect((yield ask), 200)
        assert answer.body.count(b'"product_id":') == CART_ITEMS
        yield None


def clear_cart(catalog: Catalog, customer: Customer) -> Client:
    """Prepare an empty cart."""
    expect((yield request("DELETE", "/api/cart/", token=customer.token)), 204)
    yield None


def fill_cart(catalog: Catalog, customer: Customer) -> Client:
    """Prepare a cart of five items."""
    expect((yield request("DELETE", "/api/cart/", token=customer.token)), 204)
    for pk in catalog.product_ids[:CART_ITEMS]:
        body = {"product_id": pk, "quantity": 1}
        expect((yield request("POST", "/api/cart/add/", body, token=customer.token)), 200)
    yield None


_keys = count(time.time_ns())


def _add_two(
    catalog: Catalog, customer: Customer, path: str
) -> Generator[bytes | None, Answer | None, int]:
    """Add two products, and return the id of the cart."""
    for pk in random.sample(catalog.product_ids, 2):
        ask = request("POST", path, {"product_id": pk, "quantity": 1}, token=customer.token)
        cart_id: int = expect((yield ask), 200).json()["cart_id"]
    return cart_id


def checkout(catalog: Catalog, customer: Customer) -> Client:
    """Two adds, the order and its payment, both with idempotency keys."""
    while True:
        cart_id = yield from _add_two(catalog, customer, "/api/cart/add/")
        headers = {"Idempotency_Key": f"order-{next(_keys)}"}
        ask = request("POST", "/api/orders/", {"cart_id": cart_id}, token=customer.token, **headers)
        placed = expect((yield ask), 201).json()
        assert placed["status"] == "pending"
        body = {"order_id": placed["order_id"], "payment_method": "card"}
        headers = {"Idempotency_Key": f"payment-{next(_keys)}"}
        ask = request("POST", "/api/payments/", body, token=customer.token, **headers)
        assert expect((yield ask), 201).json()["status"] == "succeeded"
        yield None


def guest_checkout(catalog: Catalog, customer: Customer) -> Client:
    """A guest's cart of two products, and the order with its payment: two requests."""
    yield from _buy_as_guest(catalog, {})


_DETAILS = {
    "phone": "+4930901820",
    "shipping_address": {
        "name": "Ada Lovelace",
        "line1": "Unter den Linden 1",
        "postal_code": "10117",
        "city": "Berlin",
        "country": "DE",
    },
    "voucher_codes": ["WELCOME10"],
}


def full_checkout(catalog: Catalog, customer: Customer) -> Client:
    """The same with an address, shipping, tax and a voucher, in the demo shop's configuration."""
    yield from _buy_as_guest(catalog, _DETAILS)


def _buy_as_guest(catalog: Catalog, details: dict[str, object]) -> Client:
    while True:
        items = [{"product_id": pk, "quantity": 1} for pk in random.sample(catalog.product_ids, 2)]
        email = f"guest{next(_keys)}@example.com"
        body = {"items": items, "email": email, **details}
        cart = expect((yield request("POST", "/api/cart/", body)), 201).json()
        assert cart["can_order"], cart["problems"]
        assert len(cart["vouchers"]) == len(details.get("voucher_codes", ())), cart["vouchers"]
        body = {
            "cart_id": cart["cart_id"],
            "expected_total": cart["total"],
            "payment_method": "card",
        }
        ask = request("POST", "/api/checkout/", body, X_Cart_Token=cart["cart_token"])
        assert expect((yield ask), 201).json()["status"] == "paid"
        yield None


def tuned_checkout(catalog: Catalog, customer: Customer) -> Client:
    """The same four requests with the tuned views."""
    while True:
        cart_id = yield from _add_two(catalog, customer, "/tuned/add/")
        ask = request("POST", "/tuned/order/", {"cart_id": cart_id}, token=customer.token)
        order_id = expect((yield ask), 200).json()["order_id"]
        ask = request("POST", "/tuned/payment/", {"order_id": order_id}, token=customer.token)
        assert expect((yield ask), 200).json()["payment_id"]
        yield None


REFERENCE_VIEWS: dict[str, Scenario] = {
    "bare view": bare,
    "one ORM query": orm,
    "lean DRF list": lean_list,
    "lean DRF product": lean_product,
    "tuned login": tuned_login,
    "tuned checkout": tuned_checkout,
}
SHOP: dict[str, Scenario] = {
    "product list": product_list,
    "product list, logged in": product_list_logged_in,
    "product list, filtered": product_list_filtered,
    "product search": product_search,
    "product list, 304": list_unchanged,
    "product": product,
    "product, logged in": product_logged_in,
    "product, 304": product_unchanged,
    "login": login,
    "add to cart": add_to_cart,
    "view cart": view_cart,
    "checkout": checkout,
    "guest checkout": guest_checkout,
}
CONFIGURED: dict[str, Scenario] = {"full checkout": full_checkout}
"""Needs the demo shop's configuration (``bench.checkout``)."""
PREPARATIONS: dict[str, Scenario] = {
    "add to cart": clear_cart,
    "view cart": fill_cart,
    "checkout": clear_cart,
    "tuned checkout": clear_cart,
}
