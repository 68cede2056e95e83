"""Filters and orderings of GET /api/products/."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from catalog import revision, services
from catalog.factories import CategoryFactory, ProductFactory
from catalog.models import Product, Sale
from catalog.prices import reads
from catalog.prices.sql import read_active_sales, with_current_price
from shop.testing.budget import query_budget
from shop.testing.marks import on_one_engine

pytestmark = on_one_engine

LIST = "/api/products/"


def names(client, query):
    response = client.get(f"{LIST}?{query}")
    assert response.status_code == 200, response.content
    shown = [product["name"] for product in response.json()["products"]]
    assert response.json()["count"] == len(shown)
    return "".join(shown)


def refusal(client, query, code="invalid"):
    response = client.get(f"{LIST}?{query}")
    assert (response.status_code, response.json()["code"]) == (400, code)
    (error,) = response.json()["errors"]
    return error["field"], error["detail"]


@pytest.fixture(scope="module")
def rows(module_db):
    """Five different products, A to E."""
    services.create_attribute(name="Litres", slug="litres", kind="number")
    services.create_attribute(name="Vegan", slug="vegan", kind="boolean")
    services.create_attribute(
        name="Material", slug="material", kind="choice", choices=["Clay", "Glass"]
    )
    services.create_attribute(name="Origin", slug="origin", kind="text")
    home = CategoryFactory(name="Home")
    pots = CategoryFactory(name="Pots", parent_id=home.pk)
    tea = CategoryFactory(name="Tea", parent_id=pots.pk)
    return {
        "A": ProductFactory(name="A", price="5", category_id=home.pk, brand="Hearth", tags=["new", "red"], attributes={"litres": 1, "vegan": True}),
        "B": ProductFactory(name="B", price="3", category_id=pots.pk, brand="Loom", tags=["red"], attributes={"litres": 2.5, "vegan": False}),
        "C": ProductFactory(name="C", price="4.50", stock=0, category_id=tea.pk, attributes={"material": "Clay"}),
        "D": ProductFactory(name="D", price="3", stock=0, backorder=True, compare_at_price="6", attributes={"material": "Glass", "origin": "Kyōto & Uji"}),
        "E": ProductFactory(name="E", price="100", brand="Hearth", compare_at_price="90", tags=["new"]),
    }  # fmt: skip


@pytest.fixture(autouse=True)
def products(rows, db):
    return rows


@pytest.mark.parametrize(
    ("query", "shown"),
    [
        ("min_price=4.5", "ACE"),
        ("max_price=4.50", "BCD"),
        ("min_price=4&max_price=5", "AC"),
        ("min_price=5&max_price=4", ""),
        ("in_stock=true", "ABDE"),
        ("in_stock=false", "C"),
        ("on_sale=true", "D"),
        ("on_sale=false", "ABCE"),
        ("brand=Hearth", "AE"),
        ("brand=Hearth&brand=Loom", "ABE"),
        ("brand=hearth", "AE"),
        ("tag=new", "AE"),
        ("tag=new&tag=red", "ABE"),
        ("tag=new&brand=Hearth&in_stock=true&max_price=50", "A"),
        ("attr.litres=1", "A"),
        ("attr.litres=1.0&attr.litres=2.500000", "AB"),
        ("attr.litres.min=1.5", "B"),
        ("attr.litres.min=1&attr.litres.max=2", "A"),
        ("attr.vegan=false", "B"),
        ("attr.vegan=true&attr.vegan=false", "AB"),
        ("attr.material=Clay", "C"),
        ("attr.material=Clay&attr.material=Glass", "CD"),
        ("attr.origin=Ky%C5%8Dto+%26+Uji", "D"),
        ("attr.material=Glass&attr.litres=1", ""),
        ("", "ABCDE"),
        ("ordering=price", "BDCAE"),
        ("ordering=-price", "EACDB"),
        ("ordering=name", "ABCDE"),
        ("ordering=-name", "EDCBA"),
        ("ordering=newest", "EDCBA"),
        ("ordering=price&tag=new", "AE"),
    ],
)
def test_filters_and_orderings(anyone, ada, amy, products, query, shown):
    for client in (anyone, ada, amy):
        assert names(client, query) == shown


def test_a_category_includes_its_descendants(anyone, products):
    pks = [products[name].category_id for name in "ABC"]
    assert [names(anyone, f"category={pk}") for pk in pks] == ["ABC", "BC", "C"]
    assert names(anyone, "category=999") == ""


def test_an_unpublished_category_is_empty_for_customers(anyone, amy, products):
    home, pots = products["A"].category_id, products["B"].category_id
    services.update_category(category_id=home, is_published=False)
    assert [names(anyone, f"category={pk}") for pk in (home, pots)] == ["", ""]
    assert [names(amy, f"category={pk}") for pk in (home, pots)] == ["ABC", "BC"]


def test_best_sellers_come_first(anyone, products):
    Product.objects.filter(name__in="BC").update(sold=7)
    Product.objects.filter(name="E").update(sold=1)
    assert names(anyone, "ordering=best_selling") == "CBEDA"


@pytest.mark.parametrize(
    ("query", "field", "allowed"),
    [
        ("xyz=red", "xyz", "attr.<slug>"),
        ("Search=x", "Search", "search"),
        ("category=x", "category", "id of a category"),
        ("category=0", "category", "id"),
        ("category=9223372036854775808", "category", "id"),
        ("in_stock=true&in_stock=false", "in_stock", "once"),
        ("min_price=-1", "min_price", "two decimals"),
        ("min_price=1e3", "min_price", "two decimals"),
        ("max_price=1.999", "max_price", "two decimals"),
        ("max_price=", "max_price", "two decimals"),
        ("in_stock=yes", "in_stock", "true or false"),
        ("on_sale=1", "on_sale", "true or false"),
        ("brand=", "brand", "must not be empty"),
        ("ordering=cheapest", "ordering", "price, -price, name, -name, newest, best_selling"),
        ("ordering=price&ordering=name", "ordering", "once"),
        ("attr.size=1", "attr.size", "attr.litres, attr.material, attr.origin, attr.vegan"),
        ("attr.litres=much", "attr.litres", "number"),
        ("attr.litres.min=NaN", "attr.litres.min", "number"),
        ("attr.litres.max=1&attr.litres.max=2", "attr.litres.max", "once"),
        ("attr.vegan=1", "attr.vegan", "true or false"),
        ("attr.vegan.min=1", "attr.vegan.min", "Only attributes that are numbers"),
        ("attr.material=Gold", "attr.material", "Clay, Glass"),
        ("attr.=1", "attr.", "attr.<slug>"),
        ("page=1&after=", "page", "after"),
        ("page_size=0", "page_size", "from 1"),
        ("tag=" + "&tag=".join(map(str, range(51))), "tag", "50"),
        ("fields=id,nme", "fields", "id, name"),
        ("fields=", "fields", "id, name"),
        ("fields=stock", "fields", "price"),
    ],
)
def test_an_error_lists_what_is_allowed(anyone, products, query, field, allowed):
    code = "unknown_field" if field in ("xyz", "Search", "attr.") else "invalid"
    named, detail = refusal(anyone, query, code)
    assert (named, allowed in detail) == (field, True), detail
    assert not revision.responses


def sale(kind, value, *, products=(), categories=(), ends_at=None):
    row = Sale.objects.create(
        name="Sale",
        kind=kind,
        value=value,
        starts_at=timezone.now() - timedelta(hours=1),
        ends_at=ends_at,
    )
    row.products.set(products)
    row.categories.set(categories)
    revision.bump(everything=True)
    return row


@pytest.mark.parametrize(
    ("query", "shown"),
    [
        ("ordering=price", "BCDAE"),  # 2.00, 2.25, 3.00, 4.00, 100.00
        ("ordering=-price", "EADCB"),
        ("min_price=2.40&max_price=4", "AD"),
        ("on_sale=true", "ABCD"),
        ("on_sale=false", "E"),
        ("on_sale=true&max_price=2.25", "BC"),
    ],
)
def test_filters_and_orderings_include_sales(anyone, amy, products, query, shown):
    sale("percent", 20, categories=[products["A"].category_id])
    sale("percent", 50, products=[products["C"].pk])
    sale("fixed", 1, products=[products["B"].pk, products["C"].pk, products["A"].pk])
    sale("fixed", 99, products=[products["E"].pk], ends_at=timezone.now() - timedelta(minutes=1))
    for client in (anyone, amy):
        assert names(client, query) == shown


amounts = st.decimals("0", "9999999999.99", places=2) | st.decimals("0", "3", places=2)
percents = st.tuples(st.just("percent"), st.decimals("0.01", "100", places=2))
fixed = st.tuples(
    st.just("fixed"),
    st.decimals("0.01", "9999999999.99", places=2) | st.decimals("0.01", "3", places=2),
)


@pytest.fixture
def product_in_category(db):
    """A product in a subcategory."""
    above = CategoryFactory()
    below = CategoryFactory(parent_id=above.pk)
    return ProductFactory(category_id=below.pk), above


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(price=amounts, sales=st.lists((percents | fixed), max_size=3), by_category=st.booleans())
def test_sql_and_python_compute_the_same_price(product_in_category, price, sales, by_category):
    product, above = product_in_category
    Sale.objects.all().delete()
    Product.objects.filter(pk=product.pk).update(price=price)
    for kind, value in sales:
        where = {"categories": [above]} if by_category else {"products": [product]}
        sale(kind, value, **where)
    mine = Product.objects.filter(pk=product.pk)
    cents = with_current_price(mine, read_active_sales()).get().current_cents
    shown = reads.price_of_row(reads.with_prices(mine).get()).current
    assert Decimal(cents) / 100 == shown


@pytest.mark.parametrize("number", [1, 50])
def test_a_filtered_list_needs_at_most_five_statements(anyone, products, number):
    ProductFactory.create_batch(number, tags=["many"], attributes={"litres": 3})
    cases = (("tag=many&in_stock=true", 5), ("ordering=price", 5), ("attr.litres=3", 5))
    for query, cost in cases:
        revision.clear_caches()
        with query_budget(cost):
            assert anyone.get(f"{LIST}?{query}&page_size=50").status_code == 200
    anyone.get(f"{LIST}?tag=many&page_size=50")
    with query_budget(1):
        anyone.get(f"{LIST}?page_size=50&tag=many")


def test_the_count_is_cached_for_the_next_page(anyone, products):
    anyone.get(f"{LIST}?tag=red&page_size=1")
    with query_budget(3):
        assert anyone.get(f"{LIST}?tag=red&page_size=1&page=2").json()["count"] == 2
