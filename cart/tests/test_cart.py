"""GET and DELETE /api/cart/, PATCH and DELETE /api/cart/items/{product_id}/."""

from decimal import Decimal

import pytest
from django.apps import apps
from django.db import IntegrityError, connection, transaction

from cart.factories import fill_cart
from cart.models import Cart, CartItem
from cart.pricing import PricedItem, price_items
from catalog.factories import ProductFactory
from catalog.services import archive_product, update_product
from shop.testing.budget import query_budget

CART = "/api/cart/"
EMPTY = {"cart_id": None, "cart_items": [], "total": "0.00", "currency": "USD"}


def test_nobody_has_a_cart_before_something_is_added(ada):
    assert ada.get(CART).json() == EMPTY
    assert not Cart.objects.exists()


def test_the_anonymous_have_no_cart(anyone, ada, tea):
    fill_cart(ada.user, tea)
    line = f"{CART}items/{tea.pk}/"
    for answer in (
        anyone.get(CART),
        anyone.delete(CART),
        anyone.patch(line, {"quantity": 2}),
        anyone.delete(line),
    ):
        assert (answer.status_code, answer["WWW-Authenticate"]) == (401, 'Bearer realm="api"')
    assert CartItem.objects.get().quantity == 1


def test_clearing_what_is_not_there_makes_no_cart(ada):
    assert ada.delete(CART).status_code == 204
    assert not Cart.objects.exists()


def test_a_cart_is_not_stored_by_anyone_on_the_way(ada, tea):
    fill_cart(ada.user, tea)
    assert ada.get(CART)["Cache-Control"] == "no-store"


def test_a_cart_is_shown_at_todays_prices(ada, tea):
    other = ProductFactory(name="Cup", price="0.10")
    cart_id = fill_cart(ada.user, tea, other, quantity=3)
    update_product(product_id=tea.pk, price=Decimal("5.25"))
    line = {"product_id": tea.pk, "quantity": 3, "name": "Tea"}
    cup = {"product_id": other.pk, "quantity": 3, "name": "Cup"}
    assert ada.get(CART).json() == {
        "cart_id": cart_id,
        "cart_items": [
            line | {"unit_price": "5.25", "line_total": "15.75"},
            cup | {"unit_price": "0.10", "line_total": "0.30"},
        ],
        "total": "16.05",
        "currency": "USD",
    }


def test_a_cart_is_its_owners_alone(ada, bob, amy, tea):
    fill_cart(ada.user, tea)
    assert bob.get(CART).json() == amy.get(CART).json() == EMPTY
    assert bob.patch(f"{CART}items/{tea.pk}/", {"quantity": 2}).status_code == 404
    assert bob.delete(f"{CART}items/{tea.pk}/").status_code == 404
    assert bob.delete(CART).status_code == 204
    assert CartItem.objects.get().quantity == 1


@pytest.mark.parametrize("lines", [1, 50])
def test_viewing_costs_one_statement(ada, lines):
    fill_cart(ada.user, *ProductFactory.create_batch(lines))
    with query_budget(1 + 1):
        assert len(ada.get(CART).json()["cart_items"]) == lines


def test_a_quantity_is_set(ada, tea):
    fill_cart(ada.user, tea, quantity=5)
    answer = ada.patch(f"{CART}items/{tea.pk}/", {"quantity": 2})
    assert answer.status_code == 200
    assert answer.json() == ada.get(CART).json()
    assert answer.json()["total"] == "9.00"


@pytest.mark.parametrize("quantity", [0, 1000, "2", 2.5, False, None])
def test_a_quantity_that_is_none_is_refused(ada, tea, quantity):
    fill_cart(ada.user, tea, quantity=5)
    answer = ada.patch(f"{CART}items/{tea.pk}/", {"quantity": quantity})
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (400, "quantity")
    assert CartItem.objects.get().quantity == 5


def test_a_quantity_over_the_stock_is_refused(ada, tea):
    fill_cart(ada.user, tea, quantity=5)
    answer = ada.patch(f"{CART}items/{tea.pk}/", {"quantity": 11})
    body = answer.json()
    assert (answer.status_code, body["code"]) == (409, "out_of_stock")
    assert (body["available"], body["product_id"], body["product_ids"]) == (10, tea.pk, [tea.pk])
    assert CartItem.objects.get().quantity == 5
    assert ada.patch(f"{CART}items/{tea.pk}/", {"quantity": 10}).status_code == 200


@pytest.mark.parametrize("withdraw", ["unpublish", "archive"])
def test_a_line_whose_product_went_away_can_only_be_taken_out(ada, tea, withdraw):
    fill_cart(ada.user, tea, quantity=5)
    if withdraw == "archive":
        archive_product(product_id=tea.pk)
    else:
        update_product(product_id=tea.pk, is_published=False)
    answer = ada.patch(f"{CART}items/{tea.pk}/", {"quantity": 1})
    assert (answer.status_code, answer.json()["code"]) == (404, "product_not_found")
    assert ada.get(CART).json()["cart_items"][0]["quantity"] == 5
    assert ada.delete(f"{CART}items/{tea.pk}/").status_code == 204
    assert ada.get(CART).json()["cart_items"] == []


def test_an_ordered_cart_is_no_cart_any_more(ada, tea):
    cart_id = fill_cart(ada.user, tea)
    assert ada.post("/api/orders/", {"cart_id": cart_id}).status_code == 201
    assert ada.get(CART).json() == EMPTY
    assert ada.patch(f"{CART}items/{tea.pk}/", {"quantity": 2}).status_code == 404
    assert ada.delete(f"{CART}items/{tea.pk}/").status_code == 404
    assert ada.delete(CART).status_code == 204
    assert CartItem.objects.get(cart_id=cart_id).quantity == 1


@pytest.mark.parametrize("path", ["abc", "-1", "1.0", "9" * 19])
def test_a_line_of_what_is_no_id_is_a_404(ada, tea, path):
    fill_cart(ada.user, tea)
    for answer in (
        ada.patch(f"{CART}items/{path}/", {"quantity": 2}),
        ada.delete(f"{CART}items/{path}/"),
    ):
        assert (answer.status_code, answer.json()["code"]) == (404, "not_found")
    assert CartItem.objects.get().quantity == 1


@pytest.mark.parametrize("method", ["patch", "delete"])
def test_a_line_that_is_not_there_is_a_404(ada, tea, method):
    for _ in ("without a cart", "with one"):
        answer = getattr(ada, method)(f"{CART}items/{tea.pk}/", {"quantity": 1})
        assert (answer.status_code, answer.json()["code"]) == (404, "item_not_found")
        fill_cart(ada.user, ProductFactory())
    assert CartItem.objects.count() == 2


def test_an_emptied_cart_stays_open_and_keeps_its_id(ada, tea):
    cart_id = fill_cart(ada.user, tea, ProductFactory())
    assert ada.delete(f"{CART}items/{tea.pk}/").status_code == 204
    assert len(ada.get(CART).json()["cart_items"]) == 1
    assert ada.delete(CART).status_code == 204
    assert ada.get(CART).json() == EMPTY | {"cart_id": cart_id}
    assert fill_cart(ada.user, tea) == cart_id


def test_lines_are_priced_to_the_cent():
    lines = [PricedItem(1, "a", Decimal("0.10"), 3), PricedItem(2, "b", Decimal("19.99"), 999)]
    priced = price_items(iter(lines))
    assert [line.line_total for line in priced.items] == [Decimal("0.30"), Decimal("19970.01")]
    assert str(priced.total) == "19970.31"
    assert str(price_items([]).total) == "0.00"


@pytest.mark.parametrize(
    ("price", "quantity", "total"),
    [
        ("0.00", 999, "0.00"),
        ("0.01", 1, "0.01"),
        ("0.07", 999, "69.93"),
        ("1.15", 3, "3.45"),
        ("9999999999.99", 999, "9989999999990.01"),
    ],
)
def test_a_line_costs_its_price_times_its_quantity(price, quantity, total):
    line = PricedItem(1, "a", Decimal(price), quantity)
    assert str(line.line_total) == total
    assert str(price_items([line]).total) == total
    assert str(price_items([line, line]).total) == str(2 * Decimal(total))


def test_lines_keep_their_order_and_are_priced_one_by_one():
    lines = tuple(PricedItem(n, f"p{n}", Decimal("0.10"), n) for n in (3, 1, 2))
    assert price_items(lines).items == lines
    assert price_items(lines).total == Decimal("0.60")


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE cart_cartitem SET quantity = 0",
        "UPDATE cart_cartitem SET quantity = 1000",
        "UPDATE cart_cart SET status = 'lost'",
        "INSERT INTO cart_cart (user_id, status) SELECT user_id, 'open' FROM cart_cart",
        (
            "INSERT INTO cart_cartitem (cart_id, product_id, quantity)"
            " SELECT cart_id, product_id, 1 FROM cart_cartitem"
        ),
    ],
)
def test_the_database_refuses_what_a_statement_might_try(ada, tea, statement):
    cart_id = fill_cart(ada.user, tea)
    with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)
    assert ada.get(CART).json()["cart_id"] == cart_id
    assert CartItem.objects.get().quantity == 1


def test_every_constraint_has_a_message():
    for model in apps.get_app_config("cart").get_models():
        for constraint in model._meta.constraints:
            message = constraint.violation_error_message
            assert message != constraint.default_violation_error_message, constraint.name
            assert message.endswith("."), constraint.name
