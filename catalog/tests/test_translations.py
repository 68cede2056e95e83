"""Translations of products and categories: what staff write, and what readers get."""

import pytest
from django.core.management import call_command
from django.test import override_settings

from catalog.factories import CategoryFactory, ProductFactory, ShirtFactory
from catalog.indexing import text
from catalog.models import (
    CategoryTranslation,
    Product,
    ProductChange,
    ProductSearch,
    ProductTranslation,
)
from catalog.samples import Sample
from catalog.services import archive_product
from catalog.tests.exchange import errors_of, import_content
from catalog.tests.test_products import AFTER_A_CHANGE
from shop.testing.budget import query_budget

pytestmark = pytest.mark.django_db
PRODUCTS, CATEGORIES = "/api/products/", "/api/categories/"
GERMAN = {"Accept-Language": "de-AT,de;q=0.9,en;q=0.1"}
TEXTS = {
    "name": "Teekanne",
    "slug": "teekanne",
    "description": "<p>Fasst einen <b>Liter</b>.</p>",
    "seo_title": "Teekanne aus Ton",
    "seo_description": "",
}


@pytest.fixture(autouse=True)
def languages(settings):
    settings.SHOP_LANGUAGES = {"en": "English", "de": "Deutsch", "pt-br": "português (Brasil)"}


@pytest.fixture
def kitchen(db):
    texts = {"de": {"name": "Küche", "slug": "kueche"}}
    return CategoryFactory(name="Kitchen", slug="kitchen", translations=texts)


@pytest.fixture
def pot(kitchen):
    return ProductFactory(
        name="Teapot",
        slug="teapot",
        description="Holds a litre.",
        seo_description="A pot.",
        category_id=kitchen.pk,
        translations={"de": TEXTS},
    )


def translate(client, product, **translations):
    return client.patch(f"{PRODUCTS}{product.pk}/", {"translations": translations})


def test_texts_are_in_the_negotiated_language_and_else_in_the_shops_own(anyone, pot, kitchen):
    path = f"{PRODUCTS}{pot.pk}/"
    english, german = anyone.get(path), anyone.get(path, headers=GERMAN)
    assert german.json() == anyone.get(f"{path}?lang=de").json()
    assert german.json() == english.json() | {
        "name": "Teekanne",
        "slug": "teekanne",
        "description": "<p>Fasst einen <b>Liter</b>.</p>",
        "description_text": "Fasst einen Liter.",
        "seo_title": "Teekanne aus Ton",
        "seo_description": "A pot.",  # is not translated
        "canonical_url": "http://testserver/products/teekanne",
        "category": {"id": kitchen.pk, "name": "Küche", "slug": "kueche"},
        "breadcrumbs": [{"id": kitchen.pk, "name": "Küche", "slug": "kueche"}],
    }
    assert english.json()["name"] == "Teapot"
    assert (english["Content-Language"], german["Content-Language"]) == ("en", "de")
    assert "Accept-Language" in english["Vary"]
    assert "Accept-Language" in german["Vary"]
    portuguese = anyone.get(path, headers={"Accept-Language": "pt"})
    assert portuguese["Content-Language"] == "pt-br"
    assert portuguese.json() == english.json()
    assert "Accept-Language" not in anyone.get(f"{path}?lang=de")["Vary"]


def test_lists_facets_suggestions_and_changes_are_translated(anyone, pot, kitchen):
    rack = ProductFactory(name="Rack", category_id=kitchen.pk)
    page = anyone.get(f"{PRODUCTS}?include=facets&lang=de").json()
    assert [row["name"] for row in page["products"]] == ["Teekanne", "Rack"]
    assert {row["category"]["name"] for row in page["products"]} == {"Küche"}
    assert [(c["name"], c["slug"]) for c in page["facets"]["categories"]] == [("Küche", "kueche")]
    english = anyone.get(f"{PRODUCTS}?include=facets").json()
    assert [c["name"] for c in english["facets"]["categories"]] == ["Kitchen"]
    assert [row["slug"] for row in english["products"]] == ["teapot", rack.slug]
    found = anyone.get(f"{PRODUCTS}suggest/?q=k%C3%BC", headers=GERMAN).json()
    assert found["categories"] == [{"id": kitchen.pk, "name": "Küche", "slug": "kueche"}]
    found = anyone.get(f"{PRODUCTS}suggest/?q=teap&lang=de").json()
    assert [row["name"] for row in found["products"]] == ["Teekanne"]
    changes = anyone.get(f"{PRODUCTS}changes/?lang=de").json()
    assert [row["name"] for row in changes["products"]] == ["Teekanne", "Rack"]


def test_categories_are_translated(anyone, kitchen):
    below = CategoryFactory(name="Pots", slug="pots", parent_id=kitchen.pk)
    (root,) = anyone.get(CATEGORIES, headers=GERMAN).json()["categories"]
    assert (root["name"], root["children"][0]["name"]) == ("Küche", "Pots")
    assert anyone.get(CATEGORIES).json()["categories"][0]["name"] == "Kitchen"
    body = anyone.get(f"{CATEGORIES}{below.pk}/?lang=de").json()
    assert body["path"] == [{"id": kitchen.pk, "name": "Küche", "slug": "kueche"}]
    for slug in ("kitchen", "kueche"):
        assert anyone.get(f"{CATEGORIES}{slug}/").json()["slug"] == "kitchen"
        response = anyone.get(f"{CATEGORIES}{slug}/?lang=de")
        assert response.json()["slug"] == "kueche"
        assert response.json()["canonical_url"] == "http://testserver/categories/kueche"


def test_variants_have_the_name_of_their_product(anyone):
    shirt = ShirtFactory(translations={"de": {"name": "Hemd"}})
    variant = anyone.get(f"{PRODUCTS}{shirt.pk}/").json()["variants"][0]
    body = anyone.get(f"{PRODUCTS}{variant['id']}/?lang=de").json()
    assert body["name"] == "Hemd – S / Red"
    assert body["canonical_url"] == "http://testserver/products/hemd"


def test_a_product_is_found_by_its_slug_in_any_language(anyone, amy, pot):
    for slug in ("teapot", "teekanne", "Teekanne"):
        for language, name in (("en", "Teapot"), ("de", "Teekanne")):
            path = f"{PRODUCTS}{slug}/?lang={language}"
            if slug == "Teekanne":  # slugs in ASCII are compared as they are written
                assert anyone.get(path).status_code == 404
            else:
                assert anyone.get(path).json()["name"] == name
    (found,) = anyone.get(f"{PRODUCTS}?slug=teekanne").json()["products"]
    assert found["id"] == pot.pk
    # Another product may have it in another language.
    bule = ProductFactory(name="Bule", translations={"pt-br": {"slug": "teekanne"}})
    for language, product in (("pt-br", bule), ("de", pot), ("en", pot)):
        body = anyone.get(f"{PRODUCTS}teekanne/?lang={language}").json()
        assert body["id"] == product.pk
    archive_product(product_id=bule.pk)
    # A slug that is given up redirects.
    assert translate(amy, pot, de={"slug": "kanne"}).status_code == 200
    assert anyone.get(f"{PRODUCTS}kanne/?lang=de").json()["slug"] == "kanne"
    moved = anyone.get(f"{PRODUCTS}teekanne/?lang=de")
    assert (moved.status_code, moved["Location"]) == (
        301,
        "http://testserver/api/products/teapot/?lang=de",
    )
    archive_product(product_id=pot.pk)
    assert anyone.get(f"{PRODUCTS}kanne/").status_code == 404
    assert not ProductTranslation.objects.exists()


def test_cached_responses_are_those_of_the_negotiated_language(anyone, pot):
    path = f"{PRODUCTS}{pot.pk}/"
    english = anyone.get(path)
    with query_budget(4):  # the revision, the product, its translation, those of attributes
        german = anyone.get(path, headers=GERMAN)
    assert german["ETag"] != english["ETag"]
    for header in ("de", "de-DE, de;q=0.5", "fr, de;q=0.2"):
        with query_budget(1):
            again = anyone.get(path, headers={"Accept-Language": header})
        assert (again.content, again["ETag"]) == (german.content, german["ETag"])
    with query_budget(1):
        assert anyone.get(path, headers={"Accept-Language": "fr"}).content == english.content
    stale = anyone.get(path, headers=GERMAN | {"If-None-Match": english["ETag"]})
    assert (stale.status_code, stale.json()["name"]) == (200, "Teekanne")
    fresh = anyone.get(path, headers=GERMAN | {"If-None-Match": german["ETag"]})
    assert (fresh.status_code, fresh["Content-Language"]) == (304, "de")


def test_signed_in_buyers_get_the_language_of_their_account(ada, anyone, pot):
    path = f"{PRODUCTS}{pot.pk}/"
    assert ada.get(path).json()["name"] == "Teapot"
    ada.patch("/api/users/me/", {"language": "de"})
    german = ada.get(path)
    assert (german.json()["name"], german["Content-Language"]) == ("Teekanne", "de")
    assert ada.get(path, headers={"Accept-Language": "en"}).json()["name"] == "Teapot"
    assert anyone.get(path).json()["name"] == "Teapot"


@override_settings(SHOP_LANGUAGES={"en": "English"})
def test_a_shop_with_one_language_pays_nothing(anyone, amy, tea):
    path = f"{PRODUCTS}{tea.pk}/"
    with query_budget(2 + AFTER_A_CHANGE):
        response = anyone.get(path, headers=GERMAN)
    assert "Content-Language" not in response
    assert "Accept-Language" not in response["Vary"]
    assert anyone.get(f"{path}?lang=en").json() == response.json()
    assert anyone.get(f"{path}?lang=de").status_code == 400
    assert "translations" not in amy.get(path).json()


@pytest.mark.parametrize("lang", ["fr", "", "d%00e", "de&lang=de", "1" * 5000])
def test_an_unknown_language_is_refused(anyone, pot, lang):
    paths = (PRODUCTS, f"{PRODUCTS}{pot.pk}/", f"{PRODUCTS}teapot/", CATEGORIES)
    paths += (f"{CATEGORIES}{pot.category_id}/", f"{CATEGORIES}kitchen/", f"{PRODUCTS}changes/")
    for path in paths:
        response = anyone.get(f"{path}?lang={lang}")
        assert response.status_code == 400
        if lang == "fr":
            sentence = "The languages of the shop are: en, de, pt-br."
            assert response.json()["errors"][0]["detail"] == sentence


def test_staff_write_and_read_translations(anyone, amy, pot):
    path = f"{PRODUCTS}{pot.pk}/"
    bad = "<script>alert(1)</script><p onclick='x'>Segura</p>"
    response = translate(amy, pot, **{"pt-br": {"name": "Bule", "description": bad}})
    assert response.status_code == 200
    bule = {"name": "Bule", "slug": "bule", "description": "<p>Segura</p>"}
    bule |= {"seo_title": "", "seo_description": ""}
    assert response.json()["translations"] == {"de": TEXTS, "pt-br": bule}
    # Staff get the shop's own texts unless they ask, because they may send them back.
    assert amy.get(path, headers=GERMAN).json()["name"] == "Teapot"
    assert amy.get(f"{path}?lang=pt-br").json()["name"] == "Bule"
    assert "translations" not in anyone.get(path).json()
    # Members that are not given stay; null removes a language.
    translations = {"de": {"seo_title": "", "name": "Kanne"}, "pt-br": None}
    body = translate(amy, pot, **translations).json()
    assert body["translations"] == {"de": TEXTS | {"seo_title": "", "name": "Kanne"}}
    assert anyone.get(path, headers=GERMAN).json()["name"] == "Kanne"
    log = ProductChange.objects.filter(product=pot, user=amy.user).order_by("pk")
    assert set(log.values_list("field", "old", "new")) == {
        ("name (pt-br)", "", "Bule"),
        ("slug (pt-br)", "", "bule"),
        ("description (pt-br)", "", "<p>Segura</p>"),
        ("name (de)", "Teekanne", "Kanne"),
        ("seo_title (de)", "Teekanne aus Ton", ""),
        ("name (pt-br)", "Bule", ""),
        ("slug (pt-br)", "bule", ""),
        ("description (pt-br)", "<p>Segura</p>", ""),
    }


@pytest.mark.parametrize(
    ("translations", "field", "sentence"),
    [
        ({"dee": {}}, "dee", 'Unknown member "dee"; did you mean "de"?'),
        ({"en": {}}, "en", "“en” is the language of the shop"),
        ({"de": {"names": "x"}}, "de.names", 'did you mean "name"?'),
        ({"de": {"slug": "a b"}}, "de.slug", "Use letters"),
        ({"de": {"name": "x" * 300}}, "de.name", "255"),
        ({"de": "Teekanne"}, "de", "Expected an object"),
        (["de"], "", "Expected an object"),
        ({"de": {"name": 1}}, "de.name", "Expected a text"),
        ({"de": {"name": "a\u202eb"}}, "de.name", "U+202E"),
        ({"x" * 5000: None}, "x" * 100 + "…", "Unknown member"),
    ],
)
def test_wrong_translations_are_refused(amy, pot, translations, field, sentence):
    for path in (f"{PRODUCTS}{pot.pk}/", f"{CATEGORIES}{pot.category_id}/"):
        response = amy.patch(path, {"translations": translations})
        assert response.status_code == 400, response.content
        error = response.json()["errors"][0]
        assert error["field"] == f"translations.{field}".rstrip(".")
        assert sentence in error["detail"]
    assert ProductTranslation.objects.get().name == "Teekanne"
    assert CategoryTranslation.objects.get().name == "Küche"


def test_a_slug_belongs_to_one_product_in_all_languages(amy, pot):
    other = ProductFactory(name="Jug", slug="jug", translations={"de": {"name": "Krug"}})
    taken = [
        translate(amy, other, de={"slug": "teekanne"}),  # that of another in this language
        translate(amy, other, de={"slug": "teapot"}),  # that of another itself
        amy.patch(f"{PRODUCTS}{other.pk}/", {"slug": "teekanne"}),
        amy.post(PRODUCTS, {"name": "New", "price": "1.00", "slug": "krug"}),
    ]
    for response in taken:
        assert (response.status_code, response.json()["code"]) == (409, "slug_taken")
    assert ProductTranslation.objects.get(product=other).slug == "krug"
    # Slugs that the shop makes go around it.
    same = ProductFactory(translations={"de": {"name": "Teekanne"}})
    assert ProductTranslation.objects.get(product=same).slug == f"teekanne-{same.pk}"
    assert amy.post(PRODUCTS, {"name": "Krug", "price": "1.00"}).json()["slug"] == "krug-2"
    counts, results = import_content("slug,name,price\n,Teekanne,1.00\nteekanne,Can,1.00\n")
    assert (counts[0], counts[3]) == (1, 1)
    assert Product.objects.get(name="Teekanne").slug == "teekanne-2"
    reason = "The slug “teekanne” is already in use. Please choose another."
    assert errors_of(results) == [f"line 3, slug: {reason}"]
    # Languages may share the slug of one product.
    assert translate(amy, other, **{"pt-br": {"slug": "jug"}}).status_code == 200
    cups = CategoryFactory(name="Cups", slug="cups")
    for changes in ({"slug": "kueche"}, {"translations": {"de": {"slug": "kitchen"}}}):
        refused = amy.patch(f"{CATEGORIES}{cups.pk}/", changes)
        assert (refused.status_code, refused.json()["code"]) == (409, "slug_taken")


def test_staff_read_the_translations_of_categories(anyone, amy, kitchen):
    path = f"{CATEGORIES}{kitchen.pk}/"
    body = amy.patch(path, {"translations": {"pt-br": {"name": "Cozinha"}}}).json()
    german = {"name": "Küche", "slug": "kueche", "seo_title": "", "seo_description": ""}
    assert body["translations"] == {
        "de": german,
        "pt-br": german | {"name": "Cozinha", "slug": "cozinha"},
    }
    assert amy.get(path).json()["translations"] == body["translations"]
    assert "translations" not in anyone.get(path).json()
    assert amy.patch(path, {"translations": {"pt-br": None}}).json()["translations"] == {
        "de": german
    }


def found(client, search, **query):
    response = client.get(PRODUCTS, {"search": search, **query})
    assert response.status_code == 200, response.content
    return [product["name"] for product in response.json()["products"]]


def test_searches_read_the_texts_of_the_language_and_of_the_shop_itself(anyone, amy, pot, kitchen):
    ProductFactory(name="Kettle", category_id=kitchen.pk)
    for word in ("Teekannen", "teek", "teapots", "litre", "fasst"):  # in any form, and own words
        assert found(anyone, word, lang="de") == ["Teekanne"]
    assert found(anyone, "küche kettle", lang="de") == ["Kettle"]  # only the category has German
    assert found(anyone, "teapot", lang="pt-br") == ["Teapot"]
    # Another language is not searched. "Teekane" is corrected where the word exists.
    assert found(anyone, "fasst") == []
    assert found(anyone, "Teekane", lang="de") == ["Teekanne"]
    assert anyone.get(f"{PRODUCTS}?search=teekanne&lang=de&ordering=name").json()["count"] == 1
    # Words are those of the present texts.
    translate(amy, pot, de={"name": "Kännchen"})
    assert found(anyone, "kaennchen", lang="de") == ["Kännchen"]
    assert found(anyone, "teekanne", lang="de") == []
    translate(amy, pot, de=None)
    assert found(anyone, "kännchen", lang="de") == []
    assert ProductSearch.objects.filter(product=pot).count() == 2  # its category is German
    amy.patch(f"{CATEGORIES}{kitchen.pk}/", {"translations": {"de": {"name": "Kochen"}}})
    call_command("index_products")
    assert sorted(found(anyone, "kochen", lang="de")) == ["Kettle", "Teapot"]


def test_words_have_the_stems_of_all_languages_of_the_shop(anyone, settings):
    settings.SHOP_LANGUAGES = {"en": "English", "fr": "français"}
    forget_stems()
    ProductFactory(name="Horses", translations={"fr": {"name": "Chevaux"}})
    assert found(anyone, "cheval", lang="fr") == ["Chevaux"]
    assert found(anyone, "cheval") == []
    forget_stems()


def forget_stems():
    vars(text._of_thread).clear()
    text.forms.cache_clear()
    text.query_forms.cache_clear()


@pytest.mark.parametrize("most", [7, 8])
def test_products_that_match_in_two_languages_are_counted_once(anyone, db, monkeypatch, most):
    monkeypatch.setattr("catalog.samples.MAX_COUNTED_PRODUCTS", most)
    monkeypatch.setattr("catalog.search.matching.MAX_RANKED_RESULTS", 2)
    monkeypatch.setattr("catalog.search.matching._SPARE", 0)
    for module in ("listing", "matching"):
        monkeypatch.setattr(f"catalog.search.{module}.ESTIMATE", Sample(1))
    for _ in range(8):
        ProductFactory(name="Espresso", translations={"de": {"name": "Espresso"}})
    page = anyone.get(f"{PRODUCTS}?search=espresso&include=facets&lang=de").json()
    assert (len(page["products"]), page["count"], page["count_is_capped"]) == (2, 2, True)
    assert page["facets"]["is_estimated"] is (most < 8)
