"""Parallel requests that change stock, carts and orders."""

from functools import partial
from threading import Barrier, Event

import pytest
from django.db import connection, transaction
from django.db.models import Sum

from accounts.factories import UserFactory
from cart.factories import fill_cart
from cart.models import CartItem
from catalog.factories import ProductFactory
from catalog.models import Product, StockMovement
from orders import services
from orders.errors import IllegalTransition
from orders.factories import place_order
from orders.models import Order, OrderItem
from shop.core import transactions
from shop.testing.assertions import assert_audit_passes, statuses
from shop.testing.fixtures import Caller
from shop.testing.races import at_once, times, until_blocked

pytestmark = pytest.mark.django_db(transaction=True)


def order(caller, cart_id):
    return caller.post("/api/orders/", {"cart_id": cart_id})


def disable_plans_that_read_products_by_id():
    """Disable the joins with which PostgreSQL may read few products in ascending id by chance."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SET enable_hashjoin = off; SET enable_mergejoin = off")


def order_calls(product, count):
    """Return calls that order one unit of the product, each for another user."""
    callers = [Caller(UserFactory()) for _ in range(count)]
    return [partial(order, caller, fill_cart(caller.user, product)) for caller in callers]


@pytest.mark.parametrize(("stock", "buyers"), [(1, 2), (1, 12), (3, 10)])
def test_no_more_units_are_sold_than_are_in_stock(stock, buyers):
    product = ProductFactory(stock=stock)
    responses = at_once(*order_calls(product, buyers))
    assert statuses(responses) == {201: stock, 409: buyers - stock}
    assert {a.json()["code"] for a in responses if a.status_code == 409} == {"out_of_stock"}
    assert Product.objects.get().stock == 0
    assert OrderItem.objects.aggregate(Sum("quantity"))["quantity__sum"] == stock
    assert_audit_passes()


def test_parallel_orders_of_one_cart_place_one_order(ada, tea):
    cart_id = fill_cart(ada.user, tea, quantity=2)
    responses = times(8, partial(order, ada, cart_id))
    assert statuses(responses) == {201: 1, 409: 7}
    placed = Order.objects.get()
    errors = [r.json() for r in responses if r.status_code == 409]
    assert {(error["code"], error["order_id"]) for error in errors} == {
        ("cart_not_open", placed.pk)
    }
    assert Product.objects.get().stock == 8
    assert_audit_passes()


@pytest.mark.parametrize("attempt", range(5))
def test_units_added_during_an_order_are_in_the_order_or_in_a_new_cart(ada, attempt):
    product = ProductFactory()
    cart_id = fill_cart(ada.user, product)
    add = partial(ada.post, "/api/cart/add/", {"product_id": product.pk, "quantity": 1})
    responses = at_once(add, partial(order, ada, cart_id), add, add)
    assert statuses(responses) == {200: 3, 201: 1}
    ordered = OrderItem.objects.get().quantity
    in_cart = CartItem.objects.filter(cart__status="open").aggregate(n=Sum("quantity"))["n"] or 0
    assert ordered + in_cart == 4
    assert_audit_passes()


def test_carts_filled_in_opposite_order_do_not_deadlock(monkeypatch):
    """A deadlock fails the test: transactions are not repeated."""
    monkeypatch.setattr(transactions, "ATTEMPTS", 1)
    first, second = ProductFactory(stock=1000), ProductFactory(stock=1000)
    callers = [Caller(UserFactory()) for _ in range(6)]
    for _ in range(4):
        calls = []
        for number, caller in enumerate(callers):
            products = (first, second) if number % 2 else (second, first)
            calls.append(partial(order, caller, fill_cart(caller.user, *products)))
        assert statuses(at_once(*calls)) == {201: 6}
    assert set(Product.objects.values_list("stock", flat=True)) == {976}
    assert_audit_passes()


def test_carts_filled_in_opposite_order_lock_products_in_the_same_order(monkeypatch):
    """While another transaction locks the first product, both wait for it and lock nothing else."""
    monkeypatch.setattr(transactions, "ATTEMPTS", 1)
    first, second = ProductFactory(), ProductFactory()
    is_locked = Event()

    def lock_first():
        with transaction.atomic():
            Product.objects.lock(first.pk)
            is_locked.set()
            until_blocked(2)

    def order_once_locked(*products):
        caller = Caller(UserFactory())
        cart_id = fill_cart(caller.user, *products)

        def run():
            disable_plans_that_read_products_by_id()
            is_locked.wait(60)
            return order(caller, cart_id)

        return run

    _, *responses = at_once(
        lock_first, order_once_locked(first, second), order_once_locked(second, first)
    )
    assert statuses(responses) == {201: 2}
    assert set(Product.objects.values_list("stock", flat=True)) == {98}


def test_parallel_cancellations_return_the_stock_once(ada, tea):
    placed = place_order(ada.user, tea, quantity=4)
    responses = times(8, lambda: ada.post(f"/api/orders/{placed.pk}/cancel/"))
    assert statuses(responses) == {200: 1, 409: 7}
    assert Product.objects.get().stock == 10
    assert StockMovement.objects.filter(kind="cancellation").count() == 1
    assert_audit_passes()


@pytest.mark.parametrize("attempt", range(4))
def test_an_order_is_shipped_or_cancelled_but_not_both(ada, amy, tea, attempt):
    placed = place_order(ada.user, tea)
    services.confirm_order(order_id=placed.pk, actor=amy.user)

    def ship():
        try:
            services.ship_order(order_id=placed.pk, actor=amy.user)
        except IllegalTransition:
            return "refused"
        return "shipped"

    shipped, cancelled = at_once(ship, lambda: ada.post(f"/api/orders/{placed.pk}/cancel/"))
    placed.refresh_from_db()
    outcome = (shipped, cancelled.status_code, placed.status)
    assert outcome in [("shipped", 409, "shipped"), ("refused", 200, "cancelled")]
    assert Product.objects.get().stock == (9 if shipped == "shipped" else 10)
    assert_audit_passes()


def test_parallel_requests_with_one_idempotency_key_place_one_order(ada, tea):
    cart_id = fill_cart(ada.user, tea)
    headers = {"Idempotency-Key": "once"}
    responses = times(8, lambda: ada.post("/api/orders/", {"cart_id": cart_id}, headers=headers))
    assert statuses(responses) == {201: 8}
    assert len({response.content for response in responses}) == 1
    assert sum("Idempotent-Replayed" not in response for response in responses) == 1
    assert Order.objects.count() == 1
    assert_audit_passes()


@pytest.mark.parametrize("attempt", range(4))
def test_an_order_during_a_price_change_has_one_price(ada, amy, tea, attempt):
    others = ProductFactory.create_batch(2)
    cart_id = fill_cart(ada.user, tea, *others, quantity=3)
    path = f"/api/products/{tea.pk}/"
    changes = [partial(amy.patch, path, {"price": price}) for price in ("5.00", "6.25")]
    assert statuses(at_once(partial(order, ada, cart_id), *changes)) == {201: 1, 200: 2}
    item, placed = OrderItem.objects.get(product=tea), Order.objects.get()
    outcome = (str(item.unit_price), str(placed.total))
    assert outcome in {("4.50", "73.50"), ("5.00", "75.00"), ("6.25", "78.75")}
    assert_audit_passes()


@pytest.mark.parametrize("attempt", range(4))
def test_an_order_with_an_expected_total_has_this_total_or_is_refused(ada, amy, tea, attempt):
    body = {"cart_id": fill_cart(ada.user, tea, quantity=3), "expected_total": "13.50"}
    placed, changed = at_once(
        partial(ada.post, "/api/orders/", body),
        partial(amy.patch, f"/api/products/{tea.pk}/", {"price": "5.00"}),
    )
    assert statuses([placed, changed])[200] == 1
    outcome = (placed.status_code, placed.json().get("code"), placed.json()["total"])
    assert outcome in {(201, None, "13.50"), (409, "total_changed", "15.00")}
    assert Product.objects.get().stock == (7 if placed.status_code == 201 else 10)
    assert_audit_passes()


def test_orders_and_adjustments_in_parallel_keep_the_stock_exact(amy, tea):
    calls = order_calls(tea, 5)
    adjust = {"delta": 3, "reason": "Delivery"}
    calls += [partial(amy.post, f"/api/products/{tea.pk}/stock/", adjust)] * 5
    assert statuses(at_once(*calls)) == {201: 5, 200: 5}
    assert Product.objects.get().stock == 10 - 5 + 15
    assert_audit_passes()


@pytest.mark.parametrize("attempt", range(4))
def test_units_are_sold_or_written_off_but_not_both(amy, tea, attempt):
    lost = {"delta": -10, "reason": "Lost"}
    calls = [*order_calls(tea, 4), partial(amy.post, f"/api/products/{tea.pk}/stock/", lost)]
    responses = at_once(*calls)
    sold = statuses(responses[:4])[201]
    assert responses[4].status_code == (409 if sold else 200)
    assert Product.objects.get().stock == (10 - sold if sold else 0)
    assert_audit_passes()


@pytest.mark.parametrize("attempt", range(4))
def test_a_product_archived_during_an_order_is_sold_or_refused(ada, amy, tea, attempt):
    cart_id = fill_cart(ada.user, tea)
    placed, archived = at_once(
        partial(order, ada, cart_id), partial(amy.delete, f"/api/products/{tea.pk}/")
    )
    outcome = (placed.status_code, placed.json().get("code"), Product.objects.get().stock)
    assert outcome in {(201, None, 9), (409, "product_unavailable", 10)}
    assert archived.status_code == 204
    assert_audit_passes()


def test_orders_cancellations_and_adjustments_of_several_products_do_not_deadlock(amy, monkeypatch):
    """A deadlock fails the test: transactions are not repeated."""
    monkeypatch.setattr(transactions, "ATTEMPTS", 1)
    pair = [ProductFactory(stock=8), ProductFactory(stock=8)]
    callers = [Caller(UserFactory()) for _ in range(4)]
    placed = [place_order(caller.user, *pair).pk for caller in callers]
    adjustment = partial(
        amy.post, f"/api/products/{pair[0].pk}/stock/", {"delta": 1, "reason": "x"}
    )
    for _ in range(4):
        pair.reverse()
        orders = [partial(order, c, fill_cart(c.user, *pair)) for c in callers]
        paths = [f"/api/orders/{pk}/cancel/" for pk in placed]
        cancellations = [partial(c.post, path) for c, path in zip(callers, paths, strict=True)]
        responses = at_once(*orders, *cancellations, adjustment)
        assert statuses(responses) == {201: 4, 200: 5}
        placed = [response.json()["order_id"] for response in responses[:4]]
    assert sorted(Product.objects.values_list("stock", flat=True)) == [4, 8]
    assert_audit_passes()


def test_at_once_runs_the_calls_in_parallel():
    barrier = Barrier(3)
    assert times(3, lambda: barrier.wait(timeout=60) is not None) == [True] * 3
