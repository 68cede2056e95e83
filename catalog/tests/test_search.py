"""Full-text search, GET /api/products/?search=, which is alike on both databases."""

from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone

from catalog import services
from catalog.factories import ProductFactory
from catalog.models import Product, Synonym
from catalog.search.words import allowed_typos, closest_words, edit_distance
from shop.core.errors import InvalidField
from shop.testing.budget import query_budget
from shop.testing.marks import on_one_engine

pytestmark = on_one_engine

LIST = "/api/products/"


@pytest.fixture
def products(db):
    """Teapots and related products."""
    return [
        ProductFactory(name=name, description=description, brand=brand, tags=tags)
        for name, description, brand, tags in (
            ("Linen apron", "Goes with a teapot and a kettle.", "Hearth", []),
            ("Tray", "Carries everything.", "Loom", ["teapot"]),
            ("Red teapot", "Holds a litre.", "Hearth", []),
            ("Running shoes", "For kitchens and beaches.", "Stride", []),
            ("Café press", "Coffee, the men's way; AB-12.", "Hearth", []),
        )
    ]


def found(client, search, **query):
    response = client.get(LIST, {"search": search, **query})
    assert response.status_code == 200, response.content
    return [product["name"] for product in response.json()["products"]]


def test_a_search_finds_what_the_reader_sees(amy, anyone, products):
    """Also if the words of an archived product are still in the index."""
    linen, tray, red, *_ = products
    Product.objects.filter(pk=linen.pk).update(publish_at=timezone.now() + timedelta(days=1))
    Product.objects.filter(pk=tray.pk).update(is_published=False)
    old = ProductFactory(name="Old teapot")
    Product.objects.filter(pk=old.pk).update(archived_at=timezone.now())
    assert found(anyone, "teapot") == ["Red teapot"]
    assert found(amy, "teapot") == ["Red teapot", "Tray", "Linen apron"]
    assert found(anyone, "teapot", max_price=red.price - 1) == []
    assert found(amy, "teapot", max_price=red.price) == ["Red teapot", "Tray", "Linen apron"]


def test_the_name_weighs_more_than_keywords_and_description(anyone, products):
    assert found(anyone, "teapot") == ["Red teapot", "Tray", "Linen apron"]


@pytest.mark.parametrize(
    ("search", "names"),
    [
        ("teapots", ["Red teapot", "Tray", "Linen apron"]),
        ("run", ["Running shoes"]),
        ("kitchen beach", ["Running shoes"]),
        ("TEAPOT red", ["Red teapot"]),
        ("hearth", ["Café press", "Red teapot", "Linen apron"]),
        ("the red teapot", ["Red teapot"]),
        ("red kettle", []),
        ("ab-12", ["Café press"]),
        ("men's", ["Café press"]),
    ],
)
def test_each_word_matches_in_any_form(anyone, products, search, names):
    assert sorted(found(anyone, search)) == sorted(names)


@pytest.mark.parametrize(
    ("search", "first"),
    [
        ("teepot", "Red teapot"),
        ("taepot", "Red teapot"),
        ("red tepot", "Red teapot"),
        ("runing sheos", "Running shoes"),
        ("linnen", "Linen apron"),
        ("hearht apron", "Linen apron"),
        ("cafe", "Café press"),
    ],
)
def test_typing_errors_are_corrected(anyone, products, search, first):
    assert found(anyone, search)[0] == first


def test_correct_words_are_not_corrected(anyone, db):
    ProductFactory(name="Table")
    ProductFactory(name="Cable")
    assert found(anyone, "cable") == ["Cable"]
    assert sorted(found(anyone, "sable")) == ["Cable", "Table"]


@pytest.mark.parametrize(
    "search", ["the", "and the", "!!!", "' & | ! :* <->", "xqzzy", "\u200b", "-"]
)
def test_unknown_words_find_nothing(anyone, products, search):
    response = anyone.get(LIST, {"search": search}).json()
    assert (response["count"], response["products"]) == (0, [])


@pytest.mark.parametrize(
    "search",
    [
        "teapot' OR 1=1 --",
        "teapot & !red | (",
        "'teapot",
        "tea\u200bpot",
        "ＴＥＡＰＯＴ",
        "\u202eteapot",
        "teapot:*",
        "\\teapot%",
    ],
)
def test_punctuation_and_invisible_characters_are_no_operators(anyone, products, search):
    assert set(found(anyone, search)) <= {"Red teapot", "Tray", "Linen apron"}


@pytest.mark.parametrize("search", ["", " ", "\t \u2003", "x" * 201])
def test_an_empty_or_too_long_search_is_an_error(anyone, products, search):
    response = anyone.get(LIST, {"search": search})
    assert response.status_code == 400
    (error,) = response.json()["errors"]
    assert (error["field"], "200 characters" in error["detail"]) == ("search", True)


def test_a_long_search_is_allowed(anyone, products):
    assert found(anyone, "teapot " * 28) == ["Red teapot", "Tray", "Linen apron"]
    assert found(anyone, "x y " * 50) == []


def test_a_search_can_be_filtered_and_sorted(anyone, products):
    assert found(anyone, "hearth", ordering="name") == ["Café press", "Linen apron", "Red teapot"]
    assert found(anyone, "teapot", brand="Loom") == ["Tray"]
    assert found(anyone, "teepot", ordering="-name") == ["Tray", "Red teapot", "Linen apron"]


def test_only_searches_can_be_sorted_by_relevance(anyone, products):
    response = anyone.get(LIST, {"ordering": "relevance"})
    assert response.status_code == 400
    assert response.json()["errors"][0]["field"] == "ordering"
    assert "best_selling" in response.json()["errors"][0]["detail"]


def test_a_change_is_found_at_once(anyone, amy, products):
    path = f"{LIST}{products[2].pk}/"
    assert amy.patch(path, {"name": "Blue samovar"}).status_code == 200
    assert found(anyone, "samovars") == ["Blue samovar"]
    assert found(anyone, "samovra") == ["Blue samovar"]
    assert "Blue samovar" not in found(anyone, "teapot")
    assert amy.patch(path, {"tags": ["russia"]}).status_code == 200
    assert found(anyone, "russia") == ["Blue samovar"]
    assert amy.delete(path).status_code == 204
    assert found(anyone, "samovar") == []


def test_staff_also_find_unpublished_products(anyone, ada, amy, db):
    ProductFactory(name="Secret teapot", is_published=False)
    for customer in (anyone, ada):
        assert found(customer, "teapot") == []
    assert found(amy, "teapot") == ["Secret teapot"]


def test_a_search_finds_the_product_of_a_variant(anyone, amy, db):
    body = {
        "name": "Shirt",
        "price": "9",
        "options": ["Colour"],
        "variants": [{"choice": {"Colour": "Turquoise"}, "sku": "SH-77", "stock": 1}],
    }
    assert amy.post(LIST, body).status_code == 201
    for search in ("turquoise", "sh-77", "turqoise"):
        assert found(anyone, search) == ["Shirt"]


def test_a_search_needs_a_constant_number_of_statements(anyone, products):
    found(anyone, "teapot")
    with query_budget(5 if connection.vendor == "postgresql" else 6):
        assert found(anyone, "teapot")


@pytest.mark.parametrize("spare", [0, 4, 5, 9])
def test_more_is_ranked_if_the_best_products_are_invisible(anyone, db, monkeypatch, spare):
    """SQLite first reads two texts, one more and the spare ones, and then all."""
    monkeypatch.setattr("catalog.search.matching.MAX_RANKED_RESULTS", 2)
    monkeypatch.setattr("catalog.search.matching._SPARE", spare)
    pks = [ProductFactory(name="Teapot").pk for _ in range(8)]
    Product.objects.filter(pk__in=pks[3:]).update(is_published=False)
    response = anyone.get(LIST, {"search": "teapot", "include": "facets"}).json()
    assert [product["id"] for product in response["products"]] == [pks[2], pks[1]]
    assert (response["count"], response["count_is_capped"]) == (2, True)


def test_equal_texts_are_sorted_by_sales_and_stock(anyone, db):
    names = [("few", 1, 5), ("many", 900, 5), ("none left", 1, 0)]
    for brand, sold, stock in names:
        product = ProductFactory(name="Teapot", brand=brand, stock=stock)
        Product.objects.filter(pk=product.pk).update(sold=sold)
    products = anyone.get(LIST, {"search": "teapot"}).json()["products"]
    assert [product["brand"] for product in products] == ["many", "few", "none left"]


def test_pages_of_a_search_by_cursor_have_each_product_once(anyone, db):
    for number in range(7):
        ProductFactory(name=f"Teapot {number}")
    names, cursor = [], ""
    while cursor is not None:
        page = anyone.get(LIST, {"search": "teapot", "page_size": "3", "after": cursor}).json()
        names += [product["name"] for product in page["products"]]
        cursor = page["next_cursor"]
    assert names == found(anyone, "teapot")
    assert len(set(names)) == 7


@pytest.mark.parametrize(
    "words", ["sofa", "sofa, ,", "sofa, Sofa", "a b c d, e", f"a, {'b' * 500}"]
)
def test_synonyms_are_two_phrases_of_few_words(db, words):
    with pytest.raises(InvalidField):
        services.create_synonym(words=words)
    assert not Synonym.objects.exists()


def test_edit_distance():
    assert (
        edit_distance("shirt", "shrit")
        == edit_distance("shirt", "shirts")
        == edit_distance("shirt", "shir")
        == 1
    )
    assert edit_distance("teapot", "teepots") == 2
    assert [allowed_typos(w) for w in ("cup", "mugs", "teapot", "sku123")] == [0, 1, 2, 0]
    assert closest_words("shrit", ["shirt", "short", "skirt"]) == ["shirt"]
