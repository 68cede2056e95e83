"""GET /api/orders/, GET /api/orders/{id}/, POST /api/orders/{id}/cancel/."""

import pytest
from django.db import IntegrityError, transaction

from catalog.factories import ProductFactory
from catalog.models import Product, StockMovement
from orders import services
from orders.factories import place_order
from orders.models import Order, OrderItem
from shop.testing.books import assert_books_balance
from shop.testing.budget import query_budget

ORDERS = "/api/orders/"


def test_one_sees_ones_own_orders_newest_first_without_items(ada, bob, tea):
    first, second = place_order(ada.user, tea), place_order(ada.user, tea)
    place_order(bob.user, tea)
    page = ada.get(ORDERS).json()
    assert [order["order_id"] for order in page["orders"]] == [second.pk, first.pk]
    assert set(page) == {"count", "next", "previous", "orders"}
    assert set(page["orders"][0]) == {"order_id", "status", "total", "currency", "created_at"}


def test_staff_see_everyones(ada, bob, amy, tea):
    placed = [place_order(caller.user, tea) for caller in (ada, bob)]
    assert amy.get(ORDERS).json()["count"] == 2
    for order in placed:
        assert amy.get(f"{ORDERS}{order.pk}/").status_code == 200


def test_an_order_shows_items_and_events(ada, tea):
    order = place_order(ada.user, tea, quantity=2)
    shown = ada.get(f"{ORDERS}{order.pk}/").json()
    assert (shown["order_id"], shown["status"], shown["total"]) == (order.pk, "pending", "9.00")
    assert (shown["currency"], shown["amount_paid"]) == ("USD", "0.00")
    assert [item["product_id"] for item in shown["items"]] == [tea.pk]
    event = shown["events"][0]
    assert (event["status"], event["note"], event["actor"]) == ("pending", "Order placed", "ada")
    assert event["created_at"].endswith("Z")


def test_another_ones_order_does_not_exist(ada, bob, anyone, tea):
    order = place_order(ada.user, tea)
    assert bob.get(f"{ORDERS}{order.pk}/").status_code == 404
    assert bob.post(f"{ORDERS}{order.pk}/cancel/").status_code == 404
    assert anyone.get(f"{ORDERS}{order.pk}/").status_code == 401
    order.refresh_from_db()
    assert order.status == "pending"


@pytest.mark.parametrize("lines", [1, 50])
def test_reading_costs_three_statements_for_any_number_of_lines(ada, lines):
    order = place_order(ada.user, *ProductFactory.create_batch(lines))
    with query_budget(1 + 3):
        assert len(ada.get(f"{ORDERS}{order.pk}/").json()["items"]) == lines


@pytest.mark.parametrize("number", [1, 20])
def test_a_page_of_orders_costs_two_statements(ada, number):
    product = ProductFactory(stock=1000)
    for _ in range(number):
        place_order(ada.user, product)
    with query_budget(1 + 2):
        assert len(ada.get(ORDERS).json()["orders"]) == number


def test_a_cancelled_order_returns_its_stock(ada, tea):
    order = place_order(ada.user, tea, quantity=4)
    answer = ada.post(f"{ORDERS}{order.pk}/cancel/")
    assert (answer.status_code, answer.json()["status"]) == (200, "cancelled")
    assert [e["status"] for e in answer.json()["events"]] == ["pending", "cancelled"]
    assert Product.objects.get().stock == 10
    movement = StockMovement.objects.get(kind="cancellation")
    assert (movement.delta, movement.actor) == (4, ada.user)
    assert_books_balance()


def test_a_confirmed_order_can_be_cancelled(ada, tea):
    order = place_order(ada.user, tea)
    services.confirm_order(order_id=order.pk, actor=None)
    assert ada.post(f"{ORDERS}{order.pk}/cancel/").status_code == 200


def test_an_order_is_cancelled_once(ada, tea):
    order = place_order(ada.user, tea)
    ada.post(f"{ORDERS}{order.pk}/cancel/")
    again = ada.post(f"{ORDERS}{order.pk}/cancel/")
    body = again.json()
    assert (again.status_code, body["code"]) == (409, "illegal_transition")
    assert (body["order_status"], body["wanted"]) == ("cancelled", "cancelled")
    assert Product.objects.get().stock == 10
    assert order.events.count() == 2


def test_a_cancel_with_a_key_answers_again_byte_for_byte(ada, tea):
    path = f"{ORDERS}{place_order(ada.user, tea).pk}/cancel/"
    first, second = [ada.post(path, headers={"Idempotency-Key": "c"}) for _ in range(2)]
    assert (first.status_code, second.content) == (200, first.content)
    assert second["Idempotent-Replayed"] == "true"


def test_staff_who_cancel_are_named_to_staff_alone(ada, amy, tea):
    order = place_order(ada.user, tea)
    answer = amy.post(f"{ORDERS}{order.pk}/cancel/")
    assert answer.json()["events"][-1]["actor"] == "amy"
    assert ada.get(f"{ORDERS}{order.pk}/").json()["events"][-1]["actor"] == "staff"
    assert order.events.latest("pk").actor == amy.user


def test_the_database_refuses_what_code_might_forget(ada, tea):
    order = place_order(ada.user, tea)
    rows = Order.objects.filter(pk=order.pk)
    for change in (
        {"status": "lost"},
        {"total": -1},
        {"amount_paid": 5, "status": "paid"},
        {"status": "paid"},
        {"amount_paid": order.total},
    ):
        with pytest.raises(IntegrityError), transaction.atomic():
            rows.update(**change)
    with pytest.raises(IntegrityError), transaction.atomic():
        Order.objects.create(user=ada.user, cart_id=order.cart_id, total=0, currency="USD")
    for change in ({"quantity": 2}, {"line_total": 5}, {"unit_price": 1}):
        with pytest.raises(IntegrityError), transaction.atomic():
            OrderItem.objects.update(**change)
