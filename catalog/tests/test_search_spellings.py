"""What searches find among products whose names are written in different ways."""

import pytest
from django.core.management import call_command

from catalog import services
from catalog.factories import CategoryFactory, ProductFactory
from catalog.models import Category, Product
from catalog.search import matching
from catalog.tests.test_search import LIST, found
from shop.testing.marks import on_one_engine

pytestmark = on_one_engine

GOODS = {
    "phone": {"name": "Apfel iPhone 13 128 GB", "brand": "Apfel"},
    "antenna": {"name": "Antenna for iPhone 13", "brand": "Partware"},
    "loud": {"name": "Loudspeaker Boomer", "sku": "SN-77.431/B"},
    "cloud": {"name": "Cloud pillow", "attributes": {"material": "Merino"}},
    "case": {"name": "OtterBox Defender", "description": "Protects."},
    "glass": {"name": "Screen Protector", "sku": "4006381333931"},
    "creme": {"name": "Crème brûlée torch"},
    "mueller": {"name": "Müller Straßenkarte"},
    "cup": {"name": "Kaffeebecher Emaille"},
    "beans": {"name": "Kaffee Bohnen"},
    "chairs": {"name": "Esszimmerstuhl Frieda"},
    "oil": {"name": "Olive oil 0,5 l"},
    "scale": {"name": "Digital scale OS-5000"},
    "record": {"name": "The Who – Live"},
    "tea": {"name": "抹茶 宇治 30g", "sku": "0840304733217"},
    "bolt": {"name": "Hex bolt M8 x 40", "sku": "HB933-M8X40-50"},
    "long": {"name": "Hex bolt M5 x 50 (8 pieces)", "sku": "HB933-M5X50-50"},
    "valve": {"name": 'Ball valve 1/2" brass'},
    "flask": {"name": "保温杯 500毫升"},
    "bank": {"name": "Pocket charger 20,000 mAh"},
    "helmet": {"name": "Kinderfahrradhelm Rot"},
    "shoe": {"name": "Stratus 5", "brand": "On", "tags": ["running", "shoes"]},
    "runner": {"name": "Gale running shoes", "brand": "Stride"},
}


@pytest.fixture(scope="module")
def goods(module_db):
    """Products by key."""
    services.create_attribute(name="Material", slug="material", kind="text")
    lamps = CategoryFactory(name="Eyewear", slug="eyewear").pk
    return {
        key: ProductFactory(**fields, category_id=lamps if key == "creme" else None)
        for key, fields in GOODS.items()
    }


@pytest.fixture(autouse=True)
def _database(goods, db):
    """Let each test read the products, and undo its own changes."""


@pytest.mark.parametrize(
    ("search", "first"),
    [
        ("creme brulee", "creme"),
        ("crème", "creme"),
        ("muller", "mueller"),
        ("mueller strassenkarte", "mueller"),
        ("esszimmerstühle", "chairs"),
        ("loudsp", "loud"),
        ("loud", "loud"),
        ("otter box", "case"),
        ("otterbox", "case"),
        ("screenprotector", "glass"),
        ("screen-protectors", "glass"),
        ("os5000", "scale"),
        ("os 5000", "scale"),
        ("olive oil 500ml", "oil"),
        ("olive 50 cl", "oil"),
        ("sn77431", "loud"),
        ("400638133", "glass"),
        ("宇治抹茶", "tea"),
        ("becher", "cup"),
        ("bohnenkaffee", "beans"),
        ("the who", "record"),
        ("eyewear torch", "creme"),
        ("merino", "cloud"),
        ("iphone", "phone"),
        ("iphone antenna", "antenna"),
        ("wireless iphone", "phone"),
        ("iphone 13", "phone"),
        ("840304733217", "tea"),
        ("00840304733217", "tea"),
        ("m8*40", "bolt"),
        ("m8×40 bolt", "bolt"),
        ("hb933-m8x40", "bolt"),
        ("hb933 m5x5", "long"),
        ("valve 0.5 inch", "valve"),
        ("½ zoll valve", "valve"),
        ("保温杯 500ml", "flask"),
        ("保温杯0.5升", "flask"),
        ("20000mah", "bank"),
        ("helm kinder", "helmet"),
        ("on running shoes", "shoe"),
        ("on", "shoe"),
    ],
)
def test_searches_find_what_people_mean(anyone, goods, search, first):
    assert found(anyone, search)[0] == goods[first].name


def test_the_beginning_of_a_word_is_not_its_middle(anyone, goods):
    assert found(anyone, "loud") == ["Loudspeaker Boomer"]


def test_a_corrected_search_is_named(anyone, goods):
    body = anyone.get(LIST, {"search": "loudspeeker boomer"}).json()
    assert (body["corrected_query"], body["count"]) == ("loudspeaker boomer", 1)
    body = anyone.get(LIST, {"search": "loudspeaker"}).json()
    assert (body["corrected_query"], body["count_is_capped"]) == (None, False)
    assert "corrected_query" not in anyone.get(LIST).json()
    assert anyone.get(LIST, {"search": "xqzzy"}).json()["corrected_query"] is None


def test_a_word_inside_a_compound_is_not_a_correction(anyone, goods):
    body = anyone.get(LIST, {"search": "fahrrad helm"}).json()
    names = [product["name"] for product in body["products"]]
    assert (names, body["corrected_query"]) == (["Kinderfahrradhelm Rot"], None)


def test_one_of_three_words_is_left_out(anyone, goods):
    body = anyone.get(LIST, {"search": "boomer loudspeaker rot"}).json()
    assert [product["name"] for product in body["products"]] == ["Loudspeaker Boomer"]
    assert body["corrected_query"] == "boomer loudspeaker"
    assert found(anyone, "boomer rot") == []


def test_a_capped_count_is_marked(anyone, goods, monkeypatch):
    monkeypatch.setattr(matching, "MAX_RANKED_RESULTS", 1)
    body = anyone.get(LIST, {"search": "iphone"}).json()
    assert (body["count"], body["count_is_capped"]) == (1, True)
    body = anyone.get(LIST, {"search": "iphone", "ordering": "name"}).json()
    assert (body["count"], body["count_is_capped"]) == (2, False)


def test_synonyms_match_each_other(amy, anyone, goods):
    assert found(anyone, "handy") == []
    synonym = services.create_synonym(words="iPhone, cell  phone, Handy")
    assert synonym.words == "iPhone, cell phone, Handy"
    for search in ("cell phone", "handy"):
        assert found(anyone, search)[0] == "Apfel iPhone 13 128 GB"
    services.update_synonym(synonym_id=synonym.pk, words="handy, torch")
    assert found(anyone, "handy") == ["Crème brûlée torch"]
    services.delete_synonym(synonym_id=synonym.pk)
    assert found(anyone, "handy") == []


def test_a_worker_indexes_the_products_of_a_renamed_category(anyone, goods, capsys):
    category = Category.objects.get()
    services.update_category(category_id=category.pk, name="Spectacles")
    assert found(anyone, "spectacles") == []
    call_command("index_products")
    assert capsys.readouterr().out == "1 products indexed\n"
    assert found(anyone, "spectacles") == ["Crème brûlée torch"]
    call_command("index_products")
    assert capsys.readouterr().out == "0 products indexed\n"


def test_a_worker_indexes_what_another_release_has_written(anyone, goods, capsys):
    row = Product.objects.bulk_create([Product(name="Samovar", price=1)])[0]
    assert found(anyone, "samovar") == []
    call_command("index_products")
    assert found(anyone, "samovar") == ["Samovar"]
    Product.objects.filter(pk=row.pk).update(name="Kettle")
    call_command("index_products", "--all")
    assert capsys.readouterr().out == "1 products indexed\n24 products indexed\n"
    assert found(anyone, "samovar") == []
