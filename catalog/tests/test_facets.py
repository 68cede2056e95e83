"""``?include=facets``, and the filters by option values."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from catalog import revision, services
from catalog.factories import CategoryFactory, ProductFactory, SaleFactory, ShirtFactory
from catalog.models import OptionSet, Product
from catalog.options.services import follow_variants
from catalog.tests.test_filters import names, refusal
from shop.testing.marks import on_one_engine

pytestmark = on_one_engine

LIST = "/api/products/"


def facets(client, query=""):
    response = client.get(f"{LIST}?include=facets&{query}")
    assert response.status_code == 200, response.content
    return response.json()["facets"]


def counts(rows, name="value"):
    return {row[name]: row["count"] for row in rows}


@pytest.fixture(scope="module")
def rows(module_db):
    """Three pots in two categories, two shirts with variants, a draft and an archived product."""
    services.create_attribute(
        name="Material", slug="material", kind="choice", choices=["Clay", "Glass"]
    )
    services.create_attribute(name="Litres", slug="litres", kind="number")
    services.create_attribute(name="Vegan", slug="vegan", kind="boolean")
    home = CategoryFactory(name="Home", slug="home")
    pots = CategoryFactory(name="Pots", slug="pots", parent_id=home.pk)
    hidden = CategoryFactory(name="Hidden", slug="hidden", is_published=False)
    ProductFactory(name="A", price="5", category_id=home.pk, brand="Hearth", tags=["new"],
                   attributes={"material": "Clay", "litres": 1, "vegan": True})  # fmt: skip
    ProductFactory(name="B", price="3", category_id=pots.pk, brand="Loom",
                   attributes={"material": "Glass", "litres": 2.5})  # fmt: skip
    ProductFactory(name="C", price="4.50", category_id=pots.pk, brand="Hearth",
                   attributes={"material": "Clay", "litres": 2.5, "vegan": False})  # fmt: skip
    ShirtFactory(name="D", brand="Loom", category_id=hidden.pk)
    variants = [{"choice": {"size": " m"}, "stock": 1}, {"choice": {"size": "L"}, "stock": 1}]
    ProductFactory(name="E", stock=0, options=["size"], variants=variants, price="7")
    draft = {"brand": "Draft", "is_published": False, "category_id": home.pk, "price": "1"}
    ProductFactory(name="F", attributes={"material": "Clay"}, **draft)
    archived = ProductFactory(name="G", brand="Old", attributes={"litres": 9})
    services.archive_product(product_id=archived.pk)
    return {"home": home.pk, "pots": pots.pk, "hidden": hidden.pk}


@pytest.fixture(autouse=True)
def shop(rows, db):
    return rows


def test_all_facets_of_the_whole_list(anyone, shop):
    home, pots = shop["home"], shop["pots"]
    assert facets(anyone) == {
        "categories": [
            {"id": home, "name": "Home", "slug": "home", "parent_id": None, "count": 3},
            {"id": pots, "name": "Pots", "slug": "pots", "parent_id": home, "count": 2},
        ],
        "brands": [{"value": "Hearth", "count": 2}, {"value": "Loom", "count": 2}],
        "price": {"min": "3.00", "max": "20.00"},
        "attributes": [
            {
                "slug": "litres",
                "name": "Litres",
                "kind": "number",
                "values": [{"value": 2.5, "count": 2}, {"value": 1.0, "count": 1}],
                "min": 1.0,
                "max": 2.5,
            },
            {
                "slug": "material",
                "name": "Material",
                "kind": "choice",
                "values": [{"value": "Clay", "label": "Clay", "count": 2}, {"value": "Glass", "label": "Glass", "count": 1}],
            },
            {
                "slug": "vegan",
                "name": "Vegan",
                "kind": "boolean",
                "values": [{"value": False, "count": 1}, {"value": True, "count": 1}],
            },
        ],
        "options": [
            {
                "name": "Colour",
                "label": "Colour",
                "values": [
                    {"value": "Blue", "label": "Blue", "count": 1},
                    {"value": "Red", "label": "Red", "count": 1},
                ],
            },
            {
                "name": "Size",
                "label": "Size",
                "values": [
                    {"value": "M", "label": "M", "count": 2},
                    {"value": "L", "label": "L", "count": 1},
                    {"value": "S", "label": "S", "count": 1},
                ],
            },
        ],
        "is_estimated": False,
    }  # fmt: skip


def test_each_facet_is_counted_as_if_its_own_filter_were_open(anyone, shop):
    found = facets(
        anyone, f"category={shop['pots']}&brand=Hearth&attr.material=Clay&max_price=4.50"
    )
    assert counts(found["categories"], "slug") == {"home": 1, "pots": 1}
    assert counts(found["brands"]) == {"Hearth": 1}
    material, litres = found["attributes"][1], found["attributes"][0]
    assert counts(material["values"]) == {"Clay": 1}
    assert (litres["values"], litres["min"]) == ([{"value": 2.5, "count": 1}], 2.5)
    found = facets(anyone, "brand=Loom")
    assert counts(found["brands"]) == {"Hearth": 2, "Loom": 2}
    assert counts(found["categories"], "slug") == {"home": 1, "pots": 1}
    assert found["price"] == {"min": "3.00", "max": "20.00"}
    found = facets(anyone, "attr.material=Glass&min_price=1")
    assert counts(found["attributes"][1]["values"]) == {"Clay": 2, "Glass": 1}
    assert (counts(found["brands"]), found["options"]) == ({"Loom": 1}, [])
    assert facets(anyone, "min_price=5&max_price=6")["price"] == {"min": "3.00", "max": "20.00"}


def test_option_facets_count_products_with_a_variant_that_matches_the_others(anyone, shop):
    found = facets(anyone, "option.colour=blue")["options"]
    assert {row["name"]: counts(row["values"]) for row in found} == {
        "Colour": {"Blue": 1, "Red": 1},
        "Size": {"M": 1},
    }
    assert counts(facets(anyone, "option.size=M")["brands"]) == {"Loom": 1}


def test_staff_count_what_they_see(amy, shop):
    found = facets(amy)
    assert counts(found["brands"]) == {"Hearth": 2, "Loom": 2, "Draft": 1}
    assert counts(found["categories"], "slug") == {"home": 4, "pots": 2, "hidden": 1}
    assert counts(found["attributes"][1]["values"]) == {"Clay": 3, "Glass": 1}
    assert found["price"]["min"] == "1.00"


def test_the_price_range_contains_sales(anyone, shop):
    SaleFactory(category_ids=[shop["pots"]])
    assert facets(anyone)["price"] == {"min": "2.40", "max": "20.00"}


def test_the_facets_of_a_search(anyone, shop):
    ProductFactory(name="Blue kettle", brand="Hearth", category_id=shop["pots"])
    ProductFactory(name="Red kettle", brand="Loom")
    found = facets(anyone, "search=kettle&brand=Loom")
    assert counts(found["brands"]) == {"Hearth": 1, "Loom": 1}
    assert (found["categories"], found["attributes"]) == ([], [])
    assert facets(anyone, "search=the")["brands"] == []


def test_facets_take_at_most_two_statements_more(anyone, shop):
    query = f"category={shop['home']}&brand=Hearth&attr.litres.min=1&option.size=M"
    taken = []
    for parameters in (query, f"{query}&include=facets", f"{query}&include=facets"):
        if len(taken) < 2:
            revision.clear_caches()
        with CaptureQueriesContext(connection) as captured:
            assert anyone.get(f"{LIST}?{parameters}").status_code == 200
        taken.append(len(captured))
    without, uncached, cached = taken
    assert uncached <= without + 2
    assert cached < uncached


@pytest.mark.parametrize(
    ("query", "shown"),
    [
        ("option.size=M", "DE"),
        ("option.SIZE=m&option.SIZE=l", "DE"),
        ("option.size=S", "D"),
        ("option.size=M&option.colour=Blue", "D"),
        ("option.size=S&option.colour=Blue", ""),  # only M is blue
        ("option.size=XL", ""),
        ("option.size=L&in_stock=true", "E"),
    ],
)
def test_filters_by_option_values(anyone, shop, query, shown):
    assert names(anyone, query) == shown


def test_the_option_filter_follows_the_variants(anyone, shop):
    shirt = Product.objects.get(name="D")
    small, blue = (Product.objects.get(sku=sku) for sku in ("S-RED", "M-BLUE"))
    services.archive_product(product_id=small.pk)
    assert names(anyone, "option.size=S") == ""
    services.update_product(product_id=blue.pk, choice={"Size": "XL", "Colour": "Blue"})
    assert names(anyone, "option.size=xl") == "D"
    services.update_product(product_id=shirt.pk, options=["Größe", "Colour"])
    assert names(anyone, "option.GRÖSSE=XL") == "D"
    assert names(anyone, "option.size=m") == "E"


def test_the_worker_derives_the_option_sets_that_a_previous_release_has_not_written(anyone, shop):
    shirt = Product.objects.get(name="D")
    other = Product.objects.get(name="E")
    assert follow_variants() == 0
    OptionSet.objects.get(products__product=shirt).products.all().delete()
    variant = other.variants.get(options=["L"])
    variant.options = ["S"]
    variant.save()
    services.update_product(product_id=variant.pk, sku="E-S")
    assert names(anyone, "option.size=S") == ""
    assert follow_variants() == 2
    assert names(anyone, "option.size=S") == "DE"
    assert follow_variants() == 0


def test_unknown_options_and_parameters_are_refused_with_the_nearest_one(anyone, shop):
    field, reason = refusal(anyone, "option.sise=M")
    assert (field, "“size”" in reason) == ("option.sise", True)
    assert refusal(anyone, "option.size=")[0] == "option.size"
    assert refusal(anyone, "include=facet")[0] == "include"
    field, reason = refusal(anyone, "options.size=M", "unknown_field")
    assert "option.<name>" in reason


def test_several_values_of_category(anyone, shop):
    pots, hidden = shop["pots"], shop["hidden"]
    assert names(anyone, f"category={pots}&category={hidden}") == "BC"
    assert refusal(anyone, f"category={pots}&category=x")[0] == "category"


@pytest.mark.parametrize(
    ("query", "shown"),
    [
        ("option.size=M&in_stock=true", "DE"),
        ("option.size=M&in_stock=false", ""),
        ("option.colour=Blue&in_stock=true", ""),
        ("option.colour=Blue&in_stock=false", "D"),
        ("option.colour=Blue&max_price=18", "D"),
        ("option.size=S&max_price=18", ""),
        ("option.size=S&min_price=20&in_stock=true", "D"),
        ("option.size=M&min_price=19", "D"),  # M / Red
        ("option.size=M&option.colour=Red&max_price=19", ""),
    ],
)
def test_a_variant_with_the_option_values_has_the_stock_and_the_price(anyone, shop, query, shown):
    assert names(anyone, query) == shown
    brands = counts(facets(anyone, query)["brands"])
    assert brands == ({"Loom": 1} if "D" in shown else {})


def test_sales_apply_to_the_variants_that_have_the_option_values(anyone, shop):
    SaleFactory(product_ids=[Product.objects.get(name="D").pk])
    assert names(anyone, "option.size=S&max_price=16") == "D"
    assert names(anyone, "option.size=S&max_price=15.99") == ""
    assert names(anyone, "option.colour=Blue&min_price=14.41") == ""
