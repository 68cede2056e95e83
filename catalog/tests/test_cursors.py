"""Pages after a cursor, GET /api/products/?after=."""

import base64
import json

import pytest

from catalog import revision
from catalog.factories import ProductFactory
from catalog.models import Product
from catalog.tests.test_filters import sale
from shop.testing.budget import query_budget
from shop.testing.marks import on_one_database, on_one_engine

pytestmark = on_one_engine

LIST = "/api/products/"
ORDERINGS = ["", "price", "-price", "name", "-name", "newest", "best_selling", "relevance"]


@pytest.fixture(scope="module")
def rows(module_db):
    """Eleven products, many of which have the same price, name or number of sold units."""
    rows = [
        ProductFactory(name=f"Tea {'é' * (n % 3)}", price=n % 4, description="tea " * (n % 2))
        for n in range(11)
    ]
    for row in rows:
        Product.objects.filter(pk=row.pk).update(sold=row.pk % 2)
    return rows


@pytest.fixture(autouse=True)
def products(rows, db):
    return rows


def query_of(ordering):
    search = "&search=tea" if ordering == "relevance" else ""
    return f"ordering={ordering}{search}" if ordering else ""


def walk(client, query):
    url, pks = f"{LIST}?page_size=2&after=&{query}", []
    while url:
        page = client.get(url).json()
        assert page["count"] is None
        pks += [product["id"] for product in page["products"]]
        url = page["next"]
    return pks


def walk_by_cursor(client, query, parameter, cursor):
    """Return the ids of all pages from a cursor on, in the order of the list."""
    pks = []
    while cursor is not None:
        page = client.get(f"{LIST}?page_size=3&{parameter}={cursor}&{query}").json()
        found = [product["id"] for product in page["products"]]
        pks = pks + found if parameter == "after" else found + pks
        cursor = page["next_cursor" if parameter == "after" else "previous_cursor"]
    return pks


@pytest.mark.parametrize("ordering", ORDERINGS)
@pytest.mark.parametrize("on_sale", [False, True])
def test_cursors_return_each_product_once_in_order(anyone, amy, products, ordering, on_sale):
    if on_sale:
        sale("percent", 50, products=[row.pk for row in products[::3]])
    query = query_of(ordering)
    whole = anyone.get(f"{LIST}?page_size=100&{query}").json()
    pks = [product["id"] for product in whole["products"]]
    assert sorted(pks) == [row.pk for row in products]
    for client in (anyone, amy):
        assert walk(client, query) == pks
        assert walk_by_cursor(client, query, "after", "") == pks
        last = client.get(f"{LIST}?page_size=7&after=&{query}").json()["next_cursor"]
        assert walk_by_cursor(client, query, "before", last) == pks[:6]
        pages = [client.get(f"{LIST}?page_size=4&page={n}&{query}").json() for n in (1, 2, 3)]
        assert [p["id"] for page in pages for p in page["products"]] == pks


def test_the_links_of_a_page_have_its_cursors(anyone, products):
    first = anyone.get(f"{LIST}?page_size=4&after=").json()
    assert (first["previous"], first["previous_cursor"]) == (None, None)
    assert f"after={first['next_cursor']}" in first["next"]
    second = anyone.get(first["next"]).json()
    assert f"before={second['previous_cursor']}" in second["previous"]
    assert anyone.get(second["previous"]).json() == first
    third = anyone.get(second["next"]).json()
    assert (len(third["products"]), third["next"], third["next_cursor"]) == (3, None, None)
    assert anyone.get(third["previous"]).json() == second


def test_pages_by_number_have_no_cursors(anyone, products):
    page = anyone.get(f"{LIST}?page_size=4&page=2").json()
    assert (page["next_cursor"], page["previous_cursor"]) == (None, None)
    assert page["next"]


@on_one_database
@pytest.mark.parametrize("query", ["page=1&after=", "page=1&before=x", "after=x&before=y"])
def test_only_one_place_can_be_requested(anyone, products, query):
    answer = anyone.get(f"{LIST}?{query}")
    assert answer.status_code == 400
    assert "cannot be used together" in answer.json()["errors"][0]["detail"]


def test_a_page_before_a_cursor_needs_one(anyone, products):
    (error,) = anyone.get(f"{LIST}?before=").json()["errors"]
    assert (error["field"], error["code"]) == ("before", "invalid")


def test_concurrent_changes_do_not_repeat_or_skip_other_products(anyone, products):
    first = anyone.get(f"{LIST}?page_size=4&after=&ordering=newest").json()
    ProductFactory(name="New")
    Product.objects.filter(pk=first["products"][-1]["id"]).update(is_published=False)
    revision.bump()
    second = anyone.get(first["next"]).json()
    assert [p["id"] for p in second["products"]] == [row.pk for row in products[6:2:-1]]


def test_a_page_after_a_cursor_is_not_counted(anyone, products):
    url = anyone.get(f"{LIST}?page_size=2&after=").json()["next"]
    with query_budget(3):
        assert len(anyone.get(url).json()["products"]) == 2


def test_links_keep_the_other_parameters(anyone, products):
    page = anyone.get(f"{LIST}?page_size=2&tag=x&tag=%26&fields=id&after=&in_stock=true").json()
    assert (page["products"], page["next"]) == ([], None)
    page = anyone.get(f"{LIST}?page_size=2&min_price=1&fields=id,name&after=").json()
    assert "&fields=id%2Cname&min_price=1&page_size=2" in page["next"]
    assert set(anyone.get(page["next"]).json()["products"][0]) == {"id", "name"}


def cursor(value):
    return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")


@on_one_database
@pytest.mark.parametrize(
    ("ordering", "after"),
    [
        ("", "x"),
        ("", "%%%"),
        ("", "é"),
        ("", cursor(None)),
        ("", cursor("abc")),
        ("", cursor(["", 1])),
        ("", cursor(["", 1, 2, 3])),
        ("", cursor(["price", 1, 2])),
        ("", cursor(["", 1.5, 2])),
        ("", cursor(["", True, 2])),
        ("", cursor(["", 1, 2**63])),
        ("price", cursor(["price", "1", 2])),
        ("price", cursor(["price", [1], 2])),
        ("name", cursor(["name", 1, 2])),
        ("name", cursor(["name", "\ud800", 2])),
        ("name", cursor(["name", "abc", 2])),
        ("name", cursor(["name", "a" * 2002, 2])),
        ("name", cursor({"name": 1, "a": 2, "b": 3})),
        ("name", "A" * 5000),
        ("name", base64.urlsafe_b64encode(b"\xff\xfe").decode()),
    ],
)
def test_a_cursor_of_another_ordering_is_an_error(anyone, products, ordering, after):
    query = {"after": after} | ({"ordering": ordering} if ordering else {})
    response = anyone.get(LIST, query)
    assert (response.status_code, response.json()["errors"][0]["field"]) == (400, "after")


@pytest.mark.parametrize("ordering", ORDERINGS)
def test_a_cursor_may_contain_any_place(anyone, products, ordering):
    keys = ["", "ff" * 1000] if ordering in {"name", "-name"} else [-(2**63) + 1, 0, 2**63 - 1]
    for key in keys:
        response = anyone.get(
            f"{LIST}?{query_of(ordering)}&after={cursor([ordering, key, 2**63 - 1])}"
        )
        assert response.status_code == 200, response.content
