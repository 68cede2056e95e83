"""SQLite's plans of lists read products in the order of an index, instead of all of them."""

import sqlite3

import pytest
from django.db import connection

from catalog.samples import Sample
from catalog.tests.test_filter_plans import catalog, statements_of  # noqa: F401 - a fixture
from shop.testing.marks import on_one_engine

pytestmark = [
    on_one_engine,
    pytest.mark.django_db,
    pytest.mark.skipif(connection.vendor != "sqlite", reason="These are SQLite's plans"),
    pytest.mark.skipif(
        sqlite3.sqlite_version_info >= (3, 41), reason="Later versions have other plans"
    ),
]

FIRST_READ = {
    "ordering=price": "catalog_product USING INDEX product_by_price",
    "ordering=-price": "catalog_product USING INDEX product_by_price",
    "ordering=name": "catalog_product USING INDEX product_by_name_key",
    "ordering=best_selling": "catalog_product USING INDEX product_by_sold",
    "in_stock=true&ordering=price": "catalog_product USING INDEX product_by_price",
    "brand=Hearth": "catalog_product USING INDEX product_of_brand",
    "option.size=5": "catalog_productoptionset USING INDEX",
    "option.size=5&ordering=newest": "catalog_productoptionset USING INDEX",
    "option.size=5&in_stock=true": "catalog_productoptionset USING INDEX",
    "option.size=5&in_stock=true&after=": "catalog_productoptionset USING INDEX",
    "option.size=5&ordering=price": "catalog_product USING INDEX product_by_price",
    "option.size=5&in_stock=true&ordering=price": "catalog_product USING INDEX product_by_price",
}


def plan_of(statement):
    """Return the steps of a plan."""
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN QUERY PLAN {statement}")
        return [row[3] for row in cursor.fetchall()]


@pytest.mark.parametrize("query", FIRST_READ)
def test_lists_are_read_in_the_order_of_an_index(anyone, catalog, query):  # noqa: F811
    (statement, *_) = statements_of(anyone, query)
    plan = plan_of(statement)
    assert FIRST_READ[query] in plan[0]
    assert [step for step in plan if "ORDER BY" in step] == []


@pytest.mark.parametrize("query", ["", "in_stock=true", "option.size=5&in_stock=true"])
def test_facets_read_the_products_of_a_sample(anyone, catalog, monkeypatch, query):  # noqa: F811
    monkeypatch.setattr("catalog.samples.MAX_COUNTED_PRODUCTS", 10)
    monkeypatch.setattr("catalog.search.listing.ESTIMATE", Sample(1))
    statements = statements_of(anyone, f"include=facets&{query}")
    (facets,) = [statement for statement in statements if "'categories'" in statement]
    plan = plan_of(facets)
    assert "product_sampled" in plan[plan.index("MATERIALIZE matched_") + 1]
    assert [
        step for step in plan if step.endswith("(parent_id=?)") and "_stocked" not in step
    ] == []
