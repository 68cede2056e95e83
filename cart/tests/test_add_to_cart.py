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


def quantities_in_cart(caller):
    return dict(CartItem.objects.filter(cart__user=caller.user).values_list("product", "quantity"))


def test_adding_a_product_again_adds_to_its_quantity(ada, tea):
    for quantity in (1, 2):
        response = add(ada, tea.pk, quantity)
        assert response.status_code == 200
    assert quantities_in_cart(ada) == {tea.pk: 3}
    assert response.json() == {"message": "Added to your cart.", "cart_id": Cart.objects.get().pk}


@pytest.mark.parametrize("quantity", [0, 1000, -1, "2", 2.0, True, None, [], 10**30])
def test_a_quantity_is_a_whole_number_from_1_to_999(ada, tea, quantity):
    response = add(ada, tea.pk, quantity)
    assert response.status_code == 400
    assert [error["field"] for error in response.json()["errors"]] == ["quantity"]
    assert not Cart.objects.exists()


@pytest.mark.parametrize("product_id", [0, -1, "1", 1.5, True, None, 2**63])
def test_a_product_id_is_a_positive_integer(ada, tea, product_id):
    response = add(ada, product_id)
    assert response.status_code == 400
    assert [error["field"] for error in response.json()["errors"]] == ["product_id"]
    assert not Cart.objects.exists()


def test_a_product_that_is_not_for_sale_is_a_404_and_opens_no_cart(ada, tea):
    unpublished, archived = ProductFactory(is_published=False), ProductFactory()
    services.archive_product(product_id=archived.pk)
    for product_id in (unpublished.pk, archived.pk, 10**9, 2**63 - 1):
        response = add(ada, product_id)
        assert (response.status_code, response.json()["code"]) == (404, "product_not_found")
    assert not Cart.objects.exists()


def test_a_cart_holds_no_more_than_the_stock(ada, tea):
    add(ada, tea.pk, 8)
    response = add(ada, tea.pk, 3)
    body = response.json()
    assert (response.status_code, body["code"]) == (409, "out_of_stock")
    assert (body["available"], body["product_id"], body["product_ids"]) == (10, tea.pk, [tea.pk])
    assert quantities_in_cart(ada) == {tea.pk: 8}


def test_an_item_holds_at_most_999_units(ada, db):
    product = ProductFactory(stock=5000)
    add(ada, product.pk, 998)
    response = add(ada, product.pk, 2)
    body = response.json()
    assert (response.status_code, body["code"]) == (409, "quantity_limit")
    assert (body["limit"], body["in_cart"]) == (999, 998)
    assert quantities_in_cart(ada) == {product.pk: 998}
    assert add(ada, product.pk, 1).status_code == 200


def test_a_cart_holds_at_most_100_items(ada, tea):
    products = ProductFactory.create_batch(100)
    fill_cart(ada.user, *products)
    response = add(ada, tea.pk)
    assert (response.status_code, response.json()["code"]) == (409, "cart_full")
    assert response.json()["limit"] == 100
    assert tea.pk not in quantities_in_cart(ada)
    assert add(ada, products[0].pk).status_code == 200


@pytest.mark.parametrize("count", [1, 9])
def test_adding_sends_a_fixed_number_of_statements_and_one_more_for_a_new_cart(ada, tea, count):
    with query_budget(1 + LOCK + 3):
        assert add(ada, tea.pk).status_code == 200
    fill_cart(ada.user, *ProductFactory.create_batch(count))
    with query_budget(1 + LOCK + 2):
        assert add(ada, tea.pk).status_code == 200
