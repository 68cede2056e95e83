"""Brands, tags, option values and SKUs that differ in case only are the same."""

import pytest
from django.db import connection

from catalog import services
from catalog.factories import ProductFactory, ShirtFactory
from catalog.models import Product, Spelling
from catalog.products.skus import with_skus
from catalog.tests.exchange import import_content, warnings_of
from catalog.tests.test_facets import counts, facets
from catalog.tests.test_filters import names
from shop.core.errors import ShopError
from shop.testing.races import at_once

LIST = "/api/products/"


def test_spellings_of_a_brand_are_one_brand_named_as_written_first(anyone, db):
    for name, brand in (("A", "Nike"), ("B", "NIKE"), ("C", "ｎike"), ("D", "Nikon")):
        ProductFactory(name=name, brand=brand)
    assert counts(facets(anyone)["brands"]) == {"Nike": 3, "Nikon": 1}
    assert counts(facets(anyone, "brand=nike&max_price=10")["brands"]) == {"Nike": 3, "Nikon": 1}
    assert counts(facets(anyone, "search=B")["brands"]) == {"NIKE": 1}
    assert names(anyone, "brand=NiKe") == "ABC"
    suggested = anyone.get(f"{LIST}suggest/?q=ni").json()["brands"]
    assert suggested == [{"name": "Nike"}, {"name": "Nikon"}]
    assert anyone.get(f"{LIST}?brand=nikon").json()["products"][0]["brand"] == "Nikon"


def test_tags_are_found_in_any_spelling(anyone, db):
    ProductFactory(name="A", tags=["Summer Sale"])
    ProductFactory(name="B", tags=["summer  sale"])
    ProductFactory(name="C", tags=["summer"])
    assert names(anyone, "tag=SUMMER SALE") == "AB"


def test_spellings_of_a_previous_release_are_remembered_in_order(anyone, db):
    ProductFactory(name="A", brand="Zeta", tags=["x"])
    ProductFactory(name="B", brand="zeta")
    Spelling.objects.all().delete()
    assert names(anyone, "brand=zeta") == "B"  # until the worker has run
    assert services.follow_spellings() == 3
    assert names(anyone, "brand=zeta") == "AB"
    assert counts(facets(anyone)["brands"]) == {"Zeta": 2}
    assert services.follow_spellings() == 0


def test_a_sku_in_other_capitals_is_taken(amy, anyone):
    first = ProductFactory(name="A", sku="ABC-1")
    response = amy.post(LIST, {"name": "B", "price": "1.00", "sku": "abc-1"})
    assert (response.status_code, response.json()["code"]) == (409, "sku_taken")
    assert not Product.objects.filter(name="B").exists()
    other = ProductFactory(name="C", sku="ABC-2")
    response = amy.patch(f"{LIST}{other.pk}/", {"sku": "Abc-1"})
    assert response.status_code == 409
    other.refresh_from_db()
    assert other.sku == "ABC-2"
    assert amy.patch(f"{LIST}{first.pk}/", {"sku": "abc-1"}).status_code == 200
    assert names(anyone, "sku=aBC-1") == "A"


@pytest.mark.django_db(transaction=True)
def test_two_requests_cannot_take_a_sku_in_two_spellings():
    def create(sku):
        try:
            return ProductFactory(sku=sku).sku
        except ShopError as error:
            return error.code

    made = at_once(*[lambda sku=sku: create(sku) for sku in ("pot", "POT", "Pot")])
    assert sorted(made, key=len)[-2:] == ["sku_taken", "sku_taken"]
    assert Product.objects.exclude(sku="").count() == 1


def test_option_values_in_other_capitals_are_the_same_variant(amy):
    shirt = ShirtFactory()
    path = f"{LIST}{shirt.pk}/variants/"
    response = amy.post(path, {"choice": {"Size": "m", "Colour": "RED"}})
    assert (response.status_code, response.json()["code"]) == (409, "variant_exists")
    assert shirt.variants.count() == 3
    assert amy.post(path, {"choice": {"Size": "L", "Colour": "red"}}).status_code == 201


def test_skus_are_found_by_an_index(db):
    if connection.vendor != "postgresql":
        pytest.skip("plans are PostgreSQL's")
    # Enough rows that the planner does not read all of them.
    Product.objects.bulk_create(Product(name=f"{n}", slug=f"p-{n}", price=1) for n in range(500))
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE catalog_product")
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute("EXPLAIN " + str(_sku_query()))
        assert "product_sku_without_case" in str(cursor.fetchall())


def test_many_skus_are_found_by_an_index_in_any_capitals(db):
    rows = [Product(name=f"{n}", slug=f"p-{n}", price=1, sku=f"Sku-{n:04}") for n in range(5000)]
    Product.objects.bulk_create(rows)
    found = with_skus([f"SKU-{n:04}" for n in range(1000, 1100)] + ["sku-4000", "none"])
    assert found.count() == 101
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE catalog_product")
        assert "product_sku_without_case" in found.explain()


def _sku_query():
    sql, values = Product.objects.with_sku(["a"]).values("pk").query.sql_with_params()
    return sql % tuple(f"'{value}'" for value in values)


@pytest.mark.parametrize(
    ("member", "value"),
    [
        ("name", "Tea\u202epot"),
        ("brand", "Ni\u200bke"),
        ("sku", "POT\u00ad1"),
        ("slug", "tea\u200dpot"),
        ("tags", ["new\ufeff"]),
        ("options", ["Si\u2060ze"]),
        ("attributes", {"origin": "Ken\u200eya"}),
    ],
)
def test_invisible_characters_are_refused(amy, member, value):
    services.create_attribute(name="Origin", slug="origin", kind="text")
    response = amy.post(LIST, {"name": "Teapot", "price": "1.00", member: value})
    assert (response.status_code, response.json()["code"]) == (400, "invalid")
    assert member in str(response.json())
    assert not Product.objects.exists()


def test_invisible_characters_in_names_of_the_catalog_are_refused(amy, db):
    body = {"name": "Tea\u200bpots", "slug": "teapots"}
    for path, more in (
        ("categories", {}),
        ("collections", {}),
        ("attributes", {"kind": "text"}),
        ("attributes", {"kind": "choice", "name": "A", "choices": ["a\u200b"]}),
    ):
        response = amy.post(f"/api/{path}/", {**body, **more})
        assert (response.status_code, response.json()["code"]) == (400, "invalid"), path


def test_an_import_removes_invisible_characters_and_says_so(db):
    file = "name,sku,price,tags,brand\nTea\u202epot,P\u200b1,3.00,ne\u00adw,Ni\u200bke\n"
    _, results = import_content(file)
    row = Product.objects.get()
    assert (row.name, row.sku, row.brand) == ("Teapot", "P1", "Nike")
    assert [tag.tag for tag in row.tags.all()] == ["new"]
    assert len(warnings_of(results)) == 4
