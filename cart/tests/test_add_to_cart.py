"""POST /api/cart/add/."""

import pytest

from cart.factories import fill_cart
from cart.models import Cart, CartItem
from catalog import services
from catalog.factories import ProductFactory
from shop.testing.budget import LOCK, query_budget

ADD = "/api/cart/add/"


def add(caller, product_id, quantity=1):
    return caller.post(ADD, {"product_id": product_id, "quantity": quantity})


def lines_of(caller):
    return dict(CartItem.objects.filter(cart__user=caller.user).values_list("product", "quantity"))


def test_adding_again_adds_up(ada, tea):
    for quantity in (1, 2):
        answer = add(ada, tea.pk, quantity)
        assert answer.status_code == 200
    assert lines_of(ada) == {tea.pk: 3}
    assert answer.json() == {"message": "Added to your cart.", "cart_id": Cart.objects.get().pk}


@pytest.mark.parametrize("quantity", [0, 1000, -1, "2", 2.0, True, None, [], 10**30])
def test_a_quantity_is_a_whole_number_from_1_to_999(ada, tea, quantity):
    answer = add(ada, tea.pk, quantity)
    assert answer.status_code == 400
    assert [fault["field"] for fault in answer.json()["errors"]] == ["quantity"]
    assert not Cart.objects.exists()


@pytest.mark.parametrize("product_id", [0, -1, "1", 1.5, True, None, 2**63])
def test_a_product_id_is_a_positive_integer(ada, tea, product_id):
    answer = add(ada, product_id)
    assert answer.status_code == 400
    assert [fault["field"] for fault in answer.json()["errors"]] == ["product_id"]
    assert not Cart.objects.exists()


def test_what_is_not_for_sale_is_a_404_and_opens_no_cart(ada, tea):
    hidden, gone = ProductFactory(is_published=False), ProductFactory()
    services.archive_product(product_id=gone.pk)
    for product_id in (hidden.pk, gone.pk, 10**9, 2**63 - 1):
        answer = add(ada, product_id)
        assert (answer.status_code, answer.json()["code"]) == (404, "product_not_found")
    assert not Cart.objects.exists()


def test_no_more_goes_in_than_is_in_stock(ada, tea):
    add(ada, tea.pk, 8)
    answer = add(ada, tea.pk, 3)
    body = answer.json()
    assert (answer.status_code, body["code"]) == (409, "out_of_stock")
    assert (body["available"], body["product_id"], body["product_ids"]) == (10, tea.pk, [tea.pk])
    assert lines_of(ada) == {tea.pk: 8}


def test_a_line_holds_at_most_999(ada, db):
    product = ProductFactory(stock=5000)
    add(ada, product.pk, 998)
    answer = add(ada, product.pk, 2)
    body = answer.json()
    assert (answer.status_code, body["code"]) == (409, "quantity_limit")
    assert (body["limit"], body["in_cart"]) == (999, 998)
    assert lines_of(ada) == {product.pk: 998}
    assert add(ada, product.pk, 1).status_code == 200


def test_a_cart_holds_at_most_100_lines(ada, tea):
    products = ProductFactory.create_batch(100)
    fill_cart(ada.user, *products)
    answer = add(ada, tea.pk)
    assert (answer.status_code, answer.json()["code"]) == (409, "cart_full")
    assert answer.json()["limit"] == 100
    assert tea.pk not in lines_of(ada)
    assert add(ada, products[0].pk).status_code == 200


@pytest.mark.parametrize("lines", [1, 50])
def test_adding_costs_three_statements_and_one_more_opens_the_cart(ada, tea, lines):
    with query_budget(1 + LOCK + 3):
        assert add(ada, tea.pk).status_code == 200
    fill_cart(ada.user, *ProductFactory.create_batch(lines))
    with query_budget(1 + LOCK + 2):
        assert add(ada, tea.pk).status_code == 200


def test_the_anonymous_have_no_cart(anyone, tea):
    answer = add(anyone, tea.pk)
    assert (answer.status_code, answer["WWW-Authenticate"]) == (401, 'Bearer realm="api"')
    assert not Cart.objects.exists()
