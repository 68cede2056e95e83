"""PostgreSQL's plans of the list's filters do not depend on ``work_mem``.

A subplan that is neither a hash table nor a search in an index is read from its start for each
product. PostgreSQL changes to such a plan when a hash table would not fit into ``work_mem``.
"""

from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from catalog import services
from catalog.factories import CategoryFactory, ProductFactory, SaleFactory
from catalog.models import Product
from catalog.options.services import follow_variants
from shop.testing.marks import on_one_engine

pytestmark = [
    on_one_engine,
    pytest.mark.django_db,
    pytest.mark.skipif(connection.vendor != "postgresql", reason="These are PostgreSQL's plans"),
]

FILTERS = [
    "in_stock=true",
    "in_stock=false",
    "min_price=1&max_price=60",
    "on_sale=true",
    "on_sale=false",
    "brand=Hearth&brand=Loom",
    "tag=new&tag=red",
    "attr.litres.min=1&attr.litres.max=9",
    "attr.litres=1&attr.material=Clay",
    "option.size=5",
    "option.size=5&in_stock=true",
    "option.size=5&in_stock=false&min_price=5",
    "option.size=5&min_price=5&max_price=60&in_stock=true",
    "search=teapot",
    "search=teapott",
    "category={category}",
    "category={category}&in_stock=true&on_sale=true&tag=new&search=teapot",
]
ORDERINGS = ["", "price", "-price", "name", "newest", "best_selling"]
CASES = [
    *FILTERS,
    *(f"in_stock=true&ordering={ordering}" for ordering in ORDERINGS[1:]),
    "after=&in_stock=true",
    "metadata.erp-id=17",
]
FACETS = ["in_stock=true", "option.size=5&in_stock=true", "search=teapot&in_stock=true"]


@pytest.fixture
def catalog(db):
    """More variants than a hash table of 64 KiB holds, and statistics about them."""
    services.create_attribute(name="Litres", slug="litres", kind="number")
    services.create_attribute(name="Material", slug="material", kind="text")
    home = CategoryFactory(name="Home")
    pots = CategoryFactory(name="Pots", parent_id=home.pk)
    pot = ProductFactory(
        name="Teapot",
        stock=0,
        options=["Size"],
        category_id=pots.pk,
        brand="Hearth",
        tags=["new"],
        attributes={"litres": 1, "material": "Clay"},
    )
    _copy(pot, 400, has_variants=True)
    for parent in Product.objects.listed().values_list("pk", flat=True):
        _copy(pot, 12, parent_id=parent, stock=5)
    Product.objects.listed().update(options=["Size"])
    follow_variants()
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    return home.pk


def _copy(product, number, **changes):
    rows = [
        Product(name=product.name, price=Decimal(10), category_id=product.category_id, **changes)
        for _ in range(number)
    ]
    for n, row in enumerate(rows):
        row.options = [str(n)]
    Product.objects.bulk_create(rows)


def rereading(statement):
    """Return the subplans of a statement that are read from their start again and again."""
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL work_mem = '64kB'")
        cursor.execute("SET LOCAL hash_mem_multiplier = 1")
        # In a small table an index would not be worth it. Without one, this changes nothing.
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute("SET LOCAL enable_bitmapscan = off")
        cursor.execute(f"EXPLAIN (VERBOSE, FORMAT JSON) {statement}")
        plan = cursor.fetchone()[0][0]["Plan"]
        for name in ("work_mem", "hash_mem_multiplier", "enable_seqscan", "enable_bitmapscan"):
            cursor.execute(f"SET LOCAL {name} TO DEFAULT")
    text = str(plan)
    return [
        node["Subplan Name"]
        for node in _nodes(plan)
        if node.get("Parent Relationship") == "SubPlan"
        and f"hashed {node['Subplan Name']}" not in text
        and not _uses_indexes(node, text)
    ]


def _uses_indexes(subplan, text):
    """Return whether all scans search in an index, or fill a hash table once."""
    hashed = {
        id(part)
        for node in _nodes(subplan)
        if node is not subplan and f"hashed {node.get('Subplan Name')}" in text
        for part in _nodes(node)
    }
    scans = [n for n in _nodes(subplan) if "Relation Name" in n and id(n) not in hashed]
    return all(" = " in scan.get("Index Cond", "") for scan in scans)


def _nodes(plan):
    yield plan
    for child in plan.get("Plans", ()):
        yield from _nodes(child)


@pytest.mark.parametrize("on_sale", [False, True])
def test_no_filter_reads_a_subquery_again_for_each_product(amy, anyone, catalog, on_sale):
    if on_sale:
        product = Product.objects.listed().earliest("pk")
        SaleFactory(category_ids=[catalog], product_ids=[product.pk])
    checked = {}
    for query in CASES:
        client = amy if query.startswith("metadata") else anyone
        checked[query] = statements_of(client, query.format(category=catalog))
    assert all(checked.values())
    reread = {query: [s for s in found if rereading(s)] for query, found in checked.items()}
    assert reread == {query: [] for query in CASES}


def statements_of(client, query):
    """Return the statements that find the products of a list, without the one that reads them."""
    with CaptureQueriesContext(connection) as captured:
        response = client.get(f"/api/products/?{query}")
    assert response.status_code == 200, response.content
    statements = [query["sql"] for query in captured if 'FROM "catalog_product"' in query["sql"]]
    return [statement for statement in statements if "reductions" not in statement]


@pytest.mark.parametrize("most", [20_000, 10])
def test_no_facet_reads_a_subquery_again_for_each_product(anyone, catalog, monkeypatch, most):
    monkeypatch.setattr("catalog.samples.MAX_COUNTED_PRODUCTS", most)
    for query in FACETS:
        statements = statements_of(anyone, f"include=facets&{query}")
        assert any("'categories'" in statement for statement in statements)
        assert [s for s in statements if rereading(s)] == []


def test_the_stock_of_variants_is_searched_in_an_index_with_any_work_mem(anyone, catalog):
    (statement, *_) = statements_of(anyone, "in_stock=true")
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL work_mem = '1GB'")
        cursor.execute(f"EXPLAIN {statement}")
        plan = "\n".join(row[0] for row in cursor.fetchall())
        cursor.execute("SET LOCAL work_mem TO DEFAULT")
    assert "SubPlan" in plan
    assert "hashed SubPlan" not in plan


def test_the_check_finds_a_subquery_that_is_read_again(catalog):
    variants = "SELECT parent_id FROM catalog_product WHERE parent_id IS NOT NULL AND stock > 0"
    statement = (
        f"SELECT id FROM catalog_product WHERE CASE WHEN has_variants THEN id IN ({variants})"
        " ELSE is_stocked END"
    )
    assert len(rereading(statement)) == 1
