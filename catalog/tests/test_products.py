"""GET /api/products/ and GET /api/products/{id}/."""

import pytest

from catalog import revision, services
from catalog.factories import ProductFactory
from catalog.tests.shapes import detailed, listed, to_staff
from shop.testing.budget import query_budget

LIST = "/api/products/"
# The schedule is read once for each revision and process.
AFTER_A_CHANGE = 1


def test_everyone_sees_products_for_sale(anyone, tea):
    assert anyone.get(LIST).json() == {
        "count": 1,
        "next": None,
        "previous": None,
        "next_cursor": None,
        "previous_cursor": None,
        "products": [listed(tea)],
    }
    assert anyone.get(f"{LIST}{tea.pk}/").json() == detailed(tea)


@pytest.mark.parametrize("caller", ["anyone", "ada"])
def test_customers_see_neither_unpublished_nor_archived_products(request, caller, tea):
    hidden = ProductFactory(is_published=False)
    archived = ProductFactory()
    services.archive_product(product_id=archived.pk)
    client = request.getfixturevalue(caller)
    assert [p["id"] for p in client.get(LIST).json()["products"]] == [tea.pk]
    for product in (hidden, archived):
        assert client.get(f"{LIST}{product.pk}/").status_code == 404


def test_staff_see_stock_and_unpublished_products(amy, tea):
    hidden = ProductFactory(is_published=False)
    archived = ProductFactory()
    services.archive_product(product_id=archived.pk)
    shown = amy.get(LIST).json()["products"]
    assert shown == [listed(row) | to_staff(row) for row in (tea, hidden)]
    assert amy.get(f"{LIST}{archived.pk}/").status_code == 404


def test_customers_do_not_see_the_stock_number(anyone, db):
    product = ProductFactory(stock=0)
    response = anyone.get(f"{LIST}{product.pk}/").json()
    assert response["in_stock"] is False
    assert "stock" not in response


@pytest.mark.parametrize("path", ["0", "999", "9" * 18, "9" * 19, "abc", "-1", "1.0", "٣"])
def test_an_unknown_product_is_a_404(anyone, tea, path):
    response = anyone.get(f"{LIST}{path}/")
    assert (response.status_code, response["Content-Type"]) == (404, "application/problem+json")
    assert response.json()["code"] == "not_found"


@pytest.mark.parametrize("number", [1, 50])
def test_a_page_needs_three_statements_and_one_if_cached(anyone, db, number):
    ProductFactory.create_batch(number)
    with query_budget(3 + AFTER_A_CHANGE):
        anyone.get(LIST, {"page_size": 50})
    with query_budget(1):
        assert anyone.get(LIST, {"page_size": 50}).json()["count"] == number


def test_a_product_needs_two_statements_and_one_if_cached(anyone, tea):
    path = f"{LIST}{tea.pk}/"
    expected = detailed(tea)
    with query_budget(2 + AFTER_A_CHANGE):
        anyone.get(path)
    with query_budget(1):
        assert anyone.get(path).json() == expected
    with query_budget(1):
        assert anyone.head(path).status_code == 200


def test_a_signed_in_user_needs_one_more_statement(ada, tea):
    for path, cost in ((LIST, 3), (f"{LIST}{tea.pk}/", 2)):
        revision.clear_caches()
        with query_budget(1 + cost + AFTER_A_CHANGE):
            original = ada.get(path)
        with query_budget(1 + 1):
            cached = ada.get(path)
        assert original.content == cached.content


@pytest.mark.parametrize("header", ["Bearer nonsense", "Basic YTpi", "Bearer", "Bearer a b"])
def test_an_invalid_token_is_a_401_on_public_paths(anyone, tea, header):
    response = anyone.get(LIST, headers={"Authorization": header})
    assert (response.status_code, response.json()["code"]) == (401, "token_invalid")
