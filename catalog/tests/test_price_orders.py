"""Sorting by price during sales, GET /api/products/?ordering=price."""

from decimal import Decimal
from random import Random

import pytest
from django.db import connection
from django.db.models import F
from hypothesis import given

from catalog import revision
from catalog.factories import CategoryFactory
from catalog.models import Product
from catalog.prices import formulas, sql
from catalog.prices.formulas import ActiveSale, highest_list_price
from catalog.search.cursors import Place, write_cursor
from catalog.tests.test_filters import amounts, fixed, percents, sale
from shop.testing.budget import query_budget
from shop.testing.marks import on_one_engine

pytestmark = on_one_engine

LIST = "/api/products/"
PRODUCTS = 60


@pytest.fixture
def tree(db):
    """Three categories, each of which is the parent of the next."""
    rows = []
    for _ in range(3):
        rows.append(CategoryFactory(parent_id=rows[-1].pk if rows else None))
    return rows


def create_products(random, tree, units=100):
    """Insert products, many with the same price, in random categories."""
    Product.objects.bulk_create(
        Product(
            name=f"Product {number}",
            price=Decimal(random.choice([random.randrange(8), random.randrange(2000)])) / units,
            stock=random.randrange(2),
            category=random.choice([None, *tree]),
        )
        for number in range(PRODUCTS)
    )
    revision.bump(everything=True)
    return list(Product.objects.order_by("pk"))


def hold_sales(random, tree, rows, units=100):
    """Start up to four sales. Return each sale with the ids of its products."""
    below = {row.pk: {lower.pk for lower in tree[n:]} for n, row in enumerate(tree)}
    held = []
    for _ in range(random.randrange(5)):
        kind = random.choice(["percent", "fixed"])
        most = random.choice([10_000, 3_000, 5])
        value = Decimal(random.randint(1, most)) / (100 if kind == "percent" else units)
        named = random.sample(rows, random.choice([0, 3, 20]))
        above = random.sample(tree, random.randrange(2))
        row = sale(kind, value, products=named, categories=above)
        under = {pk for category in above for pk in below[category.pk]}
        pks = {p.pk for p in named} | {p.pk for p in rows if p.category_id in under}
        held.append((row, pks))
    return held


def prices_now(rows, held):
    return {
        row.pk: min(
            [row.price, *(formulas.reduce_price(row.price, s.kind, s.value) for s, pks in held if row.pk in pks)]
        )
        for row in rows
    }  # fmt: skip


def read_all(client, query):
    """Read all pages. Return the ids, and the count of the last page."""
    pks, url = [], f"{LIST}?page_size=11&fields=id&{query}"
    while url:
        page = client.get(url).json()
        pks += [product["id"] for product in page["products"]]
        url = page["next"]
    return pks, page["count"]


@pytest.mark.parametrize("seed", range(5))
def test_pages_equal_slices_of_the_sorted_products(anyone, tree, seed, units=100):
    random = Random(seed)
    rows = create_products(random, tree, units)
    prices = prices_now(rows, hold_sales(random, tree, rows, units))
    below = {category.pk for category in tree[1:]}
    filters = {
        "": rows,
        "&in_stock=true": [row for row in rows if row.stock],
        "&min_price=1&max_price=9": [row for row in rows if 1 <= prices[row.pk] <= 9],
        f"&category={tree[1].pk}": [row for row in rows if row.category_id in below],
    }
    for ordering, descending in (("price", False), ("-price", True)):
        for more, fitting in filters.items():
            keys = sorted(((prices[row.pk], row.pk) for row in fitting), reverse=descending)
            pks = [pk for _, pk in keys]
            assert read_all(anyone, f"ordering={ordering}{more}") == (pks, len(pks))
            assert read_all(anyone, f"ordering={ordering}{more}&after=") == (pks, None)


@pytest.mark.parametrize("seed", range(2))
def test_pages_of_a_currency_without_decimals_are_sorted_by_whole_prices(
    anyone, tree, seed, settings
):
    settings.SHOP_CURRENCY = "JPY"
    test_pages_equal_slices_of_the_sorted_products(anyone, tree, seed, units=1)


@pytest.mark.parametrize("seed", range(2))
def test_pages_beyond_the_optimization_are_correct(anyone, tree, seed, monkeypatch):
    monkeypatch.setattr(sql, "_MAX_NARROWED", 20)
    test_pages_equal_slices_of_the_sorted_products(anyone, tree, seed)


def test_a_cursor_with_a_price_that_no_product_has(anyone, tree):
    random = Random(1)
    rows = create_products(random, tree)
    prices = prices_now(rows, hold_sales(random, tree, rows))
    for ordering, descending in (("price", False), ("-price", True)):
        keys = sorted(((100 * prices[row.pk], row.pk) for row in rows), reverse=descending)
        for key in (-(2**63) + 1, 0, 3, 399, 1000, 10**12, 2**63 - 1):
            place = Place(key, rows[PRODUCTS // 2].pk)
            after = write_cursor(ordering, place)
            page = anyone.get(f"{LIST}?page_size=100&ordering={ordering}&after={after}").json()
            beyond = [
                pk for cents, pk in keys
                if ((cents, pk) < (key, place.pk) if descending else (cents, pk) > (key, place.pk))
            ]  # fmt: skip
            assert [product["id"] for product in page["products"]] == beyond


@given(most=amounts, terms=percents | fixed)
def test_the_highest_list_price_is_exact(most, terms):
    kind, value = terms
    cents = int(most * 100)
    highest = highest_list_price(cents, (ActiveSale(1, kind, int(value * 100)),))
    if (kind, value) == ("percent", 100):
        assert highest >= 10**12 - 1
    else:
        assert formulas.reduce_price(Decimal(highest) / 100, kind, value) <= most
        assert formulas.reduce_price(Decimal(highest + 1) / 100, kind, value) > most


def test_the_highest_list_price_without_decimals_is_exact(settings):
    settings.SHOP_CURRENCY = "JPY"
    for percent in ("0.01", "3.33", "15", "50", "66.67", "99.5"):
        offer = ActiveSale(1, "percent", int(Decimal(percent) * 100))
        for most in range(30):
            highest = Decimal(highest_list_price(100 * most, (offer,))) / 100
            assert formulas.reduce_price(highest, "percent", Decimal(percent)) <= most
            assert formulas.reduce_price(highest + 1, "percent", Decimal(percent)) > most


@pytest.mark.parametrize("place", ["", "&page=2", "&after="])
def test_sorting_by_price_during_a_sale_needs_one_more_statement(anyone, tree, place):
    rows = create_products(Random(2), tree)
    anyone.get(f"{LIST}?page_size=5&ordering=price")
    with query_budget(3):
        anyone.get(f"{LIST}?page_size=6&ordering=price{place}")
    sale("percent", 20, products=rows[::3])
    anyone.get(f"{LIST}?page_size=5&ordering=price")
    with query_budget(4):
        anyone.get(f"{LIST}?page_size=6&ordering=price{place}")


@pytest.mark.parametrize(("ordering", "change"), [("price", 100), ("-price", -100)])
def test_a_page_is_complete_if_prices_change_meanwhile(anyone, tree, ordering, change):
    rows = create_products(Random(3), tree)
    Product.objects.update(price=F("price") + 200)
    sale("percent", 20, products=rows[::3])
    seen = []

    def change_prices(execute, sql, params, many, context):
        found = execute(sql, params, many, context)
        if "current_cents" in sql and not seen:
            seen.append(sql)
            Product.objects.update(price=F("price") + change)
        return found

    with connection.execute_wrapper(change_prices):
        page = anyone.get(f"{LIST}?page_size=5&ordering={ordering}&after=").json()
    assert (len(seen), len(page["products"]), page["next"] is not None) == (1, 5, True)
