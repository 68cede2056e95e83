"""What parallel requests do to stock, carts and orders, on a real database."""

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


def read_carts_in_their_own_order():
    """Keep PostgreSQL from a plan that happens to read products by id, as it may with few rows."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SET enable_hashjoin = off; SET enable_mergejoin = off")


def buyers_of(product, count):
    """Callers with one piece of the product in each one's cart, as calls that order it."""
    callers = [Caller(UserFactory()) for _ in range(count)]
    return [partial(order, caller, fill_cart(caller.user, product)) for caller in callers]


@pytest.mark.parametrize(("stock", "buyers"), [(1, 2), (1, 12), (3, 10)])
def test_no_more_is_sold_than_there_is(stock, buyers):
    product = ProductFactory(stock=stock)
    answers = at_once(*buyers_of(product, buyers))
    assert statuses(answers) == {201: stock, 409: buyers - stock}
    assert {a.json()["code"] for a in answers if a.status_code == 409} == {"out_of_stock"}
    assert Product.objects.get().stock == 0
    assert OrderItem.objects.aggregate(Sum("quantity"))["quantity__sum"] == stock
    assert_audit_passes()


def test_one_cart_ordered_from_many_tabs_is_one_order(ada, tea):
    cart_id = fill_cart(ada.user, tea, quantity=2)
    answers = times(8, partial(order, ada, cart_id))
    assert statuses(answers) == {201: 1, 409: 7}
    placed = Order.objects.get()
    refusals = [a.json() for a in answers if a.status_code == 409]
    assert {(r["code"], r["order_id"]) for r in refusals} == {("cart_not_open", placed.pk)}
    assert Product.objects.get().stock == 8
    assert_audit_passes()


@pytest.mark.parametrize("attempt", range(5))
def test_what_is_added_while_the_cart_is_ordered_is_in_one_of_both(ada, attempt):
    product = ProductFactory()
    cart_id = fill_cart(ada.user, product)
    add = partial(ada.post, "/api/cart/add/", {"product_id": product.pk, "quantity": 1})
    answers = at_once(add, partial(order, ada, cart_id), add, add)
    assert statuses(answers) == {200: 3, 201: 1}
    ordered = OrderItem.objects.get().quantity
    in_cart = CartItem.objects.filter(cart__status="open").aggregate(n=Sum("quantity"))["n"] or 0
    assert ordered + in_cart == 4
    assert_audit_passes()


def test_carts_filled_in_opposite_order_do_not_deadlock(monkeypatch):
    """Without the second attempts that would hide a deadlock."""
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


def test_carts_filled_in_opposite_order_lock_their_products_in_one(monkeypatch):
    """Both wait for the first product while someone holds it: neither may have the second."""
    monkeypatch.setattr(transactions, "ATTEMPTS", 1)
    first, second = ProductFactory(), ProductFactory()
    held = Event()

    def hold():
        with transaction.atomic():
            Product.objects.lock(first.pk)
            held.set()
            until_blocked(2)

    def order_when_held(*products):
        caller = Caller(UserFactory())
        cart_id = fill_cart(caller.user, *products)

        def run():
            read_carts_in_their_own_order()
            held.wait(10)
            return order(caller, cart_id)

        return run

    _, *answers = at_once(hold, order_when_held(first, second), order_when_held(second, first))
    assert statuses(answers) == {201: 2}
    assert set(Product.objects.values_list("stock", flat=True)) == {98}


def test_an_order_is_cancelled_once_and_its_stock_returned_once(ada, tea):
    placed = place_order(ada.user, tea, quantity=4)
    answers = times(8, lambda: ada.post(f"/api/orders/{placed.pk}/cancel/"))
    assert statuses(answers) == {200: 1, 409: 7}
    assert Product.objects.get().stock == 10
    assert StockMovement.objects.filter(kind="cancellation").count() == 1
    assert_audit_passes()


@pytest.mark.parametrize("attempt", range(4))
def test_a_cancelled_order_is_not_shipped_too(ada, amy, tea, attempt):
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


def test_one_key_many_times_is_one_order(ada, tea):
    cart_id = fill_cart(ada.user, tea)
    headers = {"Idempotency-Key": "once"}
    answers = times(8, lambda: ada.post("/api/orders/", {"cart_id": cart_id}, headers=headers))
    assert statuses(answers) == {201: 8}
    assert len({answer.content for answer in answers}) == 1
    assert sum("Idempotent-Replayed" not in answer for answer in answers) == 1
    assert Order.objects.count() == 1
    assert_audit_passes()


@pytest.mark.parametrize("attempt", range(4))
def test_an_order_is_priced_by_one_price(ada, amy, tea, attempt):
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
def test_who_names_the_total_pays_it_or_nothing(ada, amy, tea, attempt):
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


def test_staff_and_customers_move_stock_without_losing_a_piece(amy, tea):
    calls = buyers_of(tea, 5)
    adjust = {"delta": 3, "reason": "Delivery"}
    calls += [partial(amy.post, f"/api/products/{tea.pk}/stock/", adjust)] * 5
    assert statuses(at_once(*calls)) == {201: 5, 200: 5}
    assert Product.objects.get().stock == 10 - 5 + 15
    assert_audit_passes()


@pytest.mark.parametrize("attempt", range(4))
def test_pieces_are_sold_or_written_off_but_not_both(amy, tea, attempt):
    lost = {"delta": -10, "reason": "Lost"}
    calls = [*buyers_of(tea, 4), partial(amy.post, f"/api/products/{tea.pk}/stock/", lost)]
    answers = at_once(*calls)
    sold = statuses(answers[:4])[201]
    assert answers[4].status_code == (409 if sold else 200)
    assert Product.objects.get().stock == (10 - sold if sold else 0)
    assert_audit_passes()


@pytest.mark.parametrize("attempt", range(4))
def test_a_product_withdrawn_while_it_is_ordered_is_sold_or_refused(ada, amy, tea, attempt):
    cart_id = fill_cart(ada.user, tea)
    placed, gone = at_once(
        partial(order, ada, cart_id), partial(amy.delete, f"/api/products/{tea.pk}/")
    )
    outcome = (placed.status_code, placed.json().get("code"), Product.objects.get().stock)
    assert outcome in {(201, None, 9), (409, "product_unavailable", 10)}
    assert gone.status_code == 204
    assert_audit_passes()


def test_orders_cancels_and_adjustments_of_many_lines_do_not_deadlock(amy, monkeypatch):
    """Without the second attempts that would hide a deadlock."""
    monkeypatch.setattr(transactions, "ATTEMPTS", 1)
    pair = [ProductFactory(stock=8), ProductFactory(stock=8)]
    callers = [Caller(UserFactory()) for _ in range(4)]
    placed = [place_order(caller.user, *pair).pk for caller in callers]
    delivery = partial(amy.post, f"/api/products/{pair[0].pk}/stock/", {"delta": 1, "reason": "x"})
    for _ in range(4):
        pair.reverse()
        orders = [partial(order, c, fill_cart(c.user, *pair)) for c in callers]
        paths = [f"/api/orders/{pk}/cancel/" for pk in placed]
        cancels = [partial(c.post, path) for c, path in zip(callers, paths, strict=True)]
        answers = at_once(*orders, *cancels, delivery)
        assert statuses(answers) == {201: 4, 200: 5}
        placed = [answer.json()["order_id"] for answer in answers[:4]]
    assert sorted(Product.objects.values_list("stock", flat=True)) == [4, 8]
    assert_audit_passes()


def test_threads_of_the_harness_do_run_at_once():
    meeting = Barrier(3)
    assert times(3, lambda: meeting.wait(timeout=10) is not None) == [True] * 3
