"""``ordering=name`` is the order that people expect, the same on both databases."""

from itertools import chain

import pytest
from django.core.management import call_command

from catalog.factories import CategoryFactory, ProductFactory
from catalog.models import Product, ProductTranslation
from catalog.search import orders
from shop.testing.budget import query_budget
from shop.testing.marks import on_one_engine

pytestmark = on_one_engine

LIST = "/api/products/"
IN_ORDER = [
    "“Quoted”",
    "10 cups",
    "A b",
    "a-b",
    "ab",
    "apfel",
    "Apfel",
    "Äpfel",
    "Arm",
    "Ärmel",
    "Art",
    "coté",
    "Éclair",
    "Øl",
    "Ostern",
    "Straße",
    "Zebra",
    "Чай",
    "緑茶",
]


def names(client, query):
    return [product["name"] for product in client.get(f"{LIST}?{query}").json()["products"]]


def test_names_are_sorted_by_letters_then_accents_then_case(anyone, db):
    for name in sorted(IN_ORDER, key=lambda name: name[::-1]):
        ProductFactory(name=name)
    assert names(anyone, "ordering=name") == IN_ORDER
    assert names(anyone, "ordering=-name") == IN_ORDER[::-1]
    page = anyone.get(f"{LIST}?ordering=name&after=&page_size=7").json()
    rest = anyone.get(page["next"]).json()
    assert [product["name"] for product in rest["products"]] == IN_ORDER[7:14]


def test_a_new_name_and_names_of_an_older_release_get_their_keys(anyone, amy, db):
    older, renamed = ProductFactory(name="Ähre"), ProductFactory(name="Zebra")
    Product.objects.filter(pk=older.pk).update(name_key=b"")
    ProductFactory(name="Affe")
    assert amy.patch(f"{LIST}{renamed.pk}/", {"name": "Äffchen"}).status_code == 200
    assert names(anyone, "ordering=name") == ["Ähre", "Äffchen", "Affe"]
    call_command("complete_catalog")
    assert names(anyone, "ordering=name") == ["Äffchen", "Affe", "Ähre"]


@pytest.fixture
def two_languages(settings):
    settings.SHOP_LANGUAGES = {"en": "English", "de": "Deutsch"}


GERMAN = ["Ahorn", "Birch", "Buche", "Büchse", "Eiche", "Fir", "Tanne", "Zeder"]
"""Translated names, and those of two products that have none."""


@pytest.fixture
def trees(two_languages, db):
    for name, german in (
        ("Oak", "Eiche"),
        ("Birch", ""),
        ("Cedar", "Zeder"),
        ("Beech", "Buche"),
        ("Maple", "Ahorn"),
        ("Fir", ""),
        ("A tin", "Büchse"),
        ("Spruce", "Tanne"),
    ):
        ProductFactory(name=name, translations={"de": {"name": german, "seo_title": "x"}})


@pytest.mark.parametrize("deep", [False, True])
@pytest.mark.parametrize("ordering", ["name", "-name"])
def test_names_in_another_language_are_sorted_as_they_are_read(
    anyone, trees, ordering, deep, monkeypatch
):
    if deep:  # pages far behind the first have a statement of their own
        monkeypatch.setattr(orders, "_MAX_MERGED", 0)
    expected = GERMAN if ordering == "name" else GERMAN[::-1]
    query = f"lang=de&ordering={ordering}"
    assert names(anyone, query) == expected
    for size in (1, 2, 3, 5):
        for number in range(-(-len(expected) // size)):
            found = names(anyone, f"{query}&page_size={size}&page={number + 1}")
            assert found == expected[number * size : (number + 1) * size]
        assert anyone.get(f"{LIST}?{query}&page_size={size}").json()["count"] == len(expected)
    assert names(anyone, f"{query}&search=b%C3%BCchse") == ["Büchse"]
    own = names(anyone, f"ordering={ordering}")
    assert own == sorted(own, reverse=ordering != "name")


@pytest.mark.parametrize("size", [1, 2, 3, 5, 8, 9])
@pytest.mark.parametrize("ordering", ["name", "-name"])
def test_cursors_in_another_language_lead_through_the_list_and_back(anyone, trees, ordering, size):
    expected = GERMAN if ordering == "name" else GERMAN[::-1]
    pages = [anyone.get(f"{LIST}?lang=de&ordering={ordering}&after=&page_size={size}").json()]
    while following := pages[-1]["next"]:
        pages.append(anyone.get(following).json())
    found = [[product["name"] for product in page["products"]] for page in pages]
    assert list(chain(*found)) == expected
    page, back = pages[-1], []
    while previous := page["previous"]:
        page = anyone.get(previous).json()
        back.append([product["name"] for product in page["products"]])
    assert back == found[-2::-1]


def test_the_order_of_another_language_costs_one_statement(anyone, trees):
    names(anyone, "ordering=newest&lang=de")  # reads what is cached for both
    with query_budget(4):  # the revision, the ids, their products and translations
        names(anyone, "ordering=newest&lang=de&page_size=3")
    with query_budget(5):
        names(anyone, "ordering=name&lang=de&page_size=3")


def test_a_translated_name_of_an_older_release_gets_its_key(anyone, amy, trees):
    ProductTranslation.objects.filter(name="Ahorn").update(name_key=b"")
    assert names(anyone, "ordering=name&lang=de").index("Ahorn") == 5  # as Maple
    call_command("complete_catalog")
    assert names(anyone, "ordering=name&lang=de") == GERMAN
    oak = Product.objects.get(name="Oak")
    amy.patch(f"{LIST}{oak.pk}/", {"translations": {"de": {"name": "Zypresse"}}})
    assert names(anyone, "ordering=name&lang=de")[-1] == "Zypresse"
    amy.patch(f"{LIST}{oak.pk}/", {"translations": {"de": {"name": ""}}})
    assert names(anyone, "ordering=name&lang=de")[-3:] == ["Oak", "Tanne", "Zeder"]


def test_categories_are_sorted_by_their_names_in_the_language(anyone, two_languages, db):
    for name, german in (("Cups", "Tassen"), ("Äpfel", ""), ("Pots", "Kannen"), ("Bowls", "Ö")):
        CategoryFactory(name=name, translations={"de": {"name": german}} if german else {})
    CategoryFactory(name="Last", position=7)

    def sorted_names(query):
        tree = anyone.get(f"/api/categories/?{query}").json()["categories"]
        return [category["name"] for category in tree]

    assert sorted_names("lang=en") == ["Äpfel", "Bowls", "Cups", "Pots", "Last"]
    assert sorted_names("lang=de") == ["Äpfel", "Kannen", "Ö", "Tassen", "Last"]
