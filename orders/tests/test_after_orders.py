"""What buyers do with an order later: order it again, look it up, or join it to an account."""

import pytest

from cart.promotions.factories import create_promotion
from catalog.factories import ProductFactory
from catalog.models import Product
from orders.factories import place_order
from orders.models import Order
from orders.tests.test_guests import Guest
from shop.core.models import Event
from shop.testing.budget import LOCK, count_statements, query_budget
from shop.testing.races import at_once

ORDERS, LOOKUP = "/api/orders/", "/api/orders/lookup/"


@pytest.fixture(autouse=True)
def _unthrottled(unthrottled):
    """Guests may order often."""


def quantities(cart):
    return {item["product_id"]: item["quantity"] for item in cart["cart_items"]}


def test_an_order_is_put_into_the_cart_again_once(ada, tea):
    cup, gone = ProductFactory(name="Cup", stock=10), ProductFactory(name="Gone")
    order = place_order(ada.user, tea, cup, gone, quantity=4)
    Product.objects.filter(pk=cup.pk).update(stock=3)
    Product.objects.filter(pk=gone.pk).update(is_published=False)
    ada.post("/api/cart/", {"items": [{"product_id": tea.pk, "quantity": 5}]})
    path = f"{ORDERS}{order.pk}/reorder/"
    first, second = ada.post(path), ada.post(path)
    assert (first.status_code, second.status_code) == (200, 200)
    assert quantities(first.json()) == {tea.pk: 5, cup.pk: 3}
    problems = first.json()["problems"]
    assert {(each["code"], each.get("available")) for each in problems} == {
        ("product_unavailable", None),
        ("out_of_stock", 3),
    }
    assert quantities(second.json()) == {tea.pk: 5, cup.pk: 3}


def test_a_guest_orders_again_in_a_new_cart(anyone, ada, tea):
    guest = Guest(anyone, tea, quantity=2)
    order_id = guest.order().json()["order_id"]
    again = guest.post(f"{ORDERS}{order_id}/reorder/")
    assert (again.status_code, quantities(again.json())) == (201, {tea.pk: 2})
    headers = {"X-Cart-Token": again.json()["cart_token"]}
    assert anyone.get("/api/cart/", headers=headers).json()["cart_id"] == again.json()["cart_id"]
    assert ada.post(f"{ORDERS}{order_id}/reorder/").status_code == 404
    assert anyone.post(f"{ORDERS}{order_id}/reorder/").status_code == 401


@pytest.mark.parametrize("count", [1, 9])
def test_ordering_again_sends_the_same_statements_for_any_number_of_items(ada, count):
    order = place_order(ada.user, *ProductFactory.create_batch(count))
    ada.post("/api/cart/", {"items": []})
    with query_budget(8 + LOCK):
        ada.post(f"{ORDERS}{order.pk}/reorder/")


@pytest.mark.django_db(transaction=True)
def test_ordering_again_in_parallel_fills_one_cart_once(ada, tea):
    order = place_order(ada.user, tea, quantity=2)
    path = f"{ORDERS}{order.pk}/reorder/"
    responses = at_once(*[lambda: ada.post(path)] * 4)
    assert {response.json()["cart_id"] for response in responses} == {
        ada.get("/api/cart/").json()["cart_id"]
    }
    assert quantities(ada.get("/api/cart/").json()) == {tea.pk: 2}


def test_a_link_is_asked_for_with_the_same_response_for_any_number(anyone, ada, tea):
    order = place_order(ada.user, tea)
    number = f"{order.number[:4]}-{order.number[4:].lower()}"
    asked = [
        {"number": number, "email": ada.user.email.upper()},
        {"number": number, "email": "other@example.com"},
        {"number": "0015NM7S", "email": ada.user.email},
        {"number": "not a number", "email": "x"},
        {"number": str(order.pk), "email": ada.user.email},
    ]
    responses, statements = [], []
    for body in asked:
        statements.append(count_statements(lambda b=body: responses.append(anyone.post(LOOKUP, b))))
    assert {response.status_code for response in responses} == {202}
    assert len({response.content for response in responses}) == 1
    assert len(set(statements)) == 1
    found = Event.objects.filter(kind="order.lookup_requested").order_by("pk")
    assert list(found.values_list("object_id", flat=True)) == [order.pk, 0, 0, 0, 0]
    assert set(found.values_list("is_internal", flat=True)) == {True}
    Order.objects.update(number=None)  # as an earlier release placed it
    anyone.post(LOOKUP, asked[4])
    assert found.last().object_id == order.pk


def test_lookups_are_limited(db, anyone, settings):
    settings.THROTTLE = True
    body = {"number": "0015NM7S", "email": "ada@example.com"}
    codes = [anyone.post(LOOKUP, body).status_code for _ in range(21)]
    assert (codes[:20], codes[20]) == ([202] * 20, 429)


def test_a_promotion_for_first_orders_counts_orders_of_the_address(anyone, ada, tea):
    create_promotion(first_order_only=True)
    first = Guest(anyone, tea)
    assert first.get("/api/cart/").json()["total"] == "4.05"
    first.order()
    assert Guest(anyone, tea).get("/api/cart/").json()["total"] == "4.50"
    Order.objects.update(status="cancelled")
    assert Guest(anyone, tea).get("/api/cart/").json()["total"] == "4.05"
