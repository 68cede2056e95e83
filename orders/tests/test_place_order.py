"""POST /api/orders/."""

from datetime import timedelta

import pytest
from django.db import connection

from cart.factories import fill_cart
from cart.models import CartItem
from catalog import services as catalog
from catalog.factories import ProductFactory
from catalog.models import Product, StockMovement
from orders.models import Order
from shop.testing.assertions import assert_audit_passes
from shop.testing.budget import LOCK, query_budget

ORDERS = "/api/orders/"
PLACING = 9 + LOCK
"""Statements of an order with any number of items. LOCK is 0 on SQLite, which locks no rows."""


def order(caller, cart_id, **more):
    return caller.post(ORDERS, {"cart_id": cart_id, **more})


def assert_nothing_changed(caller, cart_id):
    """Assert that the cart is open, that no stock was taken and that there is no order."""
    assert caller.get("/api/cart/").json()["cart_id"] == cart_id
    assert not Order.objects.exists()
    assert not StockMovement.objects.filter(kind="sale").exists()
    assert_audit_passes()


def test_a_cart_becomes_an_order_and_takes_its_stock(ada, tea):
    cart_id = fill_cart(ada.user, tea, quantity=3)
    response = order(ada, cart_id)
    placed = Order.objects.get()
    assert (response.status_code, response["Location"]) == (201, f"{ORDERS}{placed.pk}/")
    assert placed.pay_before - placed.created_at < timedelta(minutes=30)
    assert response.json() == {
        "order_id": placed.pk,
        "number": placed.number,
        "status": "pending",
        "payment_status": "unpaid",
        "fulfilment_status": "unfulfilled",
        "return_status": None,
        "has_open_dispute": False,
        "total": "13.50",
        "amount_due": "13.50",
        "currency": "USD",
        "created_at": placed.created_at.isoformat().replace("+00:00", "Z"),
        "pay_before": placed.pay_before.isoformat().replace("+00:00", "Z"),
        "payment_required": True,
        "can_pay": True,
        "can_cancel": True,
    }
    assert Product.objects.get().stock == 7
    movement = StockMovement.objects.get(kind="sale")
    assert (movement.delta, movement.actor) == (-3, ada.user)
    assert movement.reason == f"Order {placed.pk}"
    assert_audit_passes()


def test_adding_a_product_after_an_order_opens_a_new_cart(ada, tea):
    first = fill_cart(ada.user, tea)
    order(ada, first)
    assert ada.get("/api/cart/").json()["cart_id"] is None
    assert fill_cart(ada.user, tea) != first


def test_changes_of_the_catalog_do_not_change_an_order(ada, amy, tea):
    order_id = order(ada, fill_cart(ada.user, tea, quantity=2)).json()["order_id"]
    amy.patch(f"/api/products/{tea.pk}/", {"name": "Coffee", "price": "99"})
    amy.delete(f"/api/products/{tea.pk}/")
    [item] = ada.get(f"{ORDERS}{order_id}/").json()["items"]
    assert (item["product_id"], item["name"], item["quantity"]) == (tea.pk, "Tea", 2)
    assert (item["unit_price"], item["line_total"]) == ("4.50", "9.00")


def test_a_cart_can_be_ordered_once(ada, tea):
    cart_id = fill_cart(ada.user, tea)
    order_id = order(ada, cart_id).json()["order_id"]
    again = order(ada, cart_id)
    assert (again.status_code, again.json()["code"]) == (409, "cart_not_open")
    assert again.json()["order_id"] == order_id
    assert Product.objects.get().stock == 9


def test_an_order_is_refused_if_the_expected_total_differs(ada, tea):
    cart_id = fill_cart(ada.user, tea, quantity=2)
    refused = order(ada, cart_id, expected_total="8.99")
    body = refused.json()
    assert (refused.status_code, body["code"]) == (409, "total_changed")
    assert (body["total"], body["expected"]) == ("9.00", "8.99")
    assert_nothing_changed(ada, cart_id)
    assert order(ada, cart_id, expected_total="9").status_code == 201


def test_an_empty_cart_cannot_be_ordered(ada, tea):
    cart_id = fill_cart(ada.user, tea)
    ada.delete("/api/cart/")
    response = order(ada, cart_id)
    assert (response.status_code, response.json()["code"]) == (409, "cart_empty")
    assert_nothing_changed(ada, cart_id)


def test_a_cart_of_another_user_is_a_404(ada, bob, amy, tea):
    cart_id = fill_cart(ada.user, tea)
    for caller in (bob, amy):
        response = order(caller, cart_id)
        assert (response.status_code, response.json()["code"]) == (404, "cart_not_found")
    assert order(ada, cart_id + 1).status_code == 404
    assert_nothing_changed(ada, cart_id)


def test_an_ordered_cart_of_another_user_does_not_reveal_its_order(ada, bob, tea):
    cart_id = fill_cart(ada.user, tea)
    assert order(ada, cart_id).status_code == 201
    response = order(bob, cart_id)
    assert (response.status_code, response.json()["code"]) == (404, "cart_not_found")
    assert "order_id" not in response.json()
    assert Order.objects.count() == 1


def test_stock_is_taken_for_all_items_or_none(ada, tea):
    plenty, scarce = ProductFactory(), ProductFactory(stock=5)
    cart_id = fill_cart(ada.user, plenty, tea, scarce, quantity=5)
    for product in (tea, scarce):
        catalog.adjust_stock(
            product_id=product.pk, delta=2 - product.stock, reason="Lost", actor=ada.user
        )
    response = order(ada, cart_id)
    body = response.json()
    assert (response.status_code, body["code"], body["available"]) == (409, "out_of_stock", 2)
    assert (body["product_id"], body["product_ids"]) == (tea.pk, [tea.pk, scarce.pk])
    assert CartItem.objects.count() == 3
    assert Product.objects.get(pk=plenty.pk).stock == 100
    assert_nothing_changed(ada, cart_id)


def test_an_order_names_the_products_that_are_no_longer_for_sale(ada, tea):
    unpublished, archived = ProductFactory(), ProductFactory()
    cart_id = fill_cart(ada.user, tea, unpublished, archived)
    catalog.update_product(product_id=unpublished.pk, is_published=False)
    catalog.archive_product(product_id=archived.pk)
    response = order(ada, cart_id)
    assert (response.status_code, response.json()["code"]) == (409, "product_unavailable")
    assert response.json()["product_ids"] == [unpublished.pk, archived.pk]
    assert_nothing_changed(ada, cart_id)


def test_a_refused_order_can_be_placed_once_there_is_enough_stock(ada, amy, tea):
    scarce = ProductFactory(stock=5)
    cart_id = fill_cart(ada.user, tea, scarce, quantity=5)
    path = f"/api/products/{scarce.pk}/stock/"
    amy.post(path, {"delta": -3, "reason": "Lost"})
    assert order(ada, cart_id).json()["available"] == 2
    amy.post(path, {"delta": 3, "reason": "Found"})
    assert order(ada, cart_id).json()["total"] == "72.50"
    assert dict(Product.objects.values_list("pk", "stock")) == {tea.pk: 5, scarce.pk: 0}
    assert_audit_passes()


def test_an_order_has_the_prices_of_the_time_when_it_is_placed(ada, amy, tea):
    cart_id = fill_cart(ada.user, tea, quantity=2)
    amy.patch(f"/api/products/{tea.pk}/", {"price": "5.00"})
    refused = order(ada, cart_id, expected_total="9.00")
    assert (refused.status_code, refused.json()["total"]) == (409, "10.00")
    assert_nothing_changed(ada, cart_id)
    assert order(ada, cart_id, expected_total="10.00").json()["total"] == "10.00"


def test_the_total_has_a_limit(ada, db):
    product = ProductFactory(price="9999999999.99")
    cart_id = fill_cart(ada.user, product, quantity=2)
    response = order(ada, cart_id)
    assert (response.status_code, response.json()["code"]) == (409, "total_limit")
    assert_nothing_changed(ada, cart_id)
    assert response.json()["limit"] == "9999999999.99"
    ada.patch(f"/api/cart/items/{product.pk}/", {"quantity": 1})
    assert order(ada, cart_id).json()["total"] == "9999999999.99"
    assert_audit_passes()


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"cart_id": "1"},
        {"cart_id": True},
        {"cart_id": 0},
        {"cart_id": 1.0},
        {"cart_id": 2**63},
        {"cart_id": 1, "expected_total": 9.0},
        {"cart_id": 1, "expected_total": "nine"},
    ],
)
def test_an_invalid_order_body_is_a_400(ada, tea, body):
    cart_id = fill_cart(ada.user, tea)
    response = ada.post(ORDERS, body)
    assert (response.status_code, len(response.json()["errors"])) == (400, 1)
    assert_nothing_changed(ada, cart_id)


def test_user_total_and_status_in_the_request_are_refused(ada, bob, tea):
    cart_id = fill_cart(ada.user, tea)
    more = {"user": bob.user.pk, "user_id": bob.user.pk, "total": "0.01", "status": "paid"}
    refused = order(ada, cart_id, **more)
    assert (refused.status_code, refused.json()["code"]) == (400, "unknown_field")
    assert {error["field"] for error in refused.json()["errors"]} == set(more)
    assert not Order.objects.exists()


def test_a_misspelt_price_guard_is_refused(ada, tea):
    cart_id = fill_cart(ada.user, tea)
    (error,) = order(ada, cart_id, expectedTotal="1.00").json()["errors"]
    assert error == {
        "field": "expectedTotal",
        "code": "unknown_field",
        "detail": 'Unknown member "expectedTotal"; did you mean "expected_total"?',
    }
    assert not Order.objects.exists()


@pytest.mark.parametrize("count", [1, 9])
def test_an_order_sends_the_same_number_of_statements_for_any_number_of_items(ada, count):
    cart_id = fill_cart(ada.user, *ProductFactory.create_batch(count))
    with query_budget(1 + PLACING):
        assert order(ada, cart_id).status_code == 201


@pytest.mark.parametrize("count", [1, 9])
def test_selling_out_sends_one_statement_more_and_an_idempotency_key_two(ada, count):
    cart_id = fill_cart(ada.user, *ProductFactory.create_batch(count, stock=1))
    body, headers = {"cart_id": cart_id}, {"Idempotency-Key": "once"}
    bump = 1 if connection.vendor == "postgresql" else 2
    with query_budget(1 + PLACING + bump + 2):
        assert ada.post(ORDERS, body, headers=headers).status_code == 201
    # Authentication finds out that there is a record.
    with query_budget(1 + 1):
        assert ada.post(ORDERS, body, headers=headers).status_code == 201


def test_anonymous_requests_cannot_order(anyone, ada, tea):
    cart_id = fill_cart(ada.user, tea)
    assert order(anyone, cart_id).status_code == 401
    assert_nothing_changed(ada, cart_id)
