"""What one buyer can hold without paying."""

from functools import partial

import pytest

from cart.factories import fill_cart
from catalog.factories import ProductFactory
from catalog.models import Product
from orders import services
from orders.factories import place_order
from orders.models import Order
from payments.factories import pay
from shop.testing.assertions import assert_audit_passes, statuses
from shop.testing.races import at_once

ORDERS = "/api/orders/"


def order(caller, cart_id):
    return caller.post(ORDERS, {"cart_id": cart_id})


@pytest.mark.django_db
def test_a_sixth_unpaid_order_is_refused_and_changes_nothing(ada, bob, tea):
    for _ in range(5):
        place_order(ada.user, tea)
    cart_id = fill_cart(ada.user, tea)
    stock = Product.objects.get(pk=tea.pk).stock
    response = order(ada, cart_id)
    assert response.status_code == 409
    body = response.json()
    assert (body["code"], body["limit"], body["open_orders"]) == ("open_order_limit", 5, 5)
    assert (Order.objects.count(), Product.objects.get(pk=tea.pk).stock) == (5, stock)
    assert ada.get("/api/cart/").json()["cart_id"] == cart_id
    assert order(bob, fill_cart(bob.user, tea)).status_code == 201


@pytest.mark.django_db
@pytest.mark.parametrize("end", ["pay", "cancel"])
def test_a_paid_or_cancelled_order_makes_room_for_another(ada, tea, end):
    first, *_ = [place_order(ada.user, tea) for _ in range(5)]
    if end == "pay":
        pay(first)
    else:
        services.cancel_order(order_id=first.pk, actor=ada.user)
    assert order(ada, fill_cart(ada.user, tea)).status_code == 201
    assert order(ada, fill_cart(ada.user, tea)).json()["code"] == "open_order_limit"


@pytest.mark.django_db
def test_unpaid_orders_hold_a_limited_number_of_units(ada, settings):
    settings.MAX_UNITS_HELD = 10
    tea, pot = ProductFactory(stock=100), ProductFactory(stock=100)
    place_order(ada.user, tea, pot, quantity=3)
    cart_id = fill_cart(ada.user, tea, quantity=5)
    body = order(ada, cart_id).json()
    assert (body["code"], body["limit"], body["held"], body["wanted"]) == (
        "held_units_limit",
        10,
        6,
        5,
    )
    assert Product.objects.get(pk=tea.pk).stock == 97
    ada.patch(f"/api/cart/items/{tea.pk}/", {"quantity": 4})
    assert order(ada, cart_id).status_code == 201
    assert Product.objects.get(pk=tea.pk).stock == 93


@pytest.mark.django_db(transaction=True)
def test_parallel_orders_of_one_buyer_cannot_exceed_the_limit(ada, settings):
    settings.MAX_OPEN_ORDERS = 3
    tea = ProductFactory(stock=100)

    def add_and_order():
        for _ in range(3):
            added = ada.post("/api/cart/add/", {"product_id": tea.pk, "quantity": 2})
            if added.status_code == 200:
                order(ada, added.json()["cart_id"])

    at_once(*[add_and_order] * 6)
    orders = Order.objects.filter(user=ada.user)
    assert orders.count() == 3
    assert set(orders.values_list("status", flat=True)) == {"pending"}
    assert_audit_passes()


@pytest.mark.django_db(transaction=True)
def test_an_order_that_is_cancelled_meanwhile_makes_room_once(ada, settings):
    settings.MAX_OPEN_ORDERS = 1
    tea = ProductFactory(stock=100)
    first = place_order(ada.user, tea)
    cart_id = fill_cart(ada.user, tea)
    cancel = partial(ada.post, f"{ORDERS}{first.pk}/cancel/")
    responses = at_once(*[partial(order, ada, cart_id)] * 4, cancel)
    placed = [r for r in responses if r.status_code == 201]
    assert len(placed) <= 1
    assert Order.objects.filter(status="pending").count() == len(placed)
    assert statuses(responses)[200] == 1
    assert_audit_passes()
