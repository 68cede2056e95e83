"""Translations in imports and exports: columns such as ``name:de``."""

import json

import pytest

from catalog.factories import CategoryFactory, ProductFactory
from catalog.models import (
    Attribute,
    CatalogRevision,
    Category,
    CategoryTranslation,
    Collection,
    EarlierSlug,
    OptionTranslation,
    Product,
    ProductChange,
    ProductTranslation,
)
from catalog.services import create_option_translation, update_category
from catalog.tests.exchange import (
    errors_of,
    export,
    import_content,
    notices_of,
    warnings_of,
)
from catalog.tests.test_exports import empty_the_shop
from catalog.translations.reads import translations_of
from shop.testing.budget import count_statements

pytestmark = pytest.mark.django_db

TABLE = """row,slug,name,category,price,Name:DE,slug:de,description:de,seo_title:de,seo_description:de,name:pt-br
category,kitchen,Kitchen,,,Küche,,,Alles für die Küche,Töpfe und mehr,
product,pot,Pot,kitchen,24.00,Kanne,teekanne,<p>Fasst <b>1 l</b>.<script>x</script></p>,,Aus Ton,Bule
product,cup,Cup,kitchen,5.00,,,,,,
"""
GERMAN = {
    "name": "Kanne",
    "slug": "teekanne",
    "description": "<p>Fasst <b>1 l</b>.</p>",
    "seo_title": "",
    "seo_description": "Aus Ton",
}


@pytest.fixture(autouse=True)
def languages(settings):
    settings.SHOP_LANGUAGES = {"en": "English", "de": "Deutsch", "pt-br": "português (Brasil)"}


def texts_of(slug):
    return translations_of("product", Product.objects.get(slug=slug).pk)


def test_columns_with_translations_are_imported(anyone):
    counts, results = import_content(TABLE)
    assert (counts, errors_of(results), warnings_of(results)) == ((3, 0, 0, 0), [], [])
    bule = {"name": "Bule", "slug": "bule", "description": "", "seo_title": ""}
    assert texts_of("pot") == {"de": GERMAN, "pt-br": bule | {"seo_description": ""}}
    assert texts_of("cup") == {}
    found = anyone.get("/api/products/?search=kannen&lang=de").json()["products"]
    assert [(row["name"], row["category"]["name"]) for row in found] == [("Kanne", "Küche")]
    category = translations_of("category", Category.objects.get().pk)
    assert category["de"]["slug"] == "kueche"
    assert category["de"]["seo_title"] == "Alles für die Küche"
    before = CatalogRevision.objects.get().number
    assert import_content(TABLE)[0] == (0, 0, 3, 0)
    assert CatalogRevision.objects.get().number == before


@pytest.mark.parametrize("form", ["csv", "xlsx", "json"])
def test_an_export_with_translations_comes_back_the_same(form):
    import_content(TABLE)
    before, table = export(form), export("csv")
    assert import_content(before, name=f"file.{form}")[0] == (0, 0, 3, 0)
    assert notices_of(before, name=f"file.{form}") == []
    empty_the_shop()
    assert not ProductTranslation.objects.exists()
    assert not CategoryTranslation.objects.exists()
    assert import_content(before, name=f"file.{form}")[0] == (3, 0, 0, 0)
    assert export("csv") == table
    if form == "json":
        pot = next(entry for entry in json.loads(before) if entry["slug"] == "pot")
        assert pot["translations"]["de"] == GERMAN


def test_cells_change_and_remove_translations():
    import_content(TABLE)
    pot = Product.objects.get(slug="pot")
    _, results = import_content("slug,name:de,seo_description:de\npot,Krug,\n", dry_run=True)
    assert list(results[0].changes) == ["new name (de) Krug", "new seo_description (de) none"]
    assert texts_of("pot")["de"] == GERMAN
    assert import_content("slug,name:de,seo_description:de\npot,Krug,\n")[0] == (0, 1, 0, 0)
    assert texts_of("pot")["de"] == GERMAN | {"name": "Krug", "seo_description": ""}
    log = ProductChange.objects.filter(product=pot, field="name (de)").latest("pk")
    assert (log.old, log.new, log.detail) == ("Kanne", "Krug", "Import file.csv")
    # Without a text there is no translation, and its slug redirects.
    columns = ",".join(f"{name}:de" for name in GERMAN)
    assert import_content(f"slug,{columns}\npot,,,,,\n")[0] == (0, 1, 0, 0)
    assert texts_of("pot").keys() == {"pt-br"}
    assert EarlierSlug.objects.get().slug == "teekanne"
    content = json.dumps([{"slug": "pot", "translations": {"pt-br": None}}])
    assert import_content(content, name="file.json")[0] == (0, 1, 0, 0)
    assert texts_of("pot") == {}


def test_columns_of_other_languages_are_named_with_the_remedy():
    remedy = "the shop has no language fr; add it to SHOP_LANGUAGES"
    table = "slug,name,price,name:fr,names:de,brand:de\npot,Pot,1.00,Pot,x,y\ncup,Cup,1.00,,,\n"
    not_read = f"name:fr, 1 row ({remedy}); names:de, 1 row (did you mean name:de?)"
    assert notices_of(table)[0] == f"not read: {not_read}; brand:de, 1 row"
    content = [{"name": "Jug", "price": "1.00", "translations": {"fr": {"name": "J"}, "de": 5}}]
    notices = notices_of(json.dumps(content), name="file.json")
    assert notices[0] == f"not read: name:fr, 1 row ({remedy}); translations:de, 1 row"
    assert not ProductTranslation.objects.exists()


def test_the_shops_own_language_is_the_column_itself():
    assert import_content("name:EN,price\nPot,1.00\n")[0] == (1, 0, 0, 0)
    assert Product.objects.get().name == "Pot"
    assert not ProductTranslation.objects.exists()


@pytest.mark.parametrize("strict", [False, True])
def test_a_slug_that_is_taken_is_left_out(strict):
    ProductFactory(name="Jug", slug="jug", translations={"de": {"name": "Krug"}})
    table = "slug,name,price,name:de,slug:de\na,A,1.00,Krug,krug\nb,B,1.00,Bb,jug\n"
    table += "c,C,1.00,Cc,frei\nd,D,1.00,Dd,FREI x\ne,E,1.00,Ee,frei\n"
    counts, results = import_content(table, strict=strict)
    assert (counts, errors_of(results)) == ((5, 0, 0, 0), [])
    slug = '"FREI x" is not a slug. A slug has at most 255 letters, digits, hyphens and underscores'
    assert warnings_of(results) == [
        'line 2, slug:de: Another product has the slug "krug". It was left out.',
        'line 3, slug:de: Another product has the slug "jug". It was left out.',
        f"line 5, slug:de: {slug}. It was left out.",
        "line 6, slug:de: Line 4 has the same slug. It was left out.",
    ]
    a = Product.objects.get(slug="a")
    slugs = {slug: texts_of(slug)["de"]["slug"] for slug in "abcde"}
    assert slugs == {"a": f"krug-{a.pk}", "b": "bb", "c": "frei", "d": "dd", "e": "ee"}


def test_a_new_category_gets_a_slug_that_no_other_one_has_had_or_has():
    kitchen = CategoryFactory(
        name="Kitchen", slug="cooking", translations={"de": {"name": "Küche", "slug": "kueche"}}
    )
    update_category(category_id=kitchen.pk, slug="kitchen")
    table = "slug,name,price,category\na,A,1.00,kueche\nb,B,1.00,Cooking\n"
    assert import_content(table)[0] == (2, 0, 0, 0)
    found = Product.objects.order_by("slug").values_list("category__name", "category__slug")
    assert list(found) == [("Kueche", "kueche-2"), ("Cooking", "cooking-2")]


def test_a_file_without_translations_costs_no_statement(settings):
    table = "slug,name,price\npot,Pot,24.00\ncup,Cup,5.00\n"
    import_content(table)
    several = count_statements(lambda: import_content(table))
    settings.SHOP_LANGUAGES = {"en": "English"}
    assert count_statements(lambda: import_content(table)) == several
    assert "name:de" not in export().decode()


SHORT = """row,slug,name,kind,choices,name:de,description:de,choices:de,values:de
attribute,material,Material,choice,"Clay,Glass",Werkstoff,,"{""Clay"": ""Ton""}",
collection,gifts,Gifts,,,Geschenke,Kleine Dinge.,,
option,,Size,,,Größe,,,"{""Small"": ""Klein""}"
"""


def short_texts():
    return [
        Attribute.objects.get().translations,
        Collection.objects.get().translations,
        OptionTranslation.objects.get().translations,
    ]


@pytest.mark.parametrize("form", ["csv", "xlsx", "json"])
def test_translations_of_attributes_collections_and_options_come_back_the_same(form):
    assert import_content(SHORT)[0] == (3, 0, 0, 0)
    texts = [
        {"de": {"name": "Werkstoff", "choices": {"Clay": "Ton"}}},
        {"de": {"name": "Geschenke", "description": "Kleine Dinge."}},
        {"de": {"name": "Größe", "values": {"Small": "Klein"}}},
    ]
    assert short_texts() == texts
    assert import_content(SHORT)[0] == (0, 0, 3, 0)
    before = export(form)
    assert import_content(before, name=f"file.{form}")[0] == (0, 0, 3, 0)
    assert notices_of(before, name=f"file.{form}") == []
    empty_the_shop()
    OptionTranslation.objects.all().delete()
    assert import_content(before, name=f"file.{form}", dry_run=True)[0] == (3, 0, 0, 0)
    assert not OptionTranslation.objects.exists()
    assert import_content(before, name=f"file.{form}")[0] == (3, 0, 0, 0)
    assert short_texts() == texts
    assert export(form) == before or form == "xlsx"


def test_cells_change_and_remove_short_translations():
    import_content(SHORT)
    table = "row,slug,name,kind,choices,name:de,values:de\n"
    table += 'attribute,material,Material,choice,"Clay,Glass",Material,\n'
    table += "collection,gifts,Gifts,,,,\noption,,SIZE,,,Maß,\n"
    assert import_content(table)[0] == (0, 3, 0, 0)
    assert short_texts() == [
        {"de": {"name": "Material", "choices": {"Clay": "Ton"}}},
        {"de": {"description": "Kleine Dinge."}},
        {"de": {"name": "Maß"}},
    ]
    rows = [
        {"row": "collection", "slug": "gifts", "name": "Gifts", "translations": {"de": None}},
        {"row": "option", "name": "Size", "translations": {"pt-br": {"name": "Tamanho"}}},
        {"row": "option", "name": "Colour", "translations": {"de": {"values": {"Red": 5}}}},
    ]
    assert import_content(json.dumps(rows), name="file.json")[0] == (1, 2, 0, 0)
    assert Collection.objects.get().translations == {}
    options = OptionTranslation.objects.order_by("key").values_list("translations", flat=True)
    assert list(options) == [
        {"de": {"values": {"Red": "5"}}},
        {"de": {"name": "Maß"}, "pt-br": {"name": "Tamanho"}},
    ]


def test_short_translations_that_do_not_fit_are_left_out_or_refused():
    create_option_translation(name="Size", translations={"de": {"name": "Größe"}})
    table = "row,slug,name,kind,choices,choices:de,values:de\n"
    table += 'attribute,material,Material,choice,Clay,"{""Wood"": ""Holz""}",\n'
    table += 'option,,Size,,,,"{""S"": {""x"": 1}}"\noption,,,,,,\n'
    counts, results = import_content(table)
    assert counts == (0, 0, 1, 2)
    assert warnings_of(results) == [
        "line 3, translations: de.values must be a text. The translations were left out."
    ]
    assert errors_of(results) == [
        "line 2, slug: The attribute has no choice “Wood”.",
        "line 4, name: The cell must not be empty.",
    ]
    assert OptionTranslation.objects.get().translations == {"de": {"name": "Größe"}}
