"""GET /api/products/ and GET /api/products/{id}/."""

import pytest

from catalog import revision, services
from catalog.factories import ProductFactory
from catalog.tests.shapes import detailed, listed, to_staff
from shop.testing.budget import query_budget

LIST = "/api/products/"
# What the clock does under a revision is read once for each revision and process.
AFTER_A_CHANGE = 1


def test_anyone_sees_what_is_for_sale(anyone, tea):
    assert anyone.get(LIST).json() == {
        "count": 1,
        "next": None,
        "previous": None,
        "products": [listed(tea)],
    }
    assert anyone.get(f"{LIST}{tea.pk}/").json() == detailed(tea)


@pytest.mark.parametrize("caller", ["anyone", "ada"])
def test_customers_see_neither_unpublished_nor_archived_products(request, caller, tea):
    hidden = ProductFactory(is_published=False)
    gone = ProductFactory()
    services.archive_product(product_id=gone.pk)
    client = request.getfixturevalue(caller)
    assert [p["id"] for p in client.get(LIST).json()["products"]] == [tea.pk]
    for product in (hidden, gone):
        assert client.get(f"{LIST}{product.pk}/").status_code == 404


def test_staff_see_stock_and_what_is_not_published_but_nothing_archived(amy, tea):
    hidden = ProductFactory(is_published=False)
    gone = ProductFactory()
    services.archive_product(product_id=gone.pk)
    shown = amy.get(LIST).json()["products"]
    assert shown == [listed(row) | to_staff(row) for row in (tea, hidden)]
    assert amy.get(f"{LIST}{gone.pk}/").status_code == 404


def test_sold_out_is_said_without_the_number(anyone, db):
    product = ProductFactory(stock=0)
    answer = anyone.get(f"{LIST}{product.pk}/").json()
    assert answer["in_stock"] is False
    assert "stock" not in answer


@pytest.mark.parametrize("path", ["0", "999", "9" * 18, "9" * 19, "abc", "-1", "1.0", "٣"])
def test_what_is_no_product_is_a_404(anyone, tea, path):
    answer = anyone.get(f"{LIST}{path}/")
    assert (answer.status_code, answer["Content-Type"]) == (404, "application/problem+json")
    assert answer.json()["code"] == "not_found"


@pytest.mark.parametrize("number", [1, 50])
def test_a_page_costs_three_statements_and_a_kept_one_a_single(anyone, db, number):
    ProductFactory.create_batch(number)
    with query_budget(3 + AFTER_A_CHANGE):
        anyone.get(LIST, {"page_size": 50})
    with query_budget(1):
        assert anyone.get(LIST, {"page_size": 50}).json()["count"] == number


def test_a_product_costs_two_statements_and_a_kept_one_a_single(anyone, tea):
    path = f"{LIST}{tea.pk}/"
    with query_budget(2 + AFTER_A_CHANGE):
        anyone.get(path)
    with query_budget(1):
        assert anyone.get(path).json() == detailed(tea)
    with query_budget(1):
        assert anyone.head(path).status_code == 200


def test_a_signed_in_caller_costs_the_authentication_beside(ada, tea):
    for path, cost in ((LIST, 3), (f"{LIST}{tea.pk}/", 2)):
        revision.clear_caches()
        with query_budget(1 + cost + AFTER_A_CHANGE):
            made = ada.get(path)
        with query_budget(1 + 1):
            kept = ada.get(path)
        assert made.content == kept.content


@pytest.mark.parametrize("header", ["Bearer nonsense", "Basic YTpi", "Bearer", "Bearer a b"])
def test_a_bad_token_is_a_401_even_where_none_is_needed(anyone, tea, header):
    answer = anyone.get(LIST, headers={"Authorization": header})
    assert (answer.status_code, answer.json()["code"]) == (401, "token_invalid")
