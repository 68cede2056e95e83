"""``GET /api/products/suggest/``."""

import pytest

from catalog import services
from catalog.factories import CategoryFactory, ProductFactory
from catalog.models import Product
from shop.testing.budget import query_budget
from shop.testing.marks import on_one_engine

pytestmark = on_one_engine

PATH = "/api/products/suggest/"


def suggested(client, text):
    response = client.get(PATH, {"q": text})
    assert response.status_code == 200, response.content
    body = response.json()
    return tuple(
        [row["name"] for row in body[name]] for name in ("products", "categories", "brands")
    )


@pytest.fixture
def shop(db):
    kitchen = CategoryFactory(name="Tea kitchen")
    CategoryFactory(name="Hidden teas", is_published=False)
    ProductFactory(name="Blue teapot", brand="Hearth", category_id=kitchen.pk)
    ProductFactory(name="Red teapot", brand="Tealand")
    ProductFactory(name="Kettle", brand="Hearth")
    ProductFactory(name="Teacup", brand="Teaware", is_published=False)
    archived = ProductFactory(name="Teaspoon", brand="Old tea")
    services.archive_product(product_id=archived.pk)
    Product.objects.filter(name="Red teapot").update(sold=7)


def test_beginnings_of_words_find_products_categories_and_brands(anyone, amy, shop):
    found = suggested(anyone, "teap")
    assert found == (["Red teapot", "Blue teapot"], [], [])
    assert suggested(anyone, "Blue TEA") == (["Blue teapot"], [], [])
    products, categories, brands = suggested(anyone, "tea")
    assert (products[:1], categories, brands) == (["Red teapot"], ["Tea kitchen"], ["Tealand"])
    assert suggested(anyone, "hear")[2] == ["Hearth"]
    products, categories, brands = suggested(amy, "tea")
    assert "Teacup" in products
    assert (categories, brands) == (["Hidden teas", "Tea kitchen"], ["Tealand", "Teaware"])


def test_suggestions_need_few_statements(anyone, shop):
    suggested(anyone, "tea")
    with query_budget(4):
        suggested(anyone, "kett")


@pytest.mark.parametrize("query", ["", "q=", "q=%20", "q=" + "x" * 201, "q=a&q=b", "p=a"])
def test_a_search_that_is_not_valid_is_refused(anyone, shop, query):
    response = anyone.get(f"{PATH}?{query}")
    assert response.status_code == 400, response.content
    assert response.json()["errors"][0]["field"] in {"q", "p"}
