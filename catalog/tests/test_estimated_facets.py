"""Facets of lists of so many products that they are counted in a sample."""

from collections import Counter

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from catalog import revision, services
from catalog.factories import CategoryFactory, ProductFactory, SaleFactory
from catalog.models import Product
from catalog.samples import Sample, sample_for
from catalog.tests.test_facets import LIST, counts, facets
from shop.testing.marks import on_one_engine

pytestmark = on_one_engine

MOST = 10
SAMPLED = 5
BRANDS = ("Hearth", "Loom", "Mill")


@pytest.fixture(scope="module")
def rows(module_db):
    """Plain products, and shirts of which the small size is out of stock for every second one."""
    services.create_attribute(name="Litres", slug="litres", kind="number")
    category = CategoryFactory(name="Pots", slug="pots")
    for number in range(24):
        ProductFactory(
            name=f"Pot {number}",
            price=str(10 + number),
            stock=number % 4,
            brand=BRANDS[number % 3],
            category_id=category.pk,
            attributes={"litres": number % 2},
        )
    for number in range(24):
        sizes = (("S", number % 2), ("M", 1))
        variants = [{"choice": {"Size": size}, "stock": stock} for size, stock in sizes]
        brand = BRANDS[number % 3]
        ProductFactory(
            name=f"Shirt {number}", brand=brand, stock=0, options=["Size"], variants=variants
        )
    return category.pk


@pytest.fixture(autouse=True)
def shop(rows, db, monkeypatch):
    monkeypatch.setattr("catalog.samples.MAX_COUNTED_PRODUCTS", MOST)
    monkeypatch.setattr("catalog.samples.SAMPLED_PRODUCTS", SAMPLED)
    revision.clear_caches()
    return rows


def in_stock(product):
    return any(own.stock > 0 for own in [product, *product.variants.all()])


def has_size(product, size, *, stocked=False):
    return any(
        own.options == [size] and (own.stock or not stocked) for own in product.variants.all()
    )


def is_sampled(pk, one_in):
    return pk % 65536 * 40503 % 65536 < 65536 // one_in


FOUND = {
    "in_stock=true": in_stock,
    "min_price=5": lambda product: product.price >= 5,
    "search=pot": lambda product: product.name.startswith("Pot"),
    "search=pot&ordering=price": lambda product: product.name.startswith("Pot"),
    "after=&in_stock=true": in_stock,
    "option.size=M&in_stock=true": lambda product: has_size(product, "M", stocked=True),
    "option.size=S&in_stock=true": lambda product: has_size(product, "S", stocked=True),
}


@pytest.mark.parametrize("query", FOUND)
def test_counts_are_those_of_a_sample(anyone, query):
    if query.startswith("after"):  # the count is known from the first page
        facets(anyone, query.removeprefix("after=&"))
    found = [product for product in Product.objects.listed() if FOUND[query](product)]
    one_in = len(found) // SAMPLED
    assert one_in > 1
    sampled = [own for own in found if is_sampled(own.pk, one_in)]
    expected = Counter(own.brand for own in sampled)
    shown = facets(anyone, query)
    assert shown["is_estimated"]
    assert counts(shown["brands"]) == {b: one_in * number for b, number in expected.items()}
    litres = Counter(own.attributes.get().number for own in sampled if own.attributes.exists())
    numbers = shown["attributes"][0]["values"] if shown["attributes"] else []
    assert counts(numbers) == {float(value): one_in * n for value, n in litres.items()}
    pots = sum(own.category_id is not None for own in sampled)
    assert [row["count"] for row in shown["categories"]] == ([one_in * pots] if pots else [])


def test_the_sample_contains_about_its_part_of_the_products():
    for step in (1, 2, 5, 7, 13, 100):
        for one_in in (2, 4, 10):
            picked = [n for n in range(step, 20_000 * step, step) if is_sampled(n, one_in)]
            assert 0.9 < len(picked) * one_in / 20_000 < 1.1  # fmt: skip


def test_the_price_range_is_exact_without_sales(anyone, shop):
    found = facets(anyone, "in_stock=true")
    stocked = [own for own in Product.objects.listed() if in_stock(own)]
    prices = [own.price for own in stocked]
    assert found["price"] == {"min": f"{min(prices):.2f}", "max": f"{max(prices):.2f}"}
    SaleFactory(category_ids=[shop])
    assert facets(anyone, "in_stock=true")["price"] is not None


@pytest.fixture
def counted_up_to_20(monkeypatch):
    """Counts of filtered lists stop at 20, and all products are in the sample of estimates."""
    monkeypatch.setattr("catalog.search.listing.MAX_COUNTED_RESULTS", 20)
    monkeypatch.setattr("catalog.search.listing.ESTIMATE", Sample(1))


def test_a_filtered_list_is_counted_up_to_a_limit(anyone, counted_up_to_20):
    """Pages behind the limit have the exact count, and the links lead through all of them."""
    url, pages = f"{LIST}?min_price=5&page_size=8", []
    while url:
        body = anyone.get(url).json()
        pages.append((len(body["products"]), body["count"], body.get("count_is_capped")))
        url = body["next"]
    exact = [(8, 48, None)] * 4
    assert pages == [(8, 20, True), (8, 20, True), *exact]
    assert anyone.get(f"{LIST}?min_price=5&page_size=8&page=7").status_code == 404
    assert anyone.get(f"{LIST}?page_size=8").json()["count"] == 48
    few = anyone.get(f"{LIST}?brand=Hearth&page_size=8").json()
    assert (few["count"], "count_is_capped" in few) == (16, False)


@pytest.mark.parametrize("query", ["min_price=5", "option.size=M&in_stock=true"])
def test_facets_of_a_list_with_a_capped_count_estimate_how_many_there_are(
    anyone, counted_up_to_20, query
):
    found = [own for own in Product.objects.listed() if FOUND[query](own)]
    query += "&page_size=8"
    anyone.get(f"{LIST}?{query}")  # a cached count without an estimate is not enough
    for parameters in (query, f"after=&{query}"):
        one_in = len(found) // SAMPLED
        expected = Counter(own.brand for own in found if is_sampled(own.pk, one_in))
        shown = counts(facets(anyone, parameters)["brands"])
        assert shown == {brand: one_in * n for brand, n in expected.items()}


def test_a_search_in_another_order_is_counted_up_to_a_limit(anyone, counted_up_to_20):
    body = anyone.get(f"{LIST}?search=pot&ordering=price&page_size=8&include=facets").json()
    assert (body["count"], body["count_is_capped"]) == (20, True)
    assert body["facets"]["is_estimated"]


def test_short_lists_are_counted_exactly(anyone, shop):
    found = facets(anyone, "max_price=12&category=" + str(shop))
    assert not found["is_estimated"]
    assert sum(counts(found["brands"]).values()) == 3


def test_the_size_of_a_sample_follows_the_number_of_products():
    assert sample_for(MOST) is None
    assert sample_for(MOST + 1) == Sample(2)
    assert sample_for(10 * SAMPLED) == Sample(10)


def test_the_whole_list_is_estimated_too(anyone):
    one_in = 48 // SAMPLED
    sampled = [own for own in Product.objects.listed() if is_sampled(own.pk, one_in)]
    found = facets(anyone)
    assert found["is_estimated"]
    expected = Counter(own.brand for own in sampled)
    assert counts(found["brands"]) == {brand: one_in * n for brand, n in expected.items()}
    sizes = sum(own.has_variants for own in sampled)
    shown = {row["name"]: counts(row["values"]) for row in found["options"]}
    assert shown == ({"Size": {"M": one_in * sizes, "S": one_in * sizes}} if sizes else {})


def test_a_filter_is_open_in_its_own_facet_of_a_sample(anyone):
    query = "brand=Hearth&brand=Loom&option.size=S&min_price=1"
    found = [own for own in Product.objects.listed() if has_size(own, "S")]
    one_in = sum(own.brand != "Mill" for own in found) // SAMPLED
    sampled = [own for own in found if is_sampled(own.pk, one_in)]
    assert one_in > 1
    expected = Counter(own.brand for own in sampled)
    assert counts(facets(anyone, query)["brands"]) == {b: one_in * n for b, n in expected.items()}


def test_samples_are_found_by_their_index():
    products = Sample(10).of(Product.objects.not_archived().listed())
    sql, values = products.order_by().values("pk").query.sql_with_params()
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            # Without statistics it may take the products without a parent for very few.
            cursor.execute("ANALYZE catalog_product")
            cursor.execute("SET LOCAL enable_seqscan = off")
            _drop_others(cursor)  # of few products, any index is as good
        explain = "EXPLAIN" if connection.vendor == "postgresql" else "EXPLAIN QUERY PLAN"
        cursor.execute(f"{explain} {sql}", values)
        plan = str(cursor.fetchall())
        if connection.vendor == "postgresql":
            cursor.execute("SET LOCAL enable_seqscan TO DEFAULT")
    assert "product_sampled" in plan


def _drop_others(cursor):
    """Drop the other indexes of products, until the transaction of the test is rolled back."""
    cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
    cursor.execute(
        "SELECT indexrelid::regclass FROM pg_index"
        " WHERE indrelid = 'catalog_product'::regclass AND NOT indisunique"
        " AND indexrelid <> 'product_sampled'::regclass"
    )
    for (name,) in cursor.fetchall():
        cursor.execute(f"DROP INDEX {name}")


def test_a_list_whose_count_is_not_known_is_counted_exactly(anyone, shop):
    assert not facets(anyone, "after=&in_stock=true")["is_estimated"]


def test_a_search_of_more_products_than_it_ranks_is_estimated(anyone, monkeypatch):
    monkeypatch.setattr("catalog.search.matching.MAX_RANKED_RESULTS", 5)
    monkeypatch.setattr("catalog.search.matching.ESTIMATE", Sample(1))
    monkeypatch.setattr("catalog.search.listing.ESTIMATE", Sample(1))
    response = anyone.get(f"{LIST}?include=facets&search=pot").json()
    assert (response["count"], response["count_is_capped"]) == (5, True)
    assert response["facets"]["is_estimated"]
    one_in = 24 // SAMPLED
    brands = counts(response["facets"]["brands"]).values()
    assert all(number % one_in == 0 for number in brands)


@pytest.mark.parametrize("query", ["in_stock=true", "search=pot", "after=&in_stock=true"])
def test_estimates_take_at_most_two_statements_more(anyone, query):
    taken = []
    for parameters in (query, f"include=facets&{query}"):
        revision.clear_caches()
        with CaptureQueriesContext(connection) as captured:
            assert anyone.get(f"{LIST}?{parameters}").status_code == 200
        taken.append(len(captured))
    assert taken[1] <= taken[0] + 2
