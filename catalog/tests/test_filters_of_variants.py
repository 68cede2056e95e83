"""Filters of GET /api/products/ by the stock and the options of variants."""

from urllib.parse import urlencode

import pytest

from catalog.factories import ProductFactory
from catalog.tests.test_cursors import LIST, walk, walk_by_cursor
from catalog.tests.test_filters import names
from shop.testing.marks import on_one_engine

pytestmark = on_one_engine


def test_a_product_is_in_stock_if_a_variant_is(anyone, db):
    for name, stock, backorder in (("F", 0, False), ("G", 3, False), ("H", 0, True)):
        variant = {"choice": {"Size": "S"}, "stock": stock, "backorder": backorder}
        ProductFactory(name=name, stock=0, options=["Size"], variants=[variant])
    assert names(anyone, "in_stock=true") == "GH"
    assert names(anyone, "in_stock=false") == "F"


def test_products_with_the_same_options_have_stock_of_their_own(anyone, db):
    for name, stocks in (("A", (1, 0)), ("B", (0, 1))):
        sizes = zip("ML", stocks, strict=True)
        variants = [{"choice": {"Size": size}, "stock": stock} for size, stock in sizes]
        ProductFactory(name=name, stock=0, options=["Size"], variants=variants)
    queries = ("size=M&in_stock=true", "size=L&in_stock=true", "size=M&in_stock=false")
    assert [names(anyone, f"option.{query}") for query in queries] == ["A", "B", "B"]


def test_the_option_values_of_a_variant_are_compared_as_they_are(anyone, db):
    """Letters beyond ASCII, quotes and spaces are stored differently by the two databases."""
    values = ["Größe “XL”, 5'\"\\", "ﬁ 中"]
    variants = [{"choice": {"A": value}, "stock": stock} for stock, value in enumerate(values)]
    ProductFactory(name="Q", stock=0, options=["A"], variants=variants)
    for value, shown in zip(values, ("", "Q"), strict=True):
        query = urlencode({"option.a": value, "in_stock": "true"})
        assert names(anyone, query) == shown


def test_a_variant_with_the_values_of_another_products_variant_is_not_found(anyone, db):
    """The stocked variant of A, of which the size is S, has the values of the one of B."""
    for name, options, stocked in (("A", ("Size", "Fit"), "SM"), ("B", ("Fit", "Size"), "SM")):
        variants = [
            {"choice": dict(zip(options, values, strict=True)), "stock": int(values == stocked)}
            for values in ("MS", "SM")
        ]
        ProductFactory(name=name, stock=0, options=list(options), variants=variants)
    assert names(anyone, "option.size=M&in_stock=true") == "B"
    assert names(anyone, "option.size=M&in_stock=false") == "A"


@pytest.mark.parametrize("ordering", ["", "newest", "price", "-name"])
def test_cursors_lead_through_the_products_with_an_option(anyone, db, ordering):
    for number in range(9):
        sizes = [{"choice": {"Size": "SM"[number % 2]}, "stock": 1}]
        with_size = {"stock": 0, "options": ["Size"], "variants": sizes}
        ProductFactory(name=f"Tea {number % 3}", **(with_size if number % 3 else {}))
    query = f"option.size=S&option.size=M&in_stock=true&ordering={ordering}".removesuffix(
        "&ordering="
    )
    shown = anyone.get(f"{LIST}?{query}").json()["products"]
    pks = [product["id"] for product in shown]
    assert len(pks) == 6
    if ordering in ("", "newest"):
        assert pks == sorted(pks, reverse=bool(ordering))
    assert walk(anyone, query) == walk_by_cursor(anyone, query, "after", "") == pks
    last = anyone.get(f"{LIST}?page_size=5&after=&{query}").json()["next_cursor"]
    assert walk_by_cursor(anyone, query, "before", last) == pks[:4]
