"""GET and DELETE /api/cart/, PATCH and DELETE /api/cart/items/{product_id}/."""

from decimal import Decimal

import pytest
from django.db import IntegrityError, transaction

from cart.factories import fill_cart
from cart.models import Cart, CartItem
from cart.pricing import PricedLine, price_lines
from catalog.factories import ProductFactory
from catalog.services import update_product
from shop.testing.budget import query_budget

CART = "/api/cart/"
EMPTY = {"cart_id": None, "cart_items": [], "total": "0.00", "currency": "USD"}


def test_nobody_has_a_cart_before_something_is_added(ada):
    assert ada.get(CART).json() == EMPTY
    assert not Cart.objects.exists()


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
    assert (answer.status_code, answer.json()["available"]) == (409, 10)
    assert CartItem.objects.get().quantity == 5


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
    lines = [PricedLine(1, "a", Decimal("0.10"), 3), PricedLine(2, "b", Decimal("19.99"), 999)]
    priced = price_lines(iter(lines))
    assert [line.line_total for line in priced.lines] == [Decimal("0.30"), Decimal("19970.01")]
    assert str(priced.total) == "19970.31"
    assert str(price_lines([]).total) == "0.00"


def test_the_database_refuses_what_code_might_forget(ada, tea):
    cart_id = fill_cart(ada.user, tea)
    for quantity in (0, 1000):
        with pytest.raises(IntegrityError), transaction.atomic():
            CartItem.objects.update(quantity=quantity)
    with pytest.raises(IntegrityError), transaction.atomic():
        CartItem.objects.create(cart_id=cart_id, product=tea, quantity=1)
    with pytest.raises(IntegrityError), transaction.atomic():
        Cart.objects.create(user=ada.user)
    with pytest.raises(IntegrityError), transaction.atomic():
        Cart.objects.update(status="lost")
