"""GET /api/orders/, GET /api/orders/{id}/, POST /api/orders/{id}/cancel/."""

import pytest
from django.db import IntegrityError, connection, transaction

from catalog.factories import ProductFactory
from catalog.models import Product, StockMovement
from orders import services
from orders.factories import place_order
from orders.models import Order, OrderEvent, OrderItem
from orders.serializers import NO_ACTION
from shop.testing.assertions import assert_audit_passes
from shop.testing.budget import query_budget

ORDERS = "/api/orders/"


def test_the_list_has_the_users_own_orders_newest_first_without_items(ada, bob, tea):
    first, second = place_order(ada.user, tea), place_order(ada.user, tea)
    place_order(bob.user, tea)
    page = ada.get(ORDERS).json()
    assert [order["order_id"] for order in page["orders"]] == [second.pk, first.pk]
    assert set(page) == {"count", "next", "previous", "orders"}
    newest = page["orders"][0]
    assert newest == {
        "order_id": second.pk,
        "number": second.number,
        "status": "pending",
        "payment_status": "unpaid",
        "fulfilment_status": "unfulfilled",
        "return_status": None,
        "has_open_dispute": False,
        "total": "4.50",
        "amount_due": "4.50",
        "currency": "USD",
        "created_at": newest["created_at"],
        "pay_before": newest["pay_before"],
        "payment_required": True,
        "can_pay": True,
        "can_cancel": True,
    }


def test_staff_see_all_orders(ada, bob, amy, tea):
    placed = [place_order(caller.user, tea) for caller in (ada, bob)]
    assert amy.get(ORDERS).json()["count"] == 2
    for order in placed:
        assert amy.get(f"{ORDERS}{order.pk}/").status_code == 200


def test_an_order_has_items_and_events(ada, tea):
    cup = ProductFactory(name="Cup", price="0.10")
    order = place_order(ada.user, tea, cup, quantity=3)
    body = ada.get(f"{ORDERS}{order.pk}/").json()
    times = [body.pop("created_at"), body.pop("pay_before"), body["events"][0].pop("created_at")]
    placed = [order.created_at, order.pay_before, order.events.get().created_at]
    assert times == [time.isoformat().replace("+00:00", "Z") for time in placed]
    rest = {
        "sku": "",
        "options": {},
        "image": None,
        "quantity": 3,
        "quantity_cancelled": 0,
        "quantity_fulfilled": 0,
        "quantity_returned": 0,
        "quantity_returnable": 0,
        "amount_refunded": "0.00",
        "requires_shipping": True,
        "discount": "0.00",
        "tax_rate": "0",
        "tax": "0.00",
    }
    tea_price = {"unit_price": "4.50", "regular_unit_price": "4.50", "line_total": "13.50"}
    cup_price = {"unit_price": "0.10", "regular_unit_price": "0.10", "line_total": "0.30"}
    assert body == {
        "order_id": order.pk,
        "number": order.number,
        "status": "pending",
        "payment_status": "unpaid",
        "fulfilment_status": "unfulfilled",
        "return_status": None,
        "has_open_dispute": False,
        "subtotal": "13.80",
        "discount_total": "0.00",
        "shipping_total": "0.00",
        "fee_total": "0.00",
        "taxes": [],
        "tax_total": "0.00",
        "prices_include_tax": True,
        "total": "13.80",
        "amount_due": "13.80",
        "currency": "USD",
        "amount_cancelled": "0.00",
        "amount_paid": "0.00",
        "amount_refunded": "0.00",
        "payment_required": True,
        "can_pay": True,
        "can_cancel": True,
        "can_return": False,
        "fulfilments": [],
        "payments": [],
        "next_action": {**NO_ACTION, "payment_id": None},
        "email": ada.user.email,
        "phone": "",
        "language": "",
        "note": "",
        "consents": {},
        "metadata": {},
        "adjustments": [],
        "shipping_method": None,
        "shipping_address": None,
        "billing_address": None,
        "items": [
            {"product_id": tea.pk, "name": "Tea", **tea_price, **rest},
            {"product_id": cup.pk, "name": "Cup", **cup_price, **rest},
        ],
        "events": [{"status": "pending", "note": "Order placed", "actor": "ada"}],
    }


def test_an_order_of_an_earlier_release_consists_of_its_items(ada, tea):
    """The release before wrote no number, no amounts but the total, and no shares of items."""
    order = place_order(ada.user, tea, quantity=2)
    unknown = ["number", "subtotal", "discount_total", "shipping_total", "fee_total", "tax_total"]
    unknown += ["prices_include_tax", "tax_rounding", "pay_before"]
    Order.objects.update(email="", email_key="", **dict.fromkeys(unknown))
    names = ["regular_unit_price", "discount", "tax_rate", "tax", "weight", "requires_shipping"]
    OrderItem.objects.update(**dict.fromkeys(names))
    body = ada.get(f"{ORDERS}{order.pk}/").json()
    assert (body["number"], body["subtotal"], body["tax_total"]) == (str(order.pk), "9.00", "0.00")
    assert (body["pay_before"], body["can_pay"]) == (None, True)
    assert (body["items"][0]["regular_unit_price"], body["items"][0]["tax"]) == ("4.50", "0.00")
    assert_audit_passes()


def test_events_are_in_the_order_in_which_they_happened(ada, amy, tea):
    order = place_order(ada.user, tea)
    services.confirm_order(order_id=order.pk, actor=None, note="Cash on delivery")
    services.ship_order(order_id=order.pk, actor=amy.user)
    services.deliver_order(order_id=order.pk, actor=amy.user)
    events = ada.get(f"{ORDERS}{order.pk}/").json()["events"]
    assert [(event["status"], event["note"], event["actor"]) for event in events] == [
        ("pending", "Order placed", "ada"),
        ("confirmed", "Cash on delivery", "shop"),
        ("shipped", "1 unit shipped", "staff"),
        ("delivered", "Delivered", "staff"),
    ]


def test_orders_are_paginated(ada, tea):
    placed = [place_order(ada.user, tea).pk for _ in range(3)]
    page = ada.get(ORDERS, {"page_size": 2}).json()
    assert (page["count"], page["previous"]) == (3, None)
    assert page["next"] == f"http://testserver{ORDERS}?page=2&page_size=2"
    rest = ada.get(page["next"]).json()
    assert [o["order_id"] for o in page["orders"] + rest["orders"]] == placed[::-1]
    assert ada.get(ORDERS)["Cache-Control"] == "no-store"


def test_an_order_of_another_user_is_a_404(ada, bob, anyone, tea):
    order = place_order(ada.user, tea)
    assert bob.get(f"{ORDERS}{order.pk}/").status_code == 404
    assert bob.post(f"{ORDERS}{order.pk}/cancel/").status_code == 404
    assert bob.get(ORDERS).json()["orders"] == []
    assert anyone.get(ORDERS).status_code == 401
    assert anyone.get(f"{ORDERS}{order.pk}/").status_code == 401
    assert anyone.post(f"{ORDERS}{order.pk}/cancel/").status_code == 401
    order.refresh_from_db()
    assert order.status == "pending"


@pytest.mark.parametrize("count", [1, 9])
def test_reading_an_order_sends_the_same_statements_for_any_number_of_items(ada, count):
    order = place_order(ada.user, *ProductFactory.create_batch(count))
    with query_budget(1 + 8):
        assert len(ada.get(f"{ORDERS}{order.pk}/").json()["items"]) == count


@pytest.mark.parametrize("count", [1, 9])
def test_a_page_of_orders_sends_three_statements(ada, count, settings):
    settings.MAX_OPEN_ORDERS = count
    product = ProductFactory(stock=1000)
    for _ in range(count):
        place_order(ada.user, product)
    with query_budget(1 + 3):
        assert len(ada.get(ORDERS).json()["orders"]) == count


def test_cancelling_an_order_returns_its_units_to_stock(ada, tea):
    order = place_order(ada.user, tea, quantity=4)
    response = ada.post(f"{ORDERS}{order.pk}/cancel/")
    assert (response.status_code, response.json()["status"]) == (200, "cancelled")
    assert [e["status"] for e in response.json()["events"]] == ["pending", "cancelled"]
    assert Product.objects.get().stock == 10
    movement = StockMovement.objects.get(kind="cancellation")
    assert (movement.delta, movement.actor) == (4, ada.user)
    assert_audit_passes()


def test_a_confirmed_order_can_be_cancelled(ada, tea):
    order = place_order(ada.user, tea)
    services.confirm_order(order_id=order.pk, actor=None)
    assert ada.post(f"{ORDERS}{order.pk}/cancel/").status_code == 200


@pytest.mark.parametrize("status", ["paid", "shipped", "delivered", "cancelled", "refunded"])
def test_an_order_with_another_status_cannot_be_cancelled(ada, amy, tea, status):
    order = place_order(ada.user, tea, quantity=4)
    paid = order.total if status == "paid" else 0
    Order.objects.filter(pk=order.pk).update(status=status, amount_paid=paid)
    for caller in (ada, amy):
        response = caller.post(f"{ORDERS}{order.pk}/cancel/")
        body = response.json()
        assert (response.status_code, body["code"]) == (409, "illegal_transition")
        assert (body["order_status"], body["wanted"]) == (status, "cancelled")
    order.refresh_from_db()
    assert (order.status, order.events.count(), Product.objects.get().stock) == (status, 1, 6)
    assert not StockMovement.objects.filter(kind="cancellation").exists()


@pytest.mark.parametrize("path", ["0", "999999", "9" * 19, "abc"])
def test_an_unknown_order_is_a_404(ada, amy, tea, path):
    place_order(ada.user, tea)
    for caller in (ada, amy):
        for response in (
            caller.get(f"{ORDERS}{path}/"),
            caller.post(f"{ORDERS}{path}/cancel/"),
        ):
            assert (response.status_code, response.json()["code"]) == (404, "not_found")


def test_cancelling_returns_units_of_an_archived_product_too(ada, amy, tea):
    order = place_order(ada.user, tea, quantity=4)
    amy.delete(f"/api/products/{tea.pk}/")
    assert ada.post(f"{ORDERS}{order.pk}/cancel/").status_code == 200
    assert Product.objects.get().stock == 10
    assert_audit_passes()


def test_an_order_can_be_cancelled_once(ada, tea):
    order = place_order(ada.user, tea)
    ada.post(f"{ORDERS}{order.pk}/cancel/")
    again = ada.post(f"{ORDERS}{order.pk}/cancel/")
    body = again.json()
    assert (again.status_code, body["code"]) == (409, "illegal_transition")
    assert (body["order_status"], body["wanted"]) == ("cancelled", "cancelled")
    assert Product.objects.get().stock == 10
    assert order.events.count() == 2


def test_a_repeated_cancellation_with_a_key_gets_the_same_response(ada, tea):
    path = f"{ORDERS}{place_order(ada.user, tea).pk}/cancel/"
    first, second = [ada.post(path, headers={"Idempotency-Key": "c"}) for _ in range(2)]
    assert (first.status_code, second.content) == (200, first.content)
    assert second["Idempotent-Replayed"] == "true"


def test_only_staff_see_the_names_of_staff(ada, amy, tea):
    order = place_order(ada.user, tea)
    response = amy.post(f"{ORDERS}{order.pk}/cancel/")
    assert response.json()["events"][-1]["actor"] == "amy"
    assert ada.get(f"{ORDERS}{order.pk}/").json()["events"][-1]["actor"] == "staff"
    assert order.events.latest("pk").actor == amy.user


@pytest.mark.parametrize(
    "change",
    [
        {"status": "lost"},
        {"total": -1},
        {"amount_paid": -1, "status": "shipped"},
        {"amount_paid": 5, "status": "shipped"},
        {"amount_paid": 4, "status": "paid"},
        {"status": "paid"},
        {"amount_paid": "4.50", "status": "cancelled"},
        {"amount_cancelled": "4.51"},
        {"amount_committed": "4.51"},
        {"amount_paid": "3.49", "amount_cancelled": "1.00", "status": "paid"},
        {"status": "cancelled", "fulfilment_status": "partly_fulfilled"},
        {"payment_status": "lost"},
        {"fulfilment_status": ""},
        {"return_status": "none"},
    ],
)
def test_the_database_enforces_the_constraints_of_orders(ada, tea, change):
    order = place_order(ada.user, tea)
    with pytest.raises(IntegrityError), transaction.atomic():
        Order.objects.filter(pk=order.pk).update(**change)
    order.refresh_from_db()
    assert (order.status, str(order.total), order.amount_paid) == ("pending", "4.50", 0)


@pytest.mark.parametrize(
    "change",
    [
        {"quantity": 2},
        {"line_total": 5},
        {"unit_price": 1},
        {"quantity": 1000, "line_total": 4500},
        {"quantity_fulfilled": 1, "quantity_cancelled": 1},
        {"quantity_fulfilled": 2, "quantity_cancelled": -1},
        {"quantity_fulfilled": -1},
        {"quantity_returned": 1},
        {"amount_refunded": -1},
    ],
)
def test_the_database_enforces_the_constraints_of_items(ada, tea, change):
    place_order(ada.user, tea)
    with pytest.raises(IntegrityError), transaction.atomic():
        OrderItem.objects.update(**change)
    assert str(OrderItem.objects.get().line_total) == "4.50"


def test_the_database_allows_one_order_for_a_cart_and_one_item_for_a_product(ada, tea):
    place_order(ada.user, tea)
    for table, columns in (
        ("orders_order", "user_id, cart_id, status, total, amount_paid, currency"),
        ("orders_orderitem", "order_id, product_id, name, unit_price, quantity, line_total"),
    ):
        copy = f"INSERT INTO {table} ({columns}) SELECT {columns} FROM {table}"
        with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(copy)
    assert (Order.objects.count(), OrderItem.objects.count()) == (1, 1)


def test_the_database_refuses_an_unknown_status_of_an_event(ada, tea):
    place_order(ada.user, tea)
    with pytest.raises(IntegrityError), transaction.atomic():
        OrderEvent.objects.update(status="lost")
