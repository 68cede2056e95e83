"""Pagination."""

import pytest

from catalog.factories import ProductFactory
from shop.testing.marks import on_one_database

pytestmark = on_one_database

LIST = "/api/products/"


@pytest.fixture(scope="module")
def products(module_db):
    return ProductFactory.create_batch(45)


@pytest.fixture(autouse=True)
def _products(products, db):
    """Every test has the products."""


def ids(page):
    return [product["id"] for product in page["products"]]


def test_a_page_has_twenty_rows_by_default(anyone, products):
    pks = [product.pk for product in products]
    first = anyone.get(LIST).json()
    assert (first["count"], first["previous"]) == (45, None)
    assert first["next"] == "http://testserver/api/products/?page=2"
    assert ids(first) == pks[:20]
    last = anyone.get(LIST, {"page": 3}).json()
    assert (ids(last), last["next"]) == (pks[40:], None)
    assert last["previous"] == "http://testserver/api/products/?page=2"


@pytest.mark.parametrize(("size", "shown"), [("1", 1), ("45", 45), ("100", 45), ("1000", 45)])
def test_page_size_is_limited_to_a_hundred(anyone, size, shown):
    assert len(anyone.get(LIST, {"page_size": size}).json()["products"]) == shown


def test_a_page_never_holds_more_than_a_hundred(anyone, products):
    ProductFactory.create_batch(60)
    assert len(anyone.get(LIST, {"page_size": "500"}).json()["products"]) == 100


@pytest.mark.parametrize("name", ["page", "page_size"])
@pytest.mark.parametrize("value", ["0", "-1", "abc", "1.5", "", "1e3", "9" * 30, "٣", "last"])
def test_an_invalid_number_is_a_400(anyone, name, value):
    answer = anyone.get(LIST, {name: value})
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (400, name)


@pytest.mark.parametrize("page", ["4", "999999999"])
def test_a_page_beyond_the_last_is_a_404(anyone, page):
    answer = anyone.get(LIST, {"page": page})
    assert (answer.status_code, answer.json()["code"], answer.json()["pages"]) == (
        404,
        "not_found",
        3,
    )


def test_an_empty_list_has_a_first_page(ada):
    assert ada.get("/api/orders/").json() == {
        "count": 0,
        "next": None,
        "previous": None,
        "orders": [],
    }
